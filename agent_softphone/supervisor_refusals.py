"""Why the floor does not do what a supervisor wishes: one class each, with a name that stays the same on the wire."""

from typing import ClassVar


class FloorRefusalError(Exception):
    """Nothing has changed; its text for people is `supervise.refused.<name>`."""

    name: ClassVar[str]
    status: ClassVar[int] = 409

    def __init__(self, **values: str) -> None:
        super().__init__(f"{self.name}: {', '.join(f'{key} {value}' for key, value in values.items())}".rstrip(": "))
        self.values = values


class NotPermittedModeError(FloorRefusalError):
    """The site's settings do not let this user join conversations so."""

    name = "mode-not-permitted"
    status = 403


class NoTelephoneError(FloorRefusalError):
    """The user is no agent of the site, so there is no telephone to ring."""

    name = "no-telephone"


class OwnTelephoneError(FloorRefusalError):
    """Nobody joins his own conversation."""

    name = "own-telephone"


class NotTalkingError(FloorRefusalError):
    """The agent speaks with nobody."""

    name = "not-talking"


class NotRungError(FloorRefusalError):
    """Asterisk could not ring the supervisor's telephone."""

    name = "not-rung"


class TelephoneAwayError(FloorRefusalError):
    """The supervisor's telephone is not registered, or busy: a caller would be taken out of the queue for nobody."""

    name = "telephone-away"


class EmptyMessageError(FloorRefusalError):
    name = "empty-message"
    status = 400


class UnknownMessageError(FloorRefusalError):
    """It is read already, or another's."""

    name = "unknown-message"
    status = 404


class AlreadyOnShiftError(FloorRefusalError):
    name = "already-on-shift"


class NotOnShiftError(FloorRefusalError):
    name = "not-on-shift"


class ShiftLengthError(FloorRefusalError):
    """Longer than the site's settings allow, or shorter than a call."""

    name = "shift-length"
    status = 400
