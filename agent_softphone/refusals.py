"""Why a phone in the browser does not do what was asked."""

from typing import ClassVar


class PhoneRefusalError(Exception):
    """`name` is stable on the wire; its text for people is `phone.refused.<name>`."""

    name: ClassVar[str]
    status: ClassVar[int] = 409

    def __init__(self, **values: str) -> None:
        super().__init__(f"{self.name}: {values}")
        self.values = values


class NoAgentError(PhoneRefusalError):
    """The user is no agent, or none whose device is the browser."""

    name = "no-browser-phone"
    status = 403


class PhoneElsewhereError(PhoneRefusalError):
    """Another window of this agent has a call."""

    name = "phone-elsewhere"


class LineAwayError(PhoneRefusalError):
    """Asterisk does not answer."""

    name = "line-away"
    status = 503


class NoWayOutError(PhoneRefusalError):
    """The site's settings name no gateway for calls out."""

    name = "no-way-out"


class NotDialledError(PhoneRefusalError):
    """No agent, queue or extension has this name."""

    name = "not-dialled"
    status = 422
