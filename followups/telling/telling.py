"""What becomes of telling a result: the words for it, and what follows from how a call ended. Pure.

Times ending in `_ms` are epoch milliseconds (UTC).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from callqueue.outbound.model import Result

PURPOSE = "result"
"""Of calls that tell results; their script is ivr/outbound/result.py."""


class Outcome(StrEnum):
    """How telling a result by a call ended."""

    TOLD = "told"
    UNREACHABLE = "unreachable"
    """Every try of the retry plan failed, or too much time passed."""
    WRONG_PERSON = "wrong_person"
    REFUSED = "refused"
    """The number may not be called, or wants no calls."""
    NO_NUMBER = "no_number"
    NO_LINE = "no_line"
    """The site's trunk lets no calls out."""
    NO_SOUND = "no_sound"
    """Neither the text nor the recorded voice could be made into sound."""
    CANCELLED = "cancelled"
    """He wants no call about it, or the site ended the calls."""
    SETTLED = "settled"
    """He learned it otherwise, or there is nothing to tell any more."""


OF_RESULTS: Mapping[Result, Outcome] = {
    Result.REACHED: Outcome.TOLD, Result.HELPED_OTHERWISE: Outcome.SETTLED, Result.MERGED: Outcome.SETTLED,
    Result.CANCELLED: Outcome.CANCELLED, Result.UNREACHABLE: Outcome.UNREACHABLE, Result.EXPIRED: Outcome.UNREACHABLE,
    Result.WRONG_PERSON: Outcome.WRONG_PERSON, Result.REFUSED: Outcome.REFUSED,
}
BY_HAND = frozenset({Outcome.UNREACHABLE, Outcome.WRONG_PERSON, Outcome.NO_LINE, Outcome.NO_SOUND})
"""Those after which an agent may try: the number may be called, and nobody has been told."""
WRITTEN_OF = frozenset(Outcome) - {Outcome.TOLD, Outcome.CANCELLED, Outcome.SETTLED}
"""Those after which he is told in writing that a result waits for him."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One result on its way to the caller."""

    code: str
    round: int
    """How often the case had been reopened when the result was written."""
    outbound_id: str | None
    """The call that was ordered for it."""
    ordered_ms: int
    settled_ms: int | None = None
    outcome: Outcome | None = None
    tries: int = 0
    written: str = ""
    """`sms`, `email`, both, or nothing."""

    @property
    def reference(self) -> str:
        return reference_of(self.code, self.round)


def reference_of(code: str, number: int) -> str:
    """What a call that tells a result is about: the case and which of its results."""
    return f"{code}/{number}"


def read_reference(reference: str | None) -> tuple[str, int] | None:
    """Code and round; None of what is no reference of ours."""
    code, slash, number = (reference or "").partition("/")
    return (code, int(number)) if slash and number.isascii() and number.isdecimal() else None
