"""Keeps the deadlines of all cases that are owed: warns, escalates, and reckons anew after a correction.

Each notice is a row whose key allows it once, written in the transaction that does what it says. So a kill at any
moment leaves a notice either given, with its history and its messages, or not given at all.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from followups.book.book import CaseBook
from followups.cases.actor import CLOCK, Actor
from followups.cases.case import Case, Tier
from followups.cases.change import Changes
from followups.cases.clock import CaseClock, note_warning, raise_tier
from followups.cases.lifecycle import WORK
from followups.cases.refusals import CaseRefusalError
from followups.cases.store import Wanted, cases, load_case
from followups.cases.tables import CASE
from followups.deadlines.deadline import ClockStart, Count, Deadline, DeadlineRule, end_of, reckon
from followups.deadlines.escalation import EscalationRule, NextNotice, NoticeKind, Pending, next_notice
from followups.deadlines.notice_messages import NoticeMessages
from followups.deadlines.notice_tables import NOTICE
from followups.deadlines.opening_hours import UnitCalendar
from foundation.database import Database

PAGE = 500
CORRECTED = "calendar"
"""Why a deadline moved, in the history."""
NONE: Mapping[NoticeKind, int] = MappingProxyType({})
"""No notice was given yet."""


@dataclass(frozen=True, slots=True)
class Given:
    """A notice that was given just now."""

    code: str
    notice: NextNotice
    unit: str
    from_unit: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A deadline that was reckoned anew, with another result."""

    code: str
    before_ms: int | None
    due_ms: int
    provisional: bool


class _GivenAlreadyError(Exception):
    """By another process, between our look and our deed."""


@dataclass(frozen=True, slots=True)
class DeadlineKeeper:
    database: Database
    changes: Changes
    book: CaseBook
    rule: EscalationRule
    messages: NoticeMessages
    now_ms: Callable[[], int]

    async def look(self) -> list[Given]:
        """Give every notice whose time has come; after a long pause a case goes up several tiers at once."""
        calendars = _Calendars(self.book)
        given: list[Given] = []
        near = await self._near(calendars)
        async with self.database.read() as connection:
            known = await _notices(connection)
        for case in near:
            done = known.get((case.code, case.reopened), NONE)
            if self._due(case, done, calendars) is not None:
                given += await self._bring_up_to_date(case, calendars)
        return given

    async def reckon_anew(self, actor: Actor = CLOCK) -> list[Moved]:
        """Reckon every deadline that is still owed by the calendar as it is known now; the history tells what moved."""
        calendars, clock = _Calendars(self.book), CaseClock(self.changes, self.book)
        moved = []
        for case in await self._owed(None):
            due = self._reckoned(case, calendars)
            due_ms = round(due.at.timestamp() * 1000)
            if (due_ms, due.provisional) == (case.due_ms, case.due_provisional):
                continue
            try:
                await clock.set_due(
                    case.code, due_ms, CORRECTED, provisional=due.provisional, version=case.version, actor=actor)
            except CaseRefusalError:
                continue  # somebody changed it just now; the next time finds it
            moved.append(Moved(case.code, case.due_ms, due_ms, due.provisional))
        return moved

    async def _near(self, calendars: "_Calendars") -> list[Case]:
        """The owed cases of which a notice may be due: a warning comes this many working days ahead at most."""
        unit = calendars.of(next(iter(self.book.units.by_id)))
        today = unit.local(self._now()).date()
        last = end_of(unit.days.following(today, self.rule.warn_days), unit.zone)
        return await self._owed(round(last.timestamp() * 1000) + 1000)

    async def _owed(self, due_before_ms: int | None) -> list[Case]:
        found: list[Case] = []
        async with self.database.read() as connection:
            while True:
                wanted = Wanted(states=WORK, due_before_ms=due_before_ms, limit=PAGE, offset=len(found))
                page = await cases(connection, wanted, by_deadline=True)
                found += page
                if len(page) < PAGE:
                    return found

    async def _bring_up_to_date(self, case: Case, calendars: "_Calendars") -> list[Given]:
        given: list[Given] = []
        while True:
            async with self.database.read() as connection:
                case = await load_case(connection, case.code) or case
                done = (await _notices(connection, case.code)).get((case.code, case.reopened), NONE)
            notice = self._due(case, done, calendars)
            one = await self._give(case, notice) if notice is not None else None
            if one is None:
                return given
            given.append(one)

    def _due(self, case: Case, done: Mapping[NoticeKind, int], calendars: "_Calendars") -> NextNotice | None:
        """The notice whose time has come."""
        if case.due_ms is None or case.state not in WORK:
            return None
        notice = next_notice(_pending(case, done, calendars), self.rule, calendars.of(case.unit), self._now())
        if notice is None or notice.at > self._now() or not self._reaches_somebody(case, notice):
            return None
        return notice

    async def _give(self, case: Case, notice: NextNotice) -> Given | None:
        """None: somebody else was quicker, or changed the case; the next look sees to it."""
        try:
            async with self.changes.of(case.code, CLOCK, case.version) as change:
                if notice.kind is NoticeKind.WARNING:
                    await note_warning(change)
                else:
                    await raise_tier(change, self.book, notice.tier)
                await _note(change.connection, case, change.case, notice, change.now_ms)
                await self.messages.enter(change.connection, change.case, case.unit, notice, change.now_ms)
                return Given(case.code, notice, change.case.unit, case.unit)
        except (CaseRefusalError, _GivenAlreadyError):
            return None

    def _reaches_somebody(self, case: Case, notice: NextNotice) -> bool:
        """False: the subject has no unit above the one that has the case."""
        if notice.kind is NoticeKind.WARNING:
            return True
        above = self.book.responsible(self.book.subject(case.subject), case.province, notice.tier)
        tiers = list(Tier)
        return tiers.index(above.tier) > tiers.index(case.tier)

    def _reckoned(self, case: Case, calendars: "_Calendars") -> Deadline:
        rule = DeadlineRule(case.deadline_days, Count(case.deadline_count), ClockStart(case.deadline_starts))
        # Whose hours the clock started by: those of the unit that got it first; a reopened case stays where it is.
        first = self.book.responsible(self.book.subject(case.subject), case.province).id
        return reckon(rule, _moment(case.clock_ms), calendars.of(case.unit if case.reopened else first))

    def _now(self) -> datetime:
        return _moment(self.now_ms())


class _Calendars:
    """The units' calendars, each made once for a look: their days are reckoned only once."""

    def __init__(self, book: CaseBook) -> None:
        self._book = book
        self._made: dict[str, UnitCalendar] = {}

    def of(self, unit: str) -> UnitCalendar:
        if unit not in self._made:
            self._made[unit] = self._book.calendar(unit)
        return self._made[unit]


def _pending(case: Case, done: Mapping[NoticeKind, int], calendars: _Calendars) -> Pending:
    clock, unit = _moment(case.clock_ms), calendars.of(case.unit)
    starts = unit.next_open(clock) if case.deadline_starts == ClockStart.OPENING else clock
    due = _moment(case.due_ms or 0)
    warned, escalations = done.get(NoticeKind.WARNING, 0) > 0, done.get(NoticeKind.ESCALATION, 0)
    return Pending(case.tier, min(starts, due), due, warned, escalations)


async def _notices(
    connection: AsyncConnection, code: str | None = None,
) -> Mapping[tuple[str, int], Mapping[NoticeKind, int]]:
    """How many of each kind were given, by case and promise; of one case, or of all that are owed."""
    query = select(NOTICE.c.code, NOTICE.c.round, NOTICE.c.kind)
    if code is not None:
        query = query.where(NOTICE.c.code == code)
    else:
        owed = CASE.c.state.in_([state.value for state in WORK])
        query = query.join(CASE, CASE.c.code == NOTICE.c.code).where(owed)
    found: dict[tuple[str, int], Counter[NoticeKind]] = defaultdict(Counter)
    for row in await connection.execute(query):
        found[row.code, row.round][NoticeKind(row.kind)] += 1
    return found


async def _note(
    connection: AsyncConnection, before: Case, after: Case, notice: NextNotice, now_ms: int,
) -> None:
    insert = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    row = {
        "code": before.code, "round": before.reopened, "kind": notice.kind.value, "number": notice.number,
        "due_ms": before.due_ms, "planned_ms": round(notice.at.timestamp() * 1000), "given_ms": now_ms,
        "tier": after.tier.value, "unit": after.unit, "from_unit": before.unit,
    }
    done = await connection.execute(insert(NOTICE).values(row).on_conflict_do_nothing())
    if done.rowcount == 0:
        raise _GivenAlreadyError


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
