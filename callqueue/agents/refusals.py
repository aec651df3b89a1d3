"""Why an agent's wish is not carried out: one class each, with a name that stays the same on the wire."""

from typing import ClassVar


class AgentRefusalError(Exception):
    """An agent's wish that is not carried out; `name` is stable and goes over the wire."""

    name: ClassVar[str]

    def __init__(self, **values: str) -> None:
        super().__init__(f"{self.name}: {', '.join(f'{key} {value}' for key, value in values.items())}")
        self.values = values


class UnknownAgentError(AgentRefusalError):
    name = "unknown-agent"


class UnknownQueueError(AgentRefusalError):
    name = "unknown-queue"


class AlreadyLoggedInError(AgentRefusalError):
    name = "already-logged-in"


class NotLoggedInError(AgentRefusalError):
    name = "not-logged-in"


class UnknownPauseReasonError(AgentRefusalError):
    name = "unknown-pause-reason"


class WrapUpIsOursError(AgentRefusalError):
    """Wrap-up begins at the end of a call, never by wish."""

    name = "wrap-up-is-ours"


class AsteriskAwayError(AgentRefusalError):
    name = "asterisk-away"
