"""A report as the frame knows it: its name, what it is asked for, and how its sheet is made."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.ledger.store import evidence_start
from callqueue.rollups.reading import Reader
from followups.book.book import load_case_book
from followups.book.causes import load_causes
from foundation.calendars import Interval, calendar_of
from foundation.catalogue import Texts
from foundation.database import Store
from foundation.paths import Home
from foundation.settings import Settings
from foundation.web.roles import Role
from reports.cases.names import CaseNames
from reports.frame.parameters import Asking, Pairs, Parameter, Parameters, read_parameters
from reports.frame.periods import Almanac
from reports.frame.reading import reader_of
from reports.frame.sheets import Sheet
from reports.frame.stores import open_store, store_exists
from reports.frame.tables import Teller


class Group(StrEnum):
    """Where a report stands in the list; its title is the text `report.group.<group>`."""

    LINE = "line"
    CALLERS = "callers"
    AGENTS = "agents"
    CASES = "cases"
    PLANNING = "planning"


@dataclass(frozen=True)
class Context:
    """Where a report reads, in whose language it speaks, and when it is made."""

    home: Home
    settings: Settings
    texts: Texts
    """In the language of the one who asks."""
    now: int
    """Epoch seconds."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.site.timezone)

    @cached_property
    def names(self) -> CaseNames:
        """Titles of subjects, units, provinces, causes and queues.

        Raises:
            DataFileError: a file of the site is wrong.
        """
        book = load_case_book(self.home, self.settings, lambda: self.now * 1000)
        return CaseNames(book, load_causes(self.home), self.settings, self.texts, self.zone)

    @property
    def teller(self) -> Teller:
        return Teller(self.settings, self, self.texts)

    @asynccontextmanager
    async def ledger(self) -> AsyncIterator[AsyncConnection]:
        """One unchanging picture of the ledger; raises StoreError."""
        async with open_store(self.home, self.settings, Store.LEDGER) as connection:
            yield connection

    def reader(self, ledger: AsyncConnection) -> Reader:
        """Tallies of the ledger, as the site's rules have them."""
        return reader_of(ledger, self.settings, self.now)

    @asynccontextmanager
    async def main(self) -> AsyncIterator[AsyncConnection]:
        """One unchanging picture of the main store; raises StoreError."""
        async with open_store(self.home, self.settings, Store.MAIN) as connection:
            yield connection

    @property
    def has_ledger(self) -> bool:
        return store_exists(self.home, self.settings, Store.LEDGER)

    @property
    def has_main(self) -> bool:
        return store_exists(self.home, self.settings, Store.MAIN)

    @property
    def asking(self) -> Asking:
        almanac = Almanac(self.zone, calendar_of(self.settings.site.language), self.now)
        return Asking(self.settings, almanac)


Build = Callable[[Context, Parameters], Awaitable[Sheet]]


@dataclass(frozen=True, slots=True)
class Report:
    """One report. Its title is the text `report.<name>.name`, what it tells `report.<name>.about`."""

    name: str
    """For addresses and commands, like `repeat-callers`."""
    group: Group
    build: Build
    parameters: tuple[Parameter[Any], ...] = ()
    """Besides the time, which every report is asked for (`reports.frame.parameters.TIME`)."""
    default_from: str = "today"
    """The first moment when none is said."""
    roles: tuple[Role, ...] = (Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR)

    def read(self, pairs: Pairs, context: Context) -> Parameters:
        """What was asked for in an address or on the command line.

        Raises:
            ParameterError
        """
        return read_parameters(self.parameters, pairs, context.asking, default_from=self.default_from)


async def make_sheet(report: Report, context: Context, parameters: Parameters) -> Sheet:
    """The sheet, and that of the earlier time beside it where one is asked for.

    Raises:
        ParameterError, ReportError: it cannot be made of what was asked for.
        StoreError: a store cannot be read.
        DataFileError: a file of the site is wrong.
    """
    sheet = await report.build(context, parameters)
    if parameters.earlier is None:
        return replace(sheet, query=parameters.written)
    earlier = await report.build(context, _of(parameters, parameters.earlier))
    since = None if report.group is Group.CASES else await _known_since(context, parameters.earlier)
    return replace(sheet, query=parameters.written, earlier=earlier, known_since=since)


async def _known_since(context: Context, earlier: Interval) -> int | None:
    """When the ledger's first call came; None: before the earlier time, so that it is known whole."""
    if not context.has_ledger:
        return None
    async with context.ledger() as ledger:
        begun = await evidence_start(ledger)
    return begun if begun is not None and earlier.start < begun else None


def _of(parameters: Parameters, interval: Interval) -> Parameters:
    return replace(parameters, interval=interval, earlier=None)
