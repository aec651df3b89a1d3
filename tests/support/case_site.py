"""A case office on an empty database, with a clock that stands where it was put."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from followups.cases.actor import Actor
from followups.cases.case import Case, Channel
from followups.cases.contacts import Address, Person
from followups.cases.office import CaseOffice, case_office
from followups.cases.opening import NewCase
from foundation.database import MAIN, Database
from foundation.paths import Home
from foundation.settings import Settings
from tests.support.stores import make_tables

SETTINGS = {"queues": {"operator": {}}, "default_queue": "operator"}
SUNDAY_MS = round(datetime(2026, 11, 22, 6, 30, tzinfo=UTC).timestamp() * 1000)
"""A working day in Tehran, 10:00."""
DAY_MS = 86_400_000
NATIONAL_ID = "0084575948"
OTHER_ID = "0013542419"
NUMBER = "09121234567"
SARA = Actor("sara")
WISH = NewCase(
    subject="insurance-records", summary="Two months of 1402 are missing", channel=Channel.CALL,
    person=Person("زهرا محمدی", NATIONAL_ID, (Address(Channel.CALL, NUMBER),)), province="yazd",
)


@dataclass
class StandingClock:
    now: int = SUNDAY_MS

    def __call__(self) -> int:
        return self.now


@dataclass
class CaseSite:
    home: Home
    settings: Settings
    database: Database
    office: CaseOffice
    clock: StandingClock = field(default_factory=StandingClock)

    async def opened(self, actor: Actor = SARA, **changes: object) -> Case:
        """A new case like `WISH`."""
        return await self.office.opening.open(replace(WISH, **changes), actor)  # type: ignore[arg-type]

    async def with_member(self, unit: str, member: str) -> None:
        await self.office.units.add(unit, member, "root")


@asynccontextmanager
async def case_site(folder: Path, url: str | None = None) -> AsyncIterator[CaseSite]:
    import recordings.tables  # noqa: F401, PLC0415 - messages lie beside the cases

    home = Home(folder / "home")
    home.make()
    settings = Settings.model_validate(SETTINGS)
    database = Database(url or f"sqlite+aiosqlite:///{home.database}/main.sqlite")
    await make_tables(database, MAIN)
    clock = StandingClock()
    try:
        yield CaseSite(home, settings, database, case_office(home, settings, database, clock), clock)
    finally:
        await database.close()
