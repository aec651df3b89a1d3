"""How tallies are kept: counts as JSON; arrays one behind the other, those of four bytes first so that all lie well."""

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callqueue.metrics.agents_tally import TimesheetsTally
from callqueue.metrics.arrivals_tally import ArrivalsTally
from callqueue.metrics.counted import Counted
from callqueue.metrics.hours_tally import ByHour, HoursTally
from callqueue.metrics.people_tally import INSTANT, REPEAT, PeopleOfQueue, PeopleTally, Repeats
from callqueue.metrics.places_tally import PlacesTally
from callqueue.metrics.rings_tally import RingsTally
from callqueue.metrics.tally import ARRAYS, AgentsTally, CallsTally, PromisesTally
from callqueue.rollups.columns import LARGE, decode_callers, encode_callers, narrow
from callqueue.rollups.model import Kept
from callqueue.rollups.store import CallsPart, PromisesPart

COUNTED = np.dtype("<i4")
"""A day has a hundred million milliseconds at most."""
END = b"\0"
"""No text of JSON has it."""
INSTANTS = ("known", "unknown", "returned")


def text_of(said: Any) -> str:
    """Names as people write them."""
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False)


def only(counts: Counter[str]) -> Mapping[str, int]:
    """Without what is nothing."""
    return {name: count for name, count in sorted(counts.items()) if count}


# -- calls

def encode_calls(part: CallsPart) -> Kept:
    queues = sorted(part.queues)
    numbers = b"".join(getattr(part.queues[queue], name).tobytes() for name in ARRAYS for queue in queues)
    return text_of([part.lost_in_menu, {queue: _counts_of(part.queues[queue]) for queue in queues}]), numbers


def _counts_of(tally: CallsTally) -> list[Any]:
    return [
        only(tally.counts), only(tally.rings), only(tally.ring_ms), tally.waiting, tally.pending,
        tally.provisional, tally.hung_up_elsewhere, [len(getattr(tally, name)) for name in ARRAYS],
    ]


def decode_calls(counts: str, numbers: bytes) -> CallsPart:
    lost, queues = json.loads(counts)
    part = CallsPart(lost_in_menu=lost)
    for queue, (named, rings, ring_ms, waiting, pending, provisional, elsewhere, _) in queues.items():
        part.queues[queue] = CallsTally(
            Counter(named), Counter(rings), Counter(ring_ms), [tuple(each) for each in waiting], pending,
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


# -- promises

def encode_promises(part: PromisesPart) -> Kept:
    return text_of({
        queue: [only(tally.counts), tally.ready_ms, tally.passed] for queue, tally in sorted(part.queues.items())}), b""


def decode_promises(counts: str, _numbers: bytes) -> PromisesPart:
    return PromisesPart({
        queue: PromisesTally(Counter(named), ready, passed)
        for queue, (named, ready, passed) in json.loads(counts).items()})


# -- agents

def encode_agents(tally: AgentsTally) -> Kept:
    return text_of([[[*key, ms] for key, ms in sorted(tally.spent.items())], only(tally.wrap_up)]), b""


def decode_agents(counts: str, _numbers: bytes) -> AgentsTally:
    spent, wrap_up = json.loads(counts)
    return AgentsTally(
        Counter({(tuple((name, tuple(queues)) for name, queues in key), talking): ms for key, talking, ms in spent}),
        Counter(wrap_up))


def encode_timesheets(tally: TimesheetsTally) -> Kept:
    # Most of them are small, and half are nothing: packed they take a third.
    return text_of([tally.agents, tally.columns]), zlib.compress(tally.numbers.astype(COUNTED).tobytes(), 1)


def decode_timesheets(counts: str, numbers: bytes) -> TimesheetsTally:
    agents, columns = json.loads(counts)
    table = np.frombuffer(zlib.decompress(numbers), COUNTED).reshape(len(agents), len(columns))
    return TimesheetsTally(agents, [(doing, reason) for doing, reason in columns], table.astype(np.int64))


# -- arrivals

def encode_arrivals(tally: ArrivalsTally) -> Kept:
    came = [[queue, origin, *run] for (queue, origin), run in tally.came.items()]
    return text_of([came, tally.gave_up, tally.waited_ms]), b""


def decode_arrivals(counts: str, _numbers: bytes) -> ArrivalsTally:
    came, gave_up, waited_ms = json.loads(counts)
    ways = {(queue, origin): (first, counted) for queue, origin, first, counted in came}
    return ArrivalsTally(ways, Counter(gave_up), Counter(waited_ms))


# -- transfers and rings

def _packed(named: Any, columns: Iterable[NDArray[Any]]) -> bytes:
    """Names, and numbers behind them: in a quarter of an hour most of it is names."""
    return zlib.compress(text_of(named).encode() + END + b"".join(column.tobytes() for column in columns), 1)


def _unpacked(numbers: bytes) -> tuple[Any, bytes]:
    named, _, rest = zlib.decompress(numbers).partition(END)
    return json.loads(named), rest


def encode_counted(tally: Counted) -> Kept:
    return text_of(tally.numbers.shape), _packed(tally.keys, [tally.numbers.astype(LARGE)])


def decode_counted(counts: str, numbers: bytes) -> Counted:
    keys, plain = _unpacked(numbers)
    return Counted([tuple(key) for key in keys], np.frombuffer(plain, LARGE).reshape(json.loads(counts)))


def encode_rings(tally: RingsTally) -> Kept:
    """Each column as narrow as its largest number; the agents of each queue together, for that is their order."""
    columns = [narrow(column) for column in (tally.places, *tally.numbers.T)]
    agents: dict[str, list[str]] = {}
    for queue, agent in tally.pairs:
        agents.setdefault(queue, []).append(agent)
    return text_of([len(tally.places), [column.dtype.str for column in columns]]), _packed(agents, columns)


def decode_rings(counts: str, numbers: bytes) -> RingsTally:
    length, kinds = json.loads(counts)
    agents, plain = _unpacked(numbers)
    columns = _columns(plain, kinds, length)
    pairs = [(queue, agent) for queue, mine in agents.items() for agent in mine]
    return RingsTally(pairs, columns[0], np.column_stack(columns[1:]))


def _columns(plain: bytes, kinds: Iterable[str], length: int, offset: int = 0) -> list[NDArray[np.int64]]:
    columns = []
    for kind in map(np.dtype, kinds):
        columns.append(np.frombuffer(plain, kind, length, offset).astype(np.int64))
        offset += length * kind.itemsize
    return columns


# -- callers

def encode_places(tally: PlacesTally) -> Kept:
    """The rows of callers lie behind the rest."""
    keys, numbers = encode_counted(tally.counts)
    shape, rows = encode_callers(tally.callers)
    return text_of([keys, tally.waiting, tally.pending, tally.last, len(numbers), shape]), numbers + rows


def decode_places(counts: str, numbers: bytes) -> PlacesTally:
    keys, waiting, pending, last, length, shape = json.loads(counts)
    return PlacesTally(
        decode_counted(keys, numbers[:length]), [tuple(each) for each in waiting], [tuple(each) for each in pending],
        last, decode_callers(shape, numbers[length:]))


def encode_people(tally: PeopleTally) -> Kept:
    """The calls of contacts lie apart, behind the rest: most reports have no need of them."""
    arrays = [getattr(each, name) for each in tally.queues.values() for name in INSTANTS]
    # Instants lie close to each other: their differences take a quarter.
    gaps = b"".join(np.diff(each, prepend=INSTANT.type(0)).astype(INSTANT).tobytes() for each in arrays)
    packed = zlib.compress(tally.repeats.rows.tobytes() + gaps, 1)
    lengths = {queue: [only(each.counts), *(len(getattr(each, name)) for name in INSTANTS)]
               for queue, each in tally.queues.items()}
    counts = text_of([lengths, tally.repeats.queues, len(tally.repeats.rows), len(packed)])
    return counts, packed + tally.repeats.packed


def decode_people(counts: str, numbers: bytes) -> PeopleTally:
    lengths, queues, repeated, packed = json.loads(counts)
    plain = zlib.decompress(numbers[:packed])
    tally = PeopleTally(repeats=Repeats(queues, np.frombuffer(plain, REPEAT, repeated), numbers[packed:]))
    offset = repeated * REPEAT.itemsize
    for queue, (named, *counted) in lengths.items():
        arrays = []
        for length in counted:
            arrays.append(np.frombuffer(plain, INSTANT, length, offset).cumsum(dtype=INSTANT))
            offset += length * INSTANT.itemsize
        tally.queues[queue] = PeopleOfQueue(Counter(named), *arrays)
    return tally


# -- the week by hour

def encode_hours(tally: HoursTally) -> Kept:
    """As rings: of calls, and then of agents."""
    columns = [[narrow(column) for column in (each.places, *each.numbers.T)] for each in (tally.calls, tally.agents)]
    shapes = [[len(mine[0]), [column.dtype.str for column in mine]] for mine in columns]
    keys = [tally.calls.keys, tally.agents.keys]
    return text_of([shapes, tally.waiting]), _packed(keys, [column for mine in columns for column in mine])


def decode_hours(counts: str, numbers: bytes) -> HoursTally:
    (of_calls, of_agents), waiting = json.loads(counts)
    (queues, agents), plain = _unpacked(numbers)
    begin = of_calls[0] * sum(np.dtype(kind).itemsize for kind in of_calls[1])
    keys = [(tuple((name, tuple(of)) for name, of in key), talking) for key, talking in agents]
    return HoursTally(
        _by_hour(queues, _columns(plain, of_calls[1], of_calls[0])),
        _by_hour(keys, _columns(plain, of_agents[1], of_agents[0], begin)), [tuple(each) for each in waiting])


def _by_hour(keys: Sequence[Any], columns: Sequence[NDArray[np.int64]]) -> ByHour[Any]:
    return ByHour(keys, columns[0], np.column_stack(columns[1:]))
