"""The calls behind the figures: a list of stints, and of the calls that never became one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.evidence import Call, Refused
from callqueue.ledger.stint import Outcome, Refusal, Stint
from callqueue.ledger.store import read_lost_in_menu, read_refusals, read_stints
from callqueue.metrics import Books
from callqueue.metrics.entries import stint_wait
from foundation.calendars import Interval
from foundation.settings import Settings
from recordings.store import sound_paths
from reports.frame.reading import read_evidence, rulebook

LOST = "lost_in_menu"
FIGURES = (
    "entries", "entries_answered", "answered_within_threshold", "entries_abandoned", "short_abandoned",
    "entries_left_for_callback", "entries_waiting_within_threshold", "service_level_denominator",
    "stints_answered_within_threshold", "stints_unserved_within_threshold", "answered_not_spoken", "contacts",
)
"""Counts that outcomes alone do not explain."""
OUTCOMES = (*(each.value for each in Outcome), *(each.value for each in Refusal), LOST)
"""What calls can be asked for by."""
SECOND_US = 1_000_000
RecordingKey = tuple[str, int]
"""Channel and number of the stint."""


@dataclass(frozen=True, slots=True)
class CallsQuery:
    """What is asked for; None: any."""

    interval: Interval
    queue: str | None = None
    outcome: str | None = None
    """One of OUTCOMES; None: all stints."""
    figure: str | None = None
    """Id of a count: the stints of which it was made."""
    caller: str | None = None
    """The last digits of the caller's number."""
    whole_numbers: bool = False
    """Show callers' numbers whole, not only their last four digits."""


@dataclass(frozen=True, slots=True)
class Line:
    """One stint, or one call that never became a stint. Instants in epoch seconds, lengths in seconds."""

    call_id: str
    channel_id: str
    number: int
    queue: str | None
    origin: str | None
    outcome: str
    entered: float
    finished: float | None = None
    wait: float | None = None
    agent: str | None = None
    talk: float | None = None
    hold: float | None = None
    ending: str | None = None
    caller: str | None = None


@dataclass(frozen=True, slots=True)
class CallsReport:
    query: CallsQuery
    made: int
    zone: ZoneInfo
    lines: tuple[Line, ...]
    more: bool = False
    """Whether the time holds more calls than are read: these are the first ones."""
    sounds: Mapping[RecordingKey, str] = field(default_factory=dict)
    """Paths of what was recorded."""

    def sound_of(self, line: Line) -> str | None:
        return self.sounds.get((line.channel_id, line.number))


async def list_calls(ledger: AsyncConnection, query: CallsQuery, settings: Settings, now: int) -> list[Line]:
    """The lines asked for, in the order of entering, without their recordings."""
    if query.figure is not None:
        stints = await _behind(ledger, query, query.figure, settings, now)
        lines = [_line_of_stint(each, query, now) for each in stints if query.outcome in (None, each.outcome)]
    else:
        lines = await _of_outcome(ledger, query, now)
    return [line for line in lines if line is not None]


async def _behind(
    ledger: AsyncConnection, query: CallsQuery, figure: str, settings: Settings, now: int,
) -> list[Stint]:
    """Exactly what the report of this time and queue counts."""
    rules, shared = rulebook(settings), settings.shared_numbers
    evidence = await read_evidence(ledger, query.interval, rules, now, shared)
    books = Books(evidence, [query.interval], rules, now, shared)
    return books.behind(figure, None if query.queue is None else [query.queue])


async def _of_outcome(ledger: AsyncConnection, query: CallsQuery, now: int) -> list[Line | None]:
    start, end = query.interval.start, query.interval.end
    if query.outcome == LOST:
        # CEL knows no numbers: asked for by number, none is found.
        lost = [] if query.caller else await read_lost_in_menu(ledger, start, end)
        return [_line_of_lost(call) for call in lost]
    if query.outcome in set(Refusal):
        refused = await read_refusals(ledger, query.queue, start, end)
        return [_line_of_refused(each, query) for each in refused if each.reason == query.outcome]
    stints = await read_stints(ledger, query.queue, start, end)
    return [_line_of_stint(each, query, now) for each in stints if query.outcome in (None, each.outcome)]


async def find_recordings(main: AsyncConnection, lines: Sequence[Line], store: Path) -> Mapping[RecordingKey, str]:
    """Where the sound of each stint is kept; that of a consultation under the call it was before the transfer."""
    calls = {line.call_id for line in lines} | {line.channel_id for line in lines}
    return {key: f"{store}/{path}" for key, path in (await sound_paths(main, calls)).items()}


def _line_of_stint(stint: Stint, query: CallsQuery, now: int) -> Line | None:
    if not _asked(stint.caller, query):
        return None
    return Line(
        stint.call_id, stint.channel_id, stint.number, stint.queue, str(stint.origin), str(stint.outcome),
        stint.entered, finished=stint.finished, wait=stint_wait(stint, now), agent=stint.agent,
        talk=stint.talk if stint.talk_ms is None else stint.talk_ms / 1000,
        hold=None if stint.hold_ms is None else stint.hold_ms / 1000,
        ending=None if stint.ending is None else str(stint.ending), caller=shown_number(stint.caller, query),
    )


def _line_of_refused(refused: Refused, query: CallsQuery) -> Line | None:
    if not _asked(refused.caller, query):
        return None
    return Line(
        refused.call_id, refused.channel_id, refused.number, refused.queue,
        None if refused.origin is None else refused.origin.value, refused.reason.value, refused.at,
        finished=refused.at, caller=shown_number(refused.caller, query),
    )


def _line_of_lost(call: Call) -> Line:
    ended = None if call.ended_us is None else call.ended_us / SECOND_US
    return Line(call.call_id, call.call_id, 0, None, None, LOST, call.started_us / SECOND_US, finished=ended)


def _asked(caller: str | None, query: CallsQuery) -> bool:
    return query.caller is None or bool(caller and caller.endswith(query.caller))


def shown_number(caller: str | None, query: CallsQuery) -> str | None:
    """The last four digits, unless whole numbers were asked for."""
    if caller is None or query.whole_numbers:
        return caller
    return f"…{caller[-4:]}"
