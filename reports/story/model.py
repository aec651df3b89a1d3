"""A call's story: its events in order, each with the record that tells of it. Pure.

Instants are epoch milliseconds (UTC).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Lane(StrEnum):
    """Where an event is drawn: one line of the timeline each, from the top."""

    CALL = "call"
    MENUS = "menus"
    QUEUES = "queues"
    AGENTS = "agents"
    SOUND = "sound"
    PROMISES = "promises"


class Source(StrEnum):
    """Which record tells of an event."""

    STEPS = "steps"
    JOURNAL = "journal"
    CEL = "cel"
    STORE = "store"
    """What our own services have kept."""


class What(StrEnum):
    """What happened; the catalogue has a sentence for each under `story.what.`."""

    CAME_IN = "came_in"
    CALLED_OUT = "called_out"
    """We made the call: `name` is what for, `key` which attempt, `detail` its outcome."""
    PICKED_UP = "picked_up"
    """The called side answered."""
    RESCUED = "rescued"
    ENDED_BY_CALLER = "ended_by_caller"
    ENDED_BY_US = "ended_by_us"
    CUT = "cut"
    """By a fault of ours."""
    MENU = "menu"
    """One question: `name` is the menu, `key` what was pressed, `detail` what became of it."""
    UNDERSTOOD = "understood"
    """A spoken word stood for `key`."""
    ACTION = "action"
    """`name` is its kind, `detail` its ending, `more` what it was about."""
    LEFT_MENUS = "left_menus"
    WAITED = "waited"
    """A stint: `detail` is its outcome, `more` its origin."""
    REFUSED = "refused"
    RANG = "rang"
    RANG_UNANSWERED = "rang_unanswered"
    TALKED = "talked"
    """`detail` is who ended it, where that is known."""
    TOOK_OVER = "took_over"
    """Talked with a caller who was passed on to him."""
    CONSULTED = "consulted"
    """`name` is the colleague."""
    HELD = "held"
    NEVER_SPOKE = "never_spoke"
    """The agent answered, and the two were never together."""
    PASSED_ON = "passed_on"
    """A blind transfer: `name` is where to."""
    HANDED_OVER = "handed_over"
    """An attended transfer."""
    RECORDED = "recorded"
    """`reference` is the recording, `more` how many words its transcript has, if there is one."""
    MASKED = "masked"
    """Recordings heard nothing, for a secret was spoken: `detail` is why that ended, `more` by whose wish it began."""
    MESSAGE = "message"
    """Left in the box `name`."""
    CALLBACK_ASKED = "callback_asked"
    CALLBACK_TRIED = "callback_tried"
    """`reference` is the call that was made, `detail` its outcome."""
    CALLBACK_CLOSED = "callback_closed"
    CASE = "case"
    """`reference` is the tracking code, `name` the subject, `detail` the state now."""
    RESULT_HEARD = "result_heard"
    SURVEYED = "surveyed"
    """`name` is the survey, `more` the answers."""
    GAP = "gap"
    """Evidence is missing or contradicts itself: `detail` is the kind, `more` what is known of it."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. No event holds a telephone number or what was typed in secret."""

    at_ms: int
    until_ms: int | None
    """The same as `at_ms` of what has no length; None: it still goes on."""
    lane: Lane
    what: What
    source: Source
    queue: str | None = None
    agent: str | None = None
    name: str | None = None
    key: str | None = None
    detail: str | None = None
    more: str | None = None
    reference: str | None = None

    @property
    def lasts(self) -> bool:
        return self.until_ms != self.at_ms

    def seconds(self, now_ms: int) -> float:
        """How long it was; of what still goes on, until now."""
        return ((now_ms if self.until_ms is None else self.until_ms) - self.at_ms) / 1000


@dataclass(frozen=True, slots=True)
class Totals:
    """Of the whole call, in seconds; None: nobody waited, or spoke."""

    wait: float | None
    talk: float | None
    hold: float | None


@dataclass(frozen=True, slots=True)
class Story:
    call_id: str
    joined: tuple[str, ...]
    """Calls that transfers have made part of it, consultations mostly."""
    caller: str | None
    """The validated number, whole: show it to those only who need it."""
    began_ms: int
    ended_ms: int | None
    """None: it is not over."""
    events: Sequence[Event]
    totals: Totals
    promise: str | None = None
    """What the call was made for, if we made it."""
    asked_in: str | None = None
    """The call in which that promise was given."""
    tells: str | None = None
    """The case whose result the call was made to tell."""

    def of(self, lane: Lane) -> list[Event]:
        return [event for event in self.events if event.lane is lane]
