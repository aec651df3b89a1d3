"""A site of nothing but the year's two stores: filled once, kept if that is wished, and known again."""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect

from bench.filling import fill, fill_main
from bench.progress import Progress, Tell
from bench.year import Plan
from foundation.database import LEDGER, MAIN, Database, Store, store_url
from foundation.paths import Home
from foundation.settings import Database as DatabaseSettings
from foundation.settings import Queue, Settings

METADATA = {Store.LEDGER: LEDGER, Store.MAIN: MAIN}


class YearError(Exception):
    """What is there cannot be used; the text says what, where and what to do."""


class YearHome(Home):
    """A folder with the stores in it."""

    @property
    def database(self) -> Path:
        return self.root

    @property
    def note(self) -> Path:
        return self.root / "year.json"


@dataclass(frozen=True, slots=True)
class Filled:
    """What the folder's note says of a year."""

    plan: Plan
    database: str
    """Address of a server's; empty: SQLite files beside the note."""
    stints: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    """How long filling each store took; one that is not here has not been filled to its end."""


@dataclass(frozen=True, slots=True)
class YearSite:
    home: YearHome
    settings: Settings

    def url(self, store: Store) -> str:
        return store_url(self.home, self.settings, store)

    @asynccontextmanager
    async def open(self, store: Store) -> AsyncIterator[Database]:
        database = Database(self.url(store))
        try:
            yield database
        finally:
            await database.close()

    async def fill(self, plan: Plan | None, default: Plan, tell: Tell) -> Filled:
        """Both stores, as far as that has not been done; `plan`: what was asked for, None: what is there, or `default`.

        Raises:
            YearError: what is there is another year, was not filled to its end, or was filled by an earlier Pasokh.
        """
        filled = self._read(plan)
        if filled is None:
            await self.refuse_tables()
            filled = Filled(plan or default, self.settings.database.url or "")
        else:
            await self.refuse_tables([store for store in Store if not self._is_there(filled, store)])
        for store in (Store.LEDGER, Store.MAIN):
            if not self._is_there(filled, store):
                filled = await self._fill(filled, store, tell)
                self.home.note.write_text(json.dumps(asdict(filled), indent=2) + "\n", encoding="utf-8")
            async with self.open(store) as database, database.write() as connection:
                await connection.run_sync(METADATA[store].create_all)  # what a later version of Pasokh has more
                await connection.run_sync(self._refuse_older, store)
        return filled

    def _refuse_older(self, connection: Connection, store: Store) -> None:
        """Raises YearError: a table has not all columns."""
        found = inspect(connection)
        for name, table in METADATA[store].tables.items():
            missing = {*table.columns.keys()} - {column["name"] for column in found.get_columns(name)}
            if missing:
                raise YearError(f"{self.home.note}: filled by an earlier Pasokh, whose {name} had no {min(missing)}; "
                                "give an empty folder and database")

    async def empty(self) -> None:
        for store in Store:
            async with self.open(store) as database, database.write() as connection:
                await connection.run_sync(METADATA[store].drop_all)

    def _is_there(self, filled: Filled, store: Store) -> bool:
        return store.value in filled.seconds

    def _read(self, plan: Plan | None) -> Filled | None:
        note = self.home.note
        try:
            content: dict[str, Any] = json.loads(note.read_text(encoding="utf-8"))
            filled = Filled(**{**content, "plan": Plan(**content["plan"])})
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError) as error:
            raise YearError(f"{note}: not a note of this measurement ({error}); give an empty folder") from error
        if filled.database != (self.settings.database.url or ""):
            raise YearError(f"{note}: the year was filled into {filled.database or 'SQLite files'}; give the same "
                            "--database, or another folder")
        there = filled.plan
        if plan is not None and (replace(plan, days=there.days) != there or plan.days > there.days):
            raise YearError(f"{note}: the folder has {there.days} days of {there.calls} calls; ask for no more days "
                            "and as many calls, or give another folder")
        return filled

    async def refuse_tables(self, stores: Iterable[Store] = tuple(Store)) -> None:
        """Raises YearError: there are some."""
        for store in stores:
            async with self.open(store) as database, database.read() as connection:
                taken = set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))
            taken &= set(METADATA[store].tables)
            if taken:
                where = self.settings.database.url or self.home.database / f"{store.value}.sqlite"
                raise YearError(f"{where}: there are tables of the {store.value} already ({min(taken)} ...), and no "
                                "note says that it was filled to its end; give an empty database and folder")

    async def _fill(self, filled: Filled, store: Store, tell: Tell) -> Filled:
        progress = Progress(f"days of the {store.value}", filled.plan.days, tell)
        stints = filled.stints
        async with self.open(store) as database:
            if store is Store.LEDGER:
                stints = await fill(database, filled.plan, progress.reached)
            else:
                await fill_main(database, filled.plan, progress.reached)
        return replace(filled, stints=stints, seconds={**filled.seconds, store.value: round(progress.seconds, 1)})


def year_site(folder: Path, url: str | None, queues: tuple[str, ...]) -> YearSite:
    settings = Settings(queues={name: Queue() for name in queues}, database=DatabaseSettings(url=url))
    return YearSite(YearHome(folder), settings)
