"""The queue report: every figure of queues and intervals, with its passport."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.evidence import Gap
from callqueue.ledger.store import evidence_start, knows_queue, read_cel_reach, read_gaps
from callqueue.metrics import Books, Evidence, Figures, Passport, Rules, passports
from callqueue.metrics.passports import BOTH
from callqueue.metrics.tally_figures import rings_by_agent
from callqueue.rollups.reading import Reader
from callqueue.rollups.store import CallsPart
from foundation.calendars import Calendar, Interval, Step, calendar_of, split, year_before
from foundation.settings import Settings
from reports.frame.reading import reader_of, rulebook
from reports.frame.tallied import TalliedBooks


class ReportError(Exception):
    """The report asked for cannot be made; the text says why and what to ask instead.

    `name` is stable on the wire; `values` are put into the text `report.refused.<name>`.
    """

    name: ClassVar[str] = "cannot-be-made"
    status: ClassVar[int] = 422

    def __init__(self, text: str, **values: str) -> None:
        super().__init__(text)
        self.values = values


class UnknownQueueError(ReportError):
    name = "unknown-queue"


@dataclass(frozen=True, slots=True)
class QueueQuery:
    """What is asked for; no queues: all."""

    interval: Interval
    queues: tuple[str, ...] = ()
    step: Step = Step.NONE
    calendar: Calendar = Calendar.GREGORIAN
    """By which weeks, months and years are cut."""
    together: bool = False
    """A row for each interval, of all these queues, instead of one for each queue."""

    def rows_of(self, queues: Sequence[str]) -> list[tuple[str | None, tuple[str, ...] | None]]:
        """Of which queue each row of an interval is, and whose figures it has (None: of all)."""
        return [(None, self.queues or None)] if self.together else [(queue, (queue,)) for queue in queues]


@dataclass(frozen=True, slots=True)
class Row:
    """One queue (None: all that were asked for) in one interval."""

    queue: str | None
    interval: Interval
    figures: Figures
    gaps: tuple[Gap, ...]

    @property
    def balanced(self) -> bool:
        return self.figures.ledger.balance == 0


@dataclass(frozen=True, slots=True)
class AgentRings:
    """Rings that an agent did not pick up, and how many seconds they lasted together."""

    agent: str
    ring_no_answer: int
    ring_no_answer_time: float


@dataclass(frozen=True, slots=True)
class QueueReport:
    query: QueueQuery
    queues: tuple[str, ...]
    made: int
    zone: ZoneInfo
    total: Row
    rows: tuple[Row, ...]
    agents: tuple[AgentRings, ...]
    rules: Mapping[str, Rules]
    passports: Mapping[str, Passport]
    exact_waits: tuple[int, int]
    """How many of the waits CEL has measured, of how many in all."""

    @property
    def balanced(self) -> bool:
        """Whether every row balances, and the rows sum to the total."""
        offered = sum(row.figures.ledger.offered for row in self.rows)
        whole = offered == self.total.figures.ledger.offered
        return whole and self.total.balanced and all(row.balanced for row in self.rows)


async def refuse_unknown_queues(connection: AsyncConnection, queues: Iterable[str], settings: Settings) -> None:
    """A mistyped queue is no queue without calls.

    Raises:
        UnknownQueueError: neither the settings nor the ledger know one of them.
    """
    for queue in queues:
        if queue not in settings.queues and not await knows_queue(connection, queue):
            known = ", ".join(sorted(settings.queues))
            raise UnknownQueueError(f"queue {queue!r}: neither in the settings nor in the ledger; the site has {known}",
                                    written=queue, known=known)


async def build_queue_report(
    connection: AsyncConnection, query: QueueQuery, settings: Settings, now: int, *, rolled_up: bool = True,
    growth: bool = True,
) -> QueueReport:
    """Make the report: from roll-ups, and from the ledger for what none stands for; without `rolled_up`, all of it
    from the ledger. Without `growth` the year before is left alone.

    Raises:
        UnknownQueueError: neither the settings nor the ledger know a queue.
    """
    await refuse_unknown_queues(connection, query.queues, settings)
    intervals = split(query.interval, query.step, ZoneInfo(settings.site.timezone), query.calendar)
    reader = reader_of(connection, settings, now, rolled_up=rolled_up)
    cel = await read_cel_reach(connection)
    books = TalliedBooks(
        await reader.read(intervals), await _year_before(reader, query, settings) if growth else (), reader.rules,
        now, [cel.touches(each) for each in intervals],
    )
    gaps = await read_gaps(connection, query.interval.start, query.interval.end)
    return _add_up(query, books, gaps, settings, intervals)


def compose(
    query: QueueQuery, evidence: Evidence, gaps: Sequence[Gap], settings: Settings, *, now: int,
    before: Books | None = None,
) -> QueueReport:
    """The report from its evidence alone."""
    zone, rules = ZoneInfo(settings.site.timezone), rulebook(settings)
    intervals = split(query.interval, query.step, zone, query.calendar)
    books = Books(evidence, intervals, rules, now, settings.shared_numbers)
    sheet = _Sheet(books, gaps, before)
    queues = query.queues or tuple(sorted(books.queues | set(settings.queues)))
    asked = query.queues or None
    return QueueReport(
        query=query, queues=queues, made=now, zone=zone,
        total=sheet.row(query.interval, None, asked),
        rows=tuple(
            sheet.row(interval, queue, whose, index)
            for index, interval in enumerate(intervals) for queue, whose in query.rows_of(queues)
        ),
        agents=tuple(AgentRings(agent, *rings) for agent, rings in books.rings_by_agent(asked).items()),
        rules={queue: rules.of(queue) for queue in queues},
        passports=stamped_passports(*books.waits_in_milliseconds()),
        exact_waits=books.waits_in_milliseconds(),
    )


def _add_up(
    query: QueueQuery, books: TalliedBooks, gaps: Sequence[Gap], settings: Settings, intervals: Sequence[Interval],
) -> QueueReport:
    queues = query.queues or tuple(sorted(books.queues | set(settings.queues)))
    asked = query.queues or None
    return QueueReport(
        query=query, queues=queues, made=books.now, zone=ZoneInfo(settings.site.timezone),
        total=Row(None, query.interval, books.figures(asked), tuple(gaps_in(query.interval, gaps))),
        rows=tuple(
            Row(queue, interval, books.figures(whose, index), tuple(gaps_in(interval, gaps)))
            for index, interval in enumerate(intervals) for queue, whose in query.rows_of(queues)
        ),
        agents=tuple(AgentRings(agent, *rings) for agent, rings in rings_by_agent(books.calls(asked)).items()),
        rules={queue: books.rules.of(queue) for queue in queues},
        passports=stamped_passports(*books.waits_in_milliseconds()),
        exact_waits=books.waits_in_milliseconds(),
    )


def stamped_passports(exact: int, ended: int) -> Mapping[str, Passport]:
    """The passports, with how exact the waits of this very report are: `exact` of `ended` are known by CEL."""
    return {
        name: replace(each, resolution="waits_known", waits=(exact, ended)) if each.evidence == BOTH else each
        for name, each in passports().items()
    }


@dataclass(frozen=True, slots=True)
class _Sheet:
    books: Books
    gaps: Sequence[Gap]
    before: Books | None

    def row(
        self, interval: Interval, queue: str | None, queues: tuple[str, ...] | None, index: int | None = None,
    ) -> Row:
        figures = self.books.figures(queues, index, self.before)
        return Row(queue, interval, figures, tuple(gaps_in(interval, self.gaps)))


def gaps_in(interval: Interval, gaps: Sequence[Gap]) -> list[Gap]:
    """The gaps that touch the interval."""
    return [
        gap for gap in gaps
        if gap.started < interval.end and (gap.ended is None or gap.ended >= interval.start)
    ]


async def _year_before(reader: Reader, query: QueueQuery, settings: Settings) -> Sequence[Sequence[CallsPart]]:
    """The same intervals a year before; none when the ledger does not reach back so far."""
    zone, calendar = ZoneInfo(settings.site.timezone), calendar_of(settings.site.language)
    pieces = split(query.interval, query.step, zone, query.calendar)
    intervals = [earlier(each, zone, calendar, reader.now) for each in pieces]
    begun = await evidence_start(reader.connection)
    if begun is None or begun > intervals[0].start:
        return ()
    return await reader.read_calls(intervals)


def earlier(interval: Interval, zone: ZoneInfo, calendar: Calendar, now: int) -> Interval:
    """The same interval a year before; of one that is not over yet, up to the same moment."""
    start, end = (
        int(year_before(datetime.fromtimestamp(instant, zone), calendar).timestamp())
        for instant in (interval.start, max(interval.start, min(interval.end, now)))
    )
    return Interval(start, max(start, end))
