"""What is known of a caller: how he came here, his earlier calls and messages, what he is still owed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from agent_softphone.desk.calls import DeskCall, calls_named, calls_without_queue
from callqueue.ledger.stint import Stint
from callqueue.ledger.store import read_stints_of_callers, read_stints_of_calls
from callqueue.outbound.model import OutboundCall
from callqueue.outbound.store import find_call as find_promise
from followups.cases.actor import Actor
from followups.cases.case import Case
from followups.cases.lifecycle import WORK
from followups.cases.office import CaseOffice
from foundation.database import Database
from ivr.steps.steps import Kind, Step
from ivr.steps.store import read_path
from recordings.messages.messages import Message, Wanted, messages

DAY_SECONDS: Final = 86_400
YEAR_SECONDS: Final = 366 * DAY_SECONDS
SHOWN: Final = 6
SPOKEN: Final = "answered"
QUIET = frozenset({Kind.CALL.value, Kind.SPEECH.value})
"""Steps that say nothing about the way."""


@dataclass(frozen=True, slots=True)
class EarlierCall:
    at_ms: int
    queue: str
    outcome: str
    agent: str | None
    noted: tuple[DeskCall, ...] = ()
    """What agents wrote about it."""


@dataclass(frozen=True, slots=True)
class History:
    path: tuple[Step, ...] = ()
    earlier: tuple[EarlierCall, ...] = ()
    messages: tuple[Message, ...] = ()
    cases: tuple[Case, ...] = ()
    """Those whose result is still owed first."""
    promise: OutboundCall | None = None


@dataclass(frozen=True, slots=True)
class Archive:
    """Where it is read."""

    main: Database
    ledger: Database
    office: CaseOffice = field(repr=False)

    async def stint(self, call_id: str) -> Stint | None:
        """The last one of this call that the ledger knows."""
        async with self.ledger.read() as connection:
            found = await read_stints_of_calls(connection, [call_id])
        return found[-1] if found else None

    async def history(self, call: DeskCall, actor: Actor) -> History:
        """All that is known of the caller of this call."""
        async with self.main.read() as connection:
            path = await read_path(connection, call.call_id)
            promise = await find_promise(connection, call.promise) if call.promise else None
            sent = list(await messages(connection, Wanted(caller=call.number))) if call.number else []
        return History(
            tuple(step for step in path if step.kind not in QUIET), await self._earlier(call),
            tuple(sent[-SHOWN:][::-1]), await self._cases(call, actor), promise,
        )

    async def _earlier(self, call: DeskCall) -> tuple[EarlierCall, ...]:
        if not call.number:
            return ()
        now = call.began_ms // 1000
        async with self.ledger.read() as connection:
            found = await read_stints_of_callers(connection, [call.number], now - YEAR_SECONDS, now + DAY_SECONDS)
        last = [stint for stint in found if stint.call_id != call.call_id][-SHOWN:][::-1]
        async with self.main.read() as connection:
            noted = await calls_named(connection, {stint.call_id for stint in last})
            others = await calls_without_queue(connection, call.number, call.began_ms - YEAR_SECONDS * 1000, SHOWN)
        of_queues = [
            EarlierCall(
                stint.entered * 1000, stint.queue, stint.outcome.value, stint.agent,
                tuple(one for one in noted if one.call_id == stint.call_id),
            ) for stint in last
        ]
        without = [
            EarlierCall(one.began_ms, "", SPOKEN, one.agent, (one,)) for one in others if one.call_id != call.call_id
        ]
        return tuple(sorted(of_queues + without, key=lambda one: -one.at_ms)[:SHOWN])

    async def _cases(self, call: DeskCall, actor: Actor) -> tuple[Case, ...]:
        if not call.number:
            return ()
        found: Sequence[Case] = await self.office.reading.find(call.number, actor)
        return tuple(sorted(found, key=lambda case: (case.state not in WORK, -case.opened_ms))[:SHOWN])
