"""Why the desk does not do what an agent wishes: one class each, with a name that stays the same on the wire."""

from typing import ClassVar


class DeskRefusalError(Exception):
    """Nothing has changed; its text for people is `desk.refused.<name>`."""

    name: ClassVar[str]
    status: ClassVar[int] = 409

    def __init__(self, **values: str) -> None:
        super().__init__(f"{self.name}: {', '.join(f'{key} {value}' for key, value in values.items())}".rstrip(": "))
        self.values = values


class NoAgentError(DeskRefusalError):
    """The user is no agent of this site, so there is nobody whom a queue could ring."""

    name = "no-agent"
    status = 403


class NotYourCallError(DeskRefusalError):
    name = "not-your-call"
    status = 404


class DispositionNeededError(DeskRefusalError):
    """The last call has no result yet."""

    name = "disposition-needed"


class UnknownDispositionError(DeskRefusalError):
    name = "unknown-disposition"
    status = 400


class UnknownSubjectError(DeskRefusalError):
    name = "unknown-subject"
    status = 400


class NoNumberError(DeskRefusalError):
    """The caller withheld his number, and none was typed."""

    name = "no-number"
    status = 400


class NoGatewayError(DeskRefusalError):
    """The site sends no SMS."""

    name = "no-gateway"


class EmptyMessageError(DeskRefusalError):
    name = "empty-message"
    status = 400


class UnknownTaskError(DeskRefusalError):
    """It is done, or was never there."""

    name = "unknown-task"
    status = 404


class TakenError(DeskRefusalError):
    """A colleague has it."""

    name = "taken"


class NotTakenError(DeskRefusalError):
    """It is nobody's, or another's: take it first."""

    name = "not-taken"


class BeingDialledError(DeskRefusalError):
    """The machine is calling this person at this moment."""

    name = "being-dialled"


class UnknownResultError(DeskRefusalError):
    name = "unknown-result"
    status = 400


class NoSoundError(DeskRefusalError):
    """Nothing was said, or it is not kept any more."""

    name = "no-sound"
    status = 404


class NoWayOutError(DeskRefusalError):
    """The site has no way for calls out."""

    name = "no-way-out"


class PhoneNotCalledError(DeskRefusalError):
    """Asterisk could not ring the agent's own telephone."""

    name = "phone-not-called"


class DeskFilesWrongError(DeskRefusalError):
    """The site's own file of results cannot be used."""

    name = "files-wrong"
    status = 503


class DeskAwayError(DeskRefusalError):
    """Asterisk does not answer."""

    name = "asterisk-away"
    status = 503
