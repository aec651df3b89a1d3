"""Has results told: orders one call for each, reads how the calls ended, and moves the cases by it.

A row for each result, in the transaction that orders its call, is why no kill at any moment leads to a second call or
to none. What a call came to is read behind a bookmark that moves in the transaction that moves the case.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from callqueue.outbound.calling_hours import CallingHours, calling_hours
from callqueue.outbound.calls import Outbound, OutboundResult
from callqueue.outbound.model import OutboundRequest
from callqueue.outbound.model import State as CallState
from callqueue.outbound.refusals import AlreadyClosedError, NoSuchCallError, NumberRefusedError
from followups.cases.actor import Actor
from followups.cases.case import Case, Deed, Link, LinkKind, ToldBy
from followups.cases.change import Change, Changes
from followups.cases.lifecycle import State, Step
from followups.cases.office import case_office, present_ms
from followups.cases.refusals import CaseRefusalError
from followups.cases.store import add_link
from followups.telling.heard import Hearing
from followups.telling.heard_spool import HeardSpool
from followups.telling.result_messages import ResultMessages, result_messages
from followups.telling.result_sounds import ResultSounds, result_sounds
from followups.telling.store import (
    begin_telling,
    change_telling,
    move_bookmark,
    needless_calls,
    owed_results,
    read_bookmark,
    telling_of_call,
)
from followups.telling.telling import OF_RESULTS, PURPOSE, WRITTEN_OF, Outcome, reference_of
from foundation.database import Database
from foundation.paths import Home
from foundation.settings import Settings

TELLER = Actor("teller")
"""As the history has it."""
BOOKMARK = "results"


@dataclass(frozen=True, slots=True)
class Told:
    """What one look did."""

    ordered: int
    settled: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class Teller:
    database: Database
    changes: Changes
    outbound: Outbound
    sounds: ResultSounds
    messages: ResultMessages
    hours: CallingHours
    calls_out: bool
    """Whether the trunk lets calls out."""
    now_ms: Callable[[], int]
    hear: Callable[[], Awaitable[object]]
    """Brings what callers heard and said to its cases."""

    async def look(self) -> Told:
        """Do everything that is to be done now; doing it again does nothing."""
        return Told(await self.order(), await self.settle(), await self.withdraw())

    async def order(self) -> int:
        """Order a call for every result that is owed and has its sound; how many were seen to."""
        async with self.database.read() as connection:
            owed = await owed_results(connection)
        done = 0
        for case in owed:
            if self.sounds.is_settled(case):
                done += await self._begin(case)
        return done

    async def settle(self) -> int:
        """Read how calls ended, and move their cases; how many."""
        async with self.database.read() as connection:
            bookmark = await read_bookmark(connection, BOOKMARK)
        results = await self.outbound.results_since(bookmark, PURPOSE)
        # A caller's own words were written down before his call was settled: they come first.
        await self.hear()
        for result in results:
            await self._settle(result)
        return len(results)

    async def withdraw(self) -> int:
        """Cancel the calls whose result was told otherwise or is gone; not while one is on the line."""
        async with self.database.read() as connection:
            needless = await needless_calls(connection)
        return sum([await self._cancel(call_id) for call_id in needless])

    # -- one step each

    async def _begin(self, case: Case) -> bool:
        try:
            async with self.changes.of(case.code, TELLER, case.version) as change:
                if not await begin_telling(change.connection, case.code, case.reopened, change.now_ms):
                    return False
                ordered = await self._order(change)
                if isinstance(ordered, Outcome):
                    await self._finish(change, case.reopened, ordered, 0)
        except CaseRefusalError:
            return False  # somebody changed the case just now; the next look sees to it
        return True

    async def _order(self, change: Change) -> str | Outcome:
        """The call's id, or why there is none."""
        case = change.case
        if not case.reply_number:
            return Outcome.NO_NUMBER
        if not self.calls_out:
            return Outcome.NO_LINE
        if not self.sounds.parts(case):
            return Outcome.NO_SOUND
        request = OutboundRequest(
            PURPOSE, reference_of(case.code, case.reopened), case.reply_number, case.language,
            not_before_ms=self.hours.next_open(PURPOSE, change.now_ms),
        )
        try:
            call_id = await self.outbound.place_within(change.connection, request)
        except NumberRefusedError:
            return Outcome.REFUSED
        await change_telling(change.connection, case.code, case.reopened, outbound_id=call_id)
        await add_link(
            change.connection, Link(case.code, LinkKind.OUTBOUND_CALL, call_id, change.now_ms, TELLER.name))
        await change.tell(Deed.TELLING, detail={"how": ToldBy.CALL.value, "call": call_id})
        return call_id

    async def _settle(self, result: OutboundResult) -> None:
        closing = result.call.closing or 0
        async with self.database.read() as connection:
            telling = await telling_of_call(connection, result.call.id)
        if telling is None or telling.settled_ms is not None or result.call.result is None:
            async with self.database.write() as connection:
                await move_bookmark(connection, BOOKMARK, closing)
            return
        async with self.changes.of(telling.code, TELLER) as change:
            await self._finish(change, telling.round, OF_RESULTS[result.call.result], len(result.attempts), result)
            await move_bookmark(change.connection, BOOKMARK, closing)

    async def _finish(
        self, change: Change, number: int, outcome: Outcome, tries: int, result: OutboundResult | None = None,
    ) -> None:
        """The telling is over: note it, and tell by other ways, or move the case."""
        case, written = change.case, ""
        waits = case.state is State.RESOLVED and case.reopened == number
        if outcome is Outcome.CANCELLED and not waits:
            outcome = Outcome.SETTLED
        if waits and outcome in WRITTEN_OF:
            written = await self.messages.enter(change.connection, case, change.now_ms)
        settled = await change_telling(
            change.connection, case.code, number, settled_ms=change.now_ms, outcome=outcome.value, tries=tries,
            written=written)
        if not settled:
            return
        detail = {"how": ToldBy.CALL.value, "outcome": outcome.value, "tries": _words(result), "written": written}
        if waits and outcome is Outcome.TOLD:
            # He heard it, and what he said of it has not come to us.
            await change.take(Step.TELL, Deed.TOLD, told_ms=change.now_ms, told_by=ToldBy.CALL, detail=detail)
        else:
            await change.tell(Deed.TELLING, detail={key: value for key, value in detail.items() if value})

    async def _cancel(self, call_id: str) -> bool:
        found = await self.outbound.find(call_id)
        if found is None or found.call.state is not CallState.OPEN:
            return False
        try:
            await self.outbound.cancel(call_id, TELLER.name)
        except (AlreadyClosedError, NoSuchCallError):
            return False
        return True


def _words(result: OutboundResult | None) -> str:
    """What became of each try, in their order."""
    outcomes = [one.outcome for one in result.attempts] if result else []
    return ", ".join(one.value for one in outcomes if one is not None)


def teller(
    home: Home, settings: Settings, database: Database, now_ms: Callable[[], int] = present_ms,
) -> Teller:
    """The teller of a site by its settings.

    Raises:
        DataFileError: subjects or units of the site are wrong.
    """
    office, spool = case_office(home, settings, database, now_ms), HeardSpool(home)
    changes = office.clock.changes
    hearing = Hearing(changes, office.book)
    return Teller(
        database, changes, Outbound(database, settings, now_ms=now_ms), result_sounds(home), result_messages(settings),
        calling_hours(settings), settings.sip.trunk.proxy is not None, now_ms, lambda: spool.deliver(hearing),
    )


