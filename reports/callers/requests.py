"""What became of each request: a call that somebody made to the line. Pure.

Several things may have happened in one call. It counts once, by what took the request furthest: a case that carries
it on, else a person who spoke with the caller, else a voice message, else a promised call, else the menus alone.
"""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from callqueue.metrics.arithmetic import ratio


class End(StrEnum):
    """How a request ended; every request has exactly one."""

    FOLLOWUP = "followup"
    AGENT = "agent"
    VOICE_MESSAGE = "voice_message"
    PROMISED = "promised"
    """A call was promised, and has not reached him."""
    SELF_SERVICE = "self_service"
    UNSERVED = "unserved"
    OPEN = "open"
    """The call goes on, and nothing of the above has happened yet."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call and what is known of it."""

    call_id: str
    at: float
    """When it came, in epoch seconds."""
    caller: str | None = None
    has_case: bool = False
    spoke: bool = False
    """In the call itself, or in one that kept a promise given in it."""
    left_message: bool = False
    was_promised: bool = False
    was_helped: bool = False
    """Told or served by the menus, and gone without a queue."""
    is_over: bool = True

    @property
    def end(self) -> End:
        happened = {
            End.FOLLOWUP: self.has_case, End.AGENT: self.spoke, End.VOICE_MESSAGE: self.left_message,
            End.PROMISED: self.was_promised, End.SELF_SERVICE: self.was_helped, End.OPEN: not self.is_over,
        }
        return next((end for end, is_so in happened.items() if is_so), End.UNSERVED)


@dataclass(slots=True)
class RequestTally:
    """Requests by their end."""

    ends: Counter[End] = field(default_factory=Counter)

    def figures(self) -> dict[str, float | None]:
        """Every figure by its id."""
        requests = self.ends.total()
        ended = requests - self.ends[End.OPEN]
        counts: dict[str, float | None] = {f"requests_{end}": self.ends[end] for end in End}
        shares = {f"share_{end}": ratio(self.ends[end], ended) for end in End if end is not End.OPEN}
        return {"requests": requests, **counts, **shares}
