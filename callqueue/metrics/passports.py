"""The passport of every figure: what it is, from what, how exact, in which version of its definition.

A figure without a passport may not be shown; a passport without a figure is a promise nobody keeps. Tests hold both.
What a passport says stands in a catalogue, in every language: `passports.yaml` beside the passports of a room.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

TEXTS = Path(__file__).parent / "passports.yaml"
"""Formulas of these figures; evidence, resolutions and rules that passports of other rooms have, too."""
VERSION = 1
JOURNAL = "journal"
CEL = "cel"
BOTH = "journal_ms"
HOLDS = "holds"
EXACT = "count"
WAITS = "waits"
WHOLE = "seconds"
MEASURED = "milliseconds"
COMPUTED = "computed"
CONVERSATIONS = "conversations"
T, S, W = "T", "S", "W"


class Unit(StrEnum):
    COUNT = "count"
    RATIO = "ratio"
    """From 0 to 1."""
    SECONDS = "seconds"
    CHANGE = "change"
    """A ratio that may be negative: 0.1 is a tenth more."""
    DIFFERENCE = "difference"
    """Between two counts: it may be negative, and says when it is not."""
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Passport:
    """The definition of one figure. Its formula is the text `formula.<id>`, or `formula.<told>`."""

    id: str
    unit: Unit
    evidence: str
    """The text `evidence.<evidence>`."""
    resolution: str
    """The text `resolution.<resolution>`."""
    parameters: tuple[str, ...] = ()
    """T: service threshold, S: short-abandon threshold, W: contact window; in seconds, of each queue."""
    version: int = VERSION
    told: str = ""
    """The formula's name, where another figure has the same id."""
    waits: tuple[int, int] | None = None
    """How many of how many waits are known to the millisecond, in this very report: values of the resolution's text."""

    @property
    def formula(self) -> str:
        """Its key in the catalogue."""
        return f"formula.{self.told or self.id}"


def _count(name: str, evidence: str = JOURNAL, *parameters: str) -> Passport:
    return Passport(name, Unit.COUNT, evidence, EXACT, parameters)


def _level(name: str, *parameters: str, evidence: str = BOTH, resolution: str = WAITS) -> Passport:
    return Passport(name, Unit.RATIO, evidence, resolution, parameters)


def _time(name: str, *, evidence: str = BOTH, resolution: str = WAITS) -> Passport:
    return Passport(name, Unit.SECONDS, evidence, resolution)


LEDGER = (
    _count("offered"), _count("answered"), _count("abandoned"), _count("timed_out"), _count("left_by_key"),
    _count("left_empty"), _count("left_for_callback"), _count("withdrawn"), _count("interrupted", "journal_or_cel"),
    _count("waiting"), _count("balance"), _count("refused_full"), _count("refused_empty"), _count("refused_closed"),
    _count("refused_busy"), _count("lost_in_menu", CEL),
)

ENTRIES = (
    _count("entries"), _count("entries_answered"), _count("answered_within_threshold", BOTH, T),
    _count("entries_abandoned"), _count("short_abandoned", BOTH, S), _count("entries_left_for_callback"),
    _count("entries_waiting_within_threshold", BOTH, T), _count("service_level_denominator", BOTH, T, S),
)

SERVICE = (
    _level("service_level", T, S), _level("service_level_answered", T), _level("service_level_asterisk2", T),
    _level("abandonment_rate", T, S), _count("stints_answered_within_threshold", BOTH, T),
    _count("stints_unserved_within_threshold", BOTH, T),
)

WAITING = (_time("asa"), _time("wait_p50"), _time("wait_p90"), _time("wait_p95"), _time("wait_max"))

CONTACTS = (
    _count("contacts", JOURNAL, W), _count("contacts_provisional", JOURNAL, W), _level("service_level_human", T, S, W),
    _time("time_to_human"), _time("time_to_human_p50"), _time("time_to_human_p90"),
    _level("repeat_rate", W, evidence=JOURNAL, resolution=EXACT),
    Passport("attempts_until_helped", Unit.NUMBER, JOURNAL, EXACT, (W,)),
)

LINES = "callbacks"

CALLBACKS = (
    _count("callbacks_promised", LINES), _count("callbacks_virtual", LINES), _count("callbacks_kept", LINES),
    _count("callbacks_in_time", BOTH), _count("callbacks_pending", LINES),
    _count("callbacks_pending_over_threshold", LINES, T), _count("callbacks_cancelled", LINES),
    _count("callbacks_helped_otherwise", LINES), _count("callbacks_unreachable", LINES),
    _count("callbacks_wrong_person", LINES), _count("callbacks_expired", LINES), _count("callbacks_refused", LINES),
    _level("callback_kept", evidence=LINES, resolution=EXACT), _level("callback_in_time"),
    _count("callback_attempts", LINES), Passport("callback_attempts_mean", Unit.NUMBER, LINES, EXACT),
    _count("callback_inversions", BOTH),
)

WORK = (
    _time("talk"), _time("hold", evidence=HOLDS, resolution=MEASURED),
    _time("wrap_up", evidence=JOURNAL, resolution=WHOLE), _time("aht"),
    _level("transfer_rate", evidence=JOURNAL, resolution=EXACT), _count("answered_not_spoken", CEL),
    _count("ring_no_answer"), _time("ring_no_answer_time", evidence=JOURNAL, resolution=MEASURED),
)

AGENTS = (
    _level("occupancy", evidence=JOURNAL, resolution=WHOLE), _time("agent_busy", resolution=WHOLE),
    _time("agent_available", evidence=JOURNAL, resolution=WHOLE),
)

GROWTH = (Passport("growth", Unit.CHANGE, JOURNAL, EXACT),)

PASSPORTS: tuple[Passport, ...] = (
    *LEDGER, *ENTRIES, *SERVICE, *WAITING, *CONTACTS, *CALLBACKS, *WORK, *AGENTS, *GROWTH,
)


def passports() -> Mapping[str, Passport]:
    """Every passport by the id of its figure."""
    return {passport.id: passport for passport in PASSPORTS}
