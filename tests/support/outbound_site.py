"""A site that calls people back, for tests: its settings, a clock that is set by hand, its tables."""

from dataclasses import dataclass
from typing import Any

from callqueue.callbacks.desk import CallbackDesk
from callqueue.outbound.calls import Outbound
from callqueue.outbound.model import CallbackRequest, Channel, OutboundCall
from callqueue.outbound.tables import DO_NOT_CALL, OUTBOUND_ATTEMPT, OUTBOUND_CALL
from callqueue.outbound.upkeep import Upkeep
from callqueue.outbound.worker import OutboundWorker
from foundation.database import MAIN, Database
from foundation.settings import Outbound as OutboundSettings
from foundation.settings import Queue, Settings

TABLES = [OUTBOUND_CALL, OUTBOUND_ATTEMPT, DO_NOT_CALL]
NOON_MS = 1_795_336_200_000
"""Sunday 2026-11-22, 12:00 in Tehran: a working day."""
MINUTE_MS = 60_000
CODES = {"21": "tehran", "44": "west-azerbaijan", "51": "razavi-khorasan"}


def site_settings(**outbound: Any) -> Settings:
    return Settings(
        queues={"operator": Queue(), "medical": Queue()}, outbound=OutboundSettings(**outbound),
    )


@dataclass
class Clock:
    ms: int = NOON_MS

    def __call__(self) -> int:
        return self.ms

    def forward(self, minutes: float) -> None:
        self.ms += int(minutes * MINUTE_MS)


@dataclass
class CallingSite:
    """Both faces and a worker on one store."""

    database: Database
    settings: Settings
    clock: Clock

    @property
    def desk(self) -> CallbackDesk:
        return CallbackDesk(self.database, self.settings, now_ms=self.clock, area_codes=CODES)

    @property
    def outbound(self) -> Outbound:
        return Outbound(self.database, self.settings, now_ms=self.clock, area_codes=CODES)

    def worker(self, name: str = "node") -> OutboundWorker:
        return OutboundWorker(self.database, self.settings, name, self.clock)

    def upkeep(self, name: str = "node") -> Upkeep:
        return Upkeep(self.database, self.settings, name, self.clock)

    async def promised(self, number: str = "09121234567", **more: Any) -> OutboundCall:
        return await self.desk.promise(request_of(number, **more))


def request_of(number: str = "09121234567", queue: str = "operator", **more: Any) -> CallbackRequest:
    return CallbackRequest(number, queue, "fa", more.pop("channel", Channel.MENU), **more)


async def make_tables(database: Database) -> None:
    async with database.write() as connection:
        await connection.run_sync(MAIN.create_all, tables=TABLES)


async def empty_tables(database: Database) -> None:
    async with database.write() as connection:
        for table in (OUTBOUND_ATTEMPT, OUTBOUND_CALL, DO_NOT_CALL):
            await connection.execute(table.delete())
