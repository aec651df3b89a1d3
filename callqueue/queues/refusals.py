"""Why something asked of the queues is not done: one class each, with a name that stays the same on the wire."""

from typing import ClassVar


class QueueRefusalError(Exception):
    """Nothing has changed; `name` is stable and goes over the wire, `values` tell what it is about."""

    name: ClassVar[str]

    def __init__(self, **values: str) -> None:
        super().__init__(f"{self.name}: {', '.join(f'{key} {value}' for key, value in values.items())}")
        self.values = values


class NeedsRestartError(QueueRefusalError):
    """A setting that only a start of the line reads."""

    name = "needs-restart"


class FileNeedsRestartError(QueueRefusalError):
    """A file that Asterisk reads only at its start would differ."""

    name = "file-needs-restart"


class LinearNeedsRestartError(QueueRefusalError):
    """app_queue takes the strategy `linear` only at its start."""

    name = "linear-needs-restart"


class QueueHasCallersError(QueueRefusalError):
    """Asterisk would keep the callers of a queue that is gone for ever."""

    name = "queue-has-callers"


class MenusRefusedError(QueueRefusalError):
    """The menus do not fit these settings."""

    name = "menus-refused"


class NoMusicError(QueueRefusalError):
    name = "no-music"


class NotTakenError(QueueRefusalError):
    """Asterisk did not do as its new files say; the old ones are in force again."""

    name = "not-taken"


class LineNotUpError(QueueRefusalError):
    name = "line-not-up"


class NotWaitingError(QueueRefusalError):
    name = "not-waiting"


class NoSuchPlaceError(QueueRefusalError):
    name = "no-such-place"


class PriorityOutOfRangeError(QueueRefusalError):
    name = "priority-out-of-range"


class NotDoneError(QueueRefusalError):
    """Asterisk refused, or did not answer: the caller may have gone meanwhile."""

    name = "not-done"
