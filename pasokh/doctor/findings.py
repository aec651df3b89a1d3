"""What the doctor finds."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from pasokh.site import Site


class Grade(Enum):
    GOOD = "✓"
    NOTE = "!"
    """Worth knowing, no fault."""
    FAULT = "✗"


@dataclass(frozen=True)
class Finding:
    """What was seen, and what mends it."""

    grade: Grade
    text: str
    mend: str = ""


@dataclass(frozen=True)
class Check:
    """One look at a site. `needs_line`: there is nothing to see while the line is down."""

    name: str
    look: Callable[[Site], Finding]
    needs_line: bool = False


def good(text: str) -> Finding:
    return Finding(Grade.GOOD, text)


def note(text: str, mend: str) -> Finding:
    return Finding(Grade.NOTE, text, mend)


def fault(text: str, mend: str) -> Finding:
    return Finding(Grade.FAULT, text, mend)
