"""Roll-ups on their way into the database and out of it."""

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, and_, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.metrics.agents_tally import TimesheetsTally
from callqueue.metrics.arrivals_tally import ArrivalsTally
from callqueue.metrics.rules import Rulebook
from callqueue.metrics.tally import ARRAYS, AgentsTally, CallsTally, PromisesTally
from callqueue.rollups.tables import ROLLUP
from foundation.calendars import Interval

CELL = 900
"""Seconds."""
CELLS, DAYS = 0, 1
"""Levels."""
FEW = 400
COUNTED = np.dtype("<i4")
"""A day has a hundred million milliseconds at most."""


class Kind(StrEnum):
    """What changes apart from each other is kept apart."""

    CALLS = "calls"
    PROMISES = "promises"
    AGENTS = "agents"
    """What all agents together were, by their queues."""
    TIMESHEETS = "timesheets"
    """What each of them did."""
    ARRIVALS = "arrivals"
    """How many entered in each quarter of an hour, and how long they were willing to wait."""


OF_QUEUES = (Kind.CALLS, Kind.PROMISES, Kind.AGENTS)
"""What queues' figures are made of."""


@dataclass(slots=True)
class CallsPart:
    """All queues' tallies of a time."""

    queues: dict[str, CallsTally] = field(default_factory=dict)
    lost_in_menu: int = 0


@dataclass(slots=True)
class PromisesPart:
    queues: dict[str, PromisesTally] = field(default_factory=dict)


Part = CallsPart | PromisesPart | AgentsTally | TimesheetsTally | ArrivalsTally


@dataclass(frozen=True, slots=True)
class Stored:
    """A roll-up that there is, without its content."""

    level: int
    interval: Interval


def rules_hash(kind: Kind, rules: Rulebook, shared: Iterable[str]) -> str:
    """Of all that a tally cannot be asked for afterwards: contact windows and shared numbers; S of arrivals."""
    match kind:
        case Kind.CALLS:
            windows = {queue: each.contact_window for queue, each in rules.by_queue.items()}
            return _hash(windows, rules.default.contact_window, sorted(shared))
        case Kind.ARRIVALS:
            ignored = {queue: each.short_abandon for queue, each in rules.by_queue.items()}
            return _hash(ignored, rules.default.short_abandon)
        case _:
            return ""


def all_rules(rules: Rulebook, shared: Iterable[str]) -> dict[Kind, str]:
    """Each kind's."""
    return {kind: rules_hash(kind, rules, shared) for kind in Kind}


def _hash(*said: object) -> str:
    return blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=16).hexdigest()


def cell_of(instant: float) -> int:
    return int(instant // CELL) * CELL


async def lock_rollups(connection: AsyncConnection) -> None:
    """Who marks or claims waits for the others who do; SQLite's write lock does it by itself."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('pasokh rollup'))"))


async def read_stored(
    connection: AsyncConnection, kind: Kind, level: int, interval: Interval, *, rules: str, now: int,
) -> list[Stored]:
    """Those that lie wholly in the interval and hold at `now`, in order."""
    query = (
        select(ROLLUP.c.start, ROLLUP.c.end)
        .where(ROLLUP.c.kind == kind.value, ROLLUP.c.level == level, ROLLUP.c.start >= interval.start,
               ROLLUP.c.start < interval.end, ROLLUP.c.end <= interval.end, ROLLUP.c.made <= now,
               ROLLUP.c.rules == rules)
        .order_by(ROLLUP.c.start)
    )
    return [Stored(level, Interval(start, end)) for start, end in await connection.execute(query)]


async def read_parts(connection: AsyncConnection, kind: Kind, wanted: Sequence[Stored]) -> dict[Stored, Part]:
    """Their content."""
    found: dict[Stored, Part] = {}
    asked = {(each.level, each.interval.start): each for each in wanted}
    query = select(ROLLUP.c.level, ROLLUP.c.start, ROLLUP.c.counts, ROLLUP.c.numbers).where(
        ROLLUP.c.kind == kind.value, ROLLUP.c.made.is_not(None))
    for few in _runs(wanted):
        for level, start, counts, numbers in await connection.execute(query.where(or_(*few))):
            stored = asked.get((level, start))
            if stored is not None:
                found[stored] = decode(kind, counts, numbers)
    return found


def _runs(wanted: Sequence[Stored]) -> Iterable[list[ColumnElement[bool]]]:
    """Conditions for runs of neighbours, a few at a time."""
    runs: list[list[int]] = []
    for each in sorted(wanted, key=lambda one: (one.level, one.interval.start)):
        if runs and runs[-1][0] == each.level and runs[-1][2] == each.interval.start:
            runs[-1][2] = each.interval.end
        else:
            runs.append([each.level, each.interval.start, each.interval.end])
    for first in range(0, len(runs), FEW):
        yield [
            and_(ROLLUP.c.level == level, ROLLUP.c.start >= start, ROLLUP.c.start < end)
            for level, start, end in runs[first:first + FEW]
        ]


def encode(part: Part) -> tuple[str, bytes]:
    """Counts as JSON, arrays one behind the other: of four bytes first, so that all lie well."""
    match part:
        case CallsPart():
            queues = sorted(part.queues)
            numbers = b"".join(
                getattr(part.queues[queue], name).tobytes() for name in ARRAYS for queue in queues)
            counts: Any = [part.lost_in_menu, {queue: _calls_counts(part.queues[queue]) for queue in queues}]
            return json.dumps(counts, separators=(",", ":")), numbers
        case PromisesPart():
            said = {queue: [_only(tally.counts), tally.ready_ms] for queue, tally in sorted(part.queues.items())}
            return json.dumps(said, separators=(",", ":")), b""
        case AgentsTally():
            spent = [[*key, ms] for key, ms in sorted(part.spent.items())]
            return json.dumps([spent, _only(part.wrap_up)], separators=(",", ":")), b""
        case TimesheetsTally():
            named = json.dumps([part.agents, part.columns], separators=(",", ":"), ensure_ascii=False)
            # Most of them are small, and half are nothing: packed they take a third.
            return named, zlib.compress(part.numbers.astype(COUNTED).tobytes(), 1)
        case ArrivalsTally():
            came = [[queue, origin, *run] for (queue, origin), run in part.came.items()]
            return json.dumps([came, part.gave_up, part.waited_ms], separators=(",", ":")), b""


def _calls_counts(tally: CallsTally) -> list[Any]:
    return [
        _only(tally.counts), _only(tally.rings), _only(tally.ring_ms), tally.waiting, tally.pending,
        tally.provisional, tally.hung_up_elsewhere, [len(getattr(tally, name)) for name in ARRAYS],
    ]


def _only(counts: Counter[str]) -> Mapping[str, int]:
    return {name: count for name, count in sorted(counts.items()) if count}


def decode(kind: Kind, counts: str, numbers: bytes) -> Part:
    said = json.loads(counts)
    match kind:
        case Kind.CALLS:
            return _calls_part(said, numbers)
        case Kind.PROMISES:
            return PromisesPart({
                queue: PromisesTally(Counter(named), ready) for queue, (named, ready) in said.items()})
        case Kind.AGENTS:
            spent, wrap_up = said
            return AgentsTally(
                Counter({(tuple((name, tuple(queues)) for name, queues in key), talking): ms
                         for key, talking, ms in spent}),
                Counter(wrap_up))
        case Kind.TIMESHEETS:
            agents, columns = said
            table = np.frombuffer(zlib.decompress(numbers), COUNTED).reshape(len(agents), len(columns))
            return TimesheetsTally(agents, [(doing, reason) for doing, reason in columns], table.astype(np.int64))
        case Kind.ARRIVALS:
            came, gave_up, waited_ms = said
            ways = {(queue, origin): (first, counts) for queue, origin, first, counts in came}
            return ArrivalsTally(ways, Counter(gave_up), Counter(waited_ms))


def _calls_part(said: Any, numbers: bytes) -> CallsPart:
    lost, queues = said
    part = CallsPart(lost_in_menu=lost)
    for queue, (counts, rings, ring_ms, waiting, pending, provisional, elsewhere, _) in queues.items():
        part.queues[queue] = CallsTally(
            Counter(counts), Counter(rings), Counter(ring_ms), [tuple(each) for each in waiting], pending,
            [tuple(each) for each in provisional],
            [tuple(tuple(each) for each in tried) for tried in elsewhere],
        )
    offset = 0
    for place, (name, kind) in enumerate(ARRAYS.items()):
        for queue, each in queues.items():
            length = each[-1][place]
            setattr(part.queues[queue], name, np.frombuffer(numbers, kind, length, offset))
            offset += length * kind.itemsize
    return part
