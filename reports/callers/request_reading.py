"""Reads requests and their ends from both stores.

What is read of a call does not depend on the time that was asked for: so the requests of two times side by side are
those of both together, and days can be added up by themselves (`reports.callers.request_days`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.cel.conversation_store import read_talked_calls
from callqueue.cel.conversations import Kind
from callqueue.cel.incoming_calls import known_calls, read_incoming_calls
from callqueue.ledger.evidence import Refused
from callqueue.ledger.promise_store import read_requests_of_calls
from callqueue.ledger.stint import Origin, Stint
from callqueue.ledger.store import read_refusals, read_stints, read_stints_of_calls, read_stints_of_promises
from followups.cases.call_traces import calls_with_cases
from foundation.calendars import Interval
from foundation.request_days import LONGEST_CALL
from ivr.steps.store import read_beginnings, read_paths_of_calls, stream_paths
from recordings.messages.messages import Wanted, messages
from recordings.messages.spoken import Kind as MessageKind
from reports.callers.requests import Request
from reports.menus.paths import UNFINISHED, Path, ending_of, is_contained

CLOCKS = 60
"""Seconds by which those who tell of one moment of a call may differ, and more."""
COMING_IN = (Origin.DIRECT, Origin.OVERFLOW, Origin.REQUEUE)


@dataclass(slots=True)
class _Traces:
    """What the stores tell of calls, by their ids."""

    began: dict[str, float] = field(default_factory=dict)
    over: dict[str, bool] = field(default_factory=dict)
    """Of calls that CEL knows."""
    callers: dict[str, str] = field(default_factory=dict)
    helped: set[str] = field(default_factory=set)
    in_menus: set[str] = field(default_factory=set)
    """Of which the menus have no end."""
    spoke: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)
    messages: set[str] = field(default_factory=set)
    promised: set[str] = field(default_factory=set)
    cases: set[str] = field(default_factory=set)

    def is_of(self, call_id: str, at: float) -> bool:
        """Whether it is one of these calls, and what was at that moment can be its."""
        began = self.began.get(call_id)
        return began is not None and began - CLOCKS <= at < began + LONGEST_CALL

    def take_path(self, path: Path) -> None:
        first = path[0]
        if first.caller:
            self.callers[first.call_id] = first.caller
        if is_contained(path):
            self.helped.add(first.call_id)
        if ending_of(path) == UNFINISHED:
            self.in_menus.add(first.call_id)

    def request(self, call_id: str) -> Request:
        lasts = call_id in self.waiting or (call_id in self.in_menus and call_id not in self.over)
        return Request(
            call_id, self.began[call_id], self.callers.get(call_id), call_id in self.cases, call_id in self.spoke,
            call_id in self.messages, call_id in self.promised, call_id in self.helped,
            is_over=self.over.get(call_id, not lasts),
        )


async def read_requests(
    ledger: AsyncConnection, main: AsyncConnection | None, interval: Interval,
) -> list[Request]:
    """The calls that came in the interval, in the order of coming; `main`: None where there is no main store."""
    traces = _Traces()
    for call in await read_incoming_calls(ledger, interval.start, interval.end):
        traces.began[call.call_id], traces.over[call.call_id] = call.at, call.is_over
    if main is not None:
        await _read_menus(main, ledger, interval, traces)
    await _read_queues(ledger, main, interval, traces)
    if main is not None:
        await _read_left(main, interval, traces)
    found = (traces.request(call_id) for call_id in traces.began)
    return sorted(found, key=lambda request: (request.at, request.call_id))


async def _read_menus(main: AsyncConnection, ledger: AsyncConnection, interval: Interval, traces: _Traces) -> None:
    unseen, unknown = set(traces.began), dict[str, float]()
    async for path in stream_paths(main, interval.start, interval.end):
        first = path[0]
        unseen.discard(first.call_id)
        if first.call_id not in traces.began:
            unknown[first.call_id] = first.at
        traces.take_path(path)
    for path in await read_paths_of_calls(main, unseen):  # the menus answered when the interval was over
        traces.take_path(path)
    elsewhere = await known_calls(ledger, unknown)
    traces.began |= {call_id: at for call_id, at in unknown.items() if call_id not in elsewhere}


async def _read_queues(
    ledger: AsyncConnection, main: AsyncConnection | None, interval: Interval, traces: _Traces,
) -> None:
    refused = await read_refusals(ledger, None, interval.start - LONGEST_CALL, interval.end + LONGEST_CALL)
    await _add_calls_without_cel(ledger, main, interval, refused, traces)
    for each in refused:
        if each.caller and traces.is_of(each.call_id, each.at):
            traces.callers.setdefault(each.call_id, each.caller)
    stints = await read_stints_of_calls(ledger, sorted(traces.began))
    for stint in stints:
        if stint.caller:
            traces.callers.setdefault(stint.call_id, stint.caller)
        if stint.finished is None:
            traces.waiting.add(stint.call_id)
    traces.spoke |= {stint.call_id for stint in stints if _spoke(stint)}
    talks = await read_talked_calls(
        ledger, interval.start - CLOCKS, interval.end + LONGEST_CALL, kinds=(Kind.DIRECT, Kind.TRANSFER))
    traces.spoke |= {call_id for call_id, at in talks if traces.is_of(call_id, at)}
    await _read_promises(ledger, traces)


async def _add_calls_without_cel(
    ledger: AsyncConnection, main: AsyncConnection | None, interval: Interval, refused: Sequence[Refused],
    traces: _Traces,
) -> None:
    """Of imported logs the first joining, or being refused, is a call's beginning."""
    unknown = {stint.call_id for stint in await read_stints(ledger, None, interval.start, interval.end)
               if stint.origin in COMING_IN}
    unknown |= {each.call_id for each in refused if interval.holds(each.at)}
    unknown -= traces.began.keys()
    unknown -= await known_calls(ledger, unknown)
    if main is not None:
        unknown -= (await read_beginnings(main, unknown)).keys()
    moments = _earliest([
        *((stint.call_id, stint.entered) for stint in await read_stints_of_calls(ledger, sorted(unknown))
          if stint.origin in COMING_IN),
        *((each.call_id, each.at) for each in refused if each.call_id in unknown)])
    traces.began |= {call_id: at for call_id, at in moments.items() if interval.holds(at)}


def _earliest(moments: Iterable[tuple[str, int]]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for call_id, at in moments:
        found[call_id] = min(at, found.get(call_id, at))
    return found


async def _read_promises(ledger: AsyncConnection, traces: _Traces) -> None:
    asked = await read_requests_of_calls(ledger, traces.began)
    traces.promised |= {one.call_id for one in asked}
    kept = await read_stints_of_promises(ledger, {one.promise for one in asked})
    reached = {stint.promise for stint in kept if stint.origin is Origin.CALLBACK and _spoke(stint)}
    traces.spoke |= {one.call_id for one in asked if one.promise in reached}


def _spoke(stint: Stint) -> bool:
    return stint.answered is not None and stint.spoke is not False


async def _read_left(main: AsyncConnection, interval: Interval, traces: _Traces) -> None:
    """Messages and cases; a case made from a message belongs to the message's call."""
    wanted = Wanted(since_ms=(interval.start - CLOCKS) * 1000, until_ms=(interval.end + LONGEST_CALL) * 1000)
    left = [each for each in await messages(main, wanted) if traces.is_of(each.call_id, each.taken_ms / 1000)]
    traces.messages |= {each.call_id for each in left if each.kind == MessageKind.VOICE_MESSAGE}
    traces.promised |= {each.call_id for each in left if each.kind == MessageKind.CALLBACK_REQUEST}
    for each in left:
        if each.caller:
            traces.callers.setdefault(each.call_id, each.caller)
    traces.cases |= await calls_with_cases(main, traces.began, {each.id: each.call_id for each in left})
