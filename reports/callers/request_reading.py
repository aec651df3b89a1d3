"""Reads requests and their ends from both stores."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.cel.conversation_store import read_conversations
from callqueue.cel.conversations import Kind
from callqueue.cel.incoming_calls import known_calls, read_incoming_calls
from callqueue.ledger.promise_store import read_requests_of_calls
from callqueue.ledger.stint import Origin, Stint
from callqueue.ledger.store import read_refusals, read_stints, read_stints_of_calls, read_stints_of_promises
from followups.cases.call_traces import calls_with_cases
from foundation.calendars import Interval
from ivr.steps.store import read_beginnings, stream_paths
from recordings.messages.messages import Wanted, messages
from recordings.messages.spoken import Kind as MessageKind
from reports.callers.requests import Request
from reports.frame.people import refuse_too_many
from reports.frame.report import Context
from reports.menus.paths import UNFINISHED, ending_of, is_contained

LONGEST_CALL = 86_400
"""Seconds after the time in which its calls still leave messages or speak."""
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

    def request(self, call_id: str) -> Request:
        lasts = call_id in self.waiting or (call_id in self.in_menus and call_id not in self.over)
        return Request(
            call_id, self.began[call_id], self.callers.get(call_id), call_id in self.cases, call_id in self.spoke,
            call_id in self.messages, call_id in self.promised, call_id in self.helped,
            is_over=self.over.get(call_id, not lasts),
        )


async def read_requests(context: Context, interval: Interval) -> list[Request]:
    """The calls that came in the interval, in the order of coming.

    Raises:
        TooManyCallsError
    """
    traces = _Traces()
    async with context.ledger() as ledger:
        await refuse_too_many(ledger, interval)
        for call in await read_incoming_calls(ledger, interval.start, interval.end):
            traces.began[call.call_id], traces.over[call.call_id] = call.at, call.is_over
        if context.has_main:
            async with context.main() as main:
                await _read_menus(main, ledger, interval, traces)
                await _read_queues(ledger, main, interval, traces)
                await _read_left(main, interval, traces)
        else:
            await _read_queues(ledger, None, interval, traces)
    found = (traces.request(call_id) for call_id in traces.began)
    return sorted(found, key=lambda request: (request.at, request.call_id))


async def _read_menus(main: AsyncConnection, ledger: AsyncConnection, interval: Interval, traces: _Traces) -> None:
    unknown: dict[str, float] = {}
    async for path in stream_paths(main, interval.start, interval.end):
        first = path[0]
        if first.call_id not in traces.began:
            unknown[first.call_id] = first.at
        if first.caller:
            traces.callers[first.call_id] = first.caller
        if is_contained(path):
            traces.helped.add(first.call_id)
        if ending_of(path) == UNFINISHED:
            traces.in_menus.add(first.call_id)
    elsewhere = await known_calls(ledger, unknown)
    traces.began |= {call_id: at for call_id, at in unknown.items() if call_id not in elsewhere}


async def _read_queues(
    ledger: AsyncConnection, main: AsyncConnection | None, interval: Interval, traces: _Traces,
) -> None:
    await _add_calls_without_cel(ledger, main, interval, traces)
    stints = await read_stints_of_calls(ledger, sorted(traces.began))
    for stint in stints:
        if stint.caller:
            traces.callers.setdefault(stint.call_id, stint.caller)
        if stint.finished is None:
            traces.waiting.add(stint.call_id)
    traces.spoke |= {stint.call_id for stint in stints if _spoke(stint)}
    talks = await read_conversations(
        ledger, None, interval.start, interval.end + LONGEST_CALL, kinds=(Kind.DIRECT, Kind.TRANSFER))
    traces.spoke |= {talk.call_id for talk in talks}
    await _read_promises(ledger, traces)


async def _add_calls_without_cel(
    ledger: AsyncConnection, main: AsyncConnection | None, interval: Interval, traces: _Traces,
) -> None:
    """Of imported logs the first joining, or being refused, is a call's beginning."""
    stints = [each for each in await read_stints(ledger, None, interval.start, interval.end)
              if each.origin in COMING_IN]
    refused = await read_refusals(ledger, None, interval.start, interval.end)
    for each in refused:
        if each.caller:
            traces.callers.setdefault(each.call_id, each.caller)
    moments = _earliest([*((one.call_id, one.entered) for one in stints), *((one.call_id, one.at) for one in refused)])
    unknown = moments.keys() - traces.began.keys()
    unknown -= await known_calls(ledger, unknown)
    if main is not None:
        unknown -= (await read_beginnings(main, unknown)).keys()
    before = _earliest([(one.call_id, one.entered) for one in await read_stints_of_calls(ledger, sorted(unknown))])
    traces.began |= {
        call_id: moments[call_id] for call_id in unknown if before.get(call_id, interval.start) >= interval.start}


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
    wanted = Wanted(since_ms=interval.start * 1000, until_ms=(interval.end + LONGEST_CALL) * 1000)
    left = [each for each in await messages(main, wanted) if each.call_id in traces.began]
    traces.messages |= {each.call_id for each in left if each.kind == MessageKind.VOICE_MESSAGE}
    traces.promised |= {each.call_id for each in left if each.kind == MessageKind.CALLBACK_REQUEST}
    for each in left:
        if each.caller:
            traces.callers.setdefault(each.call_id, each.caller)
    traces.cases |= await calls_with_cases(main, traces.began, {each.id: each.call_id for each in left})
