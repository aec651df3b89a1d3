"""Gathers the facts that conditions ask for, at each question of a call."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import func, select

from foundation.database import Database
from foundation.days import Days
from foundation.provinces import load_provinces, province_of
from foundation.settings import Settings
from ivr.conditions import Facts
from ivr.menu.menu import Tree
from ivr.queue_load import QueueLoad
from ivr.tables import ivr_step

PATIENCE_SECONDS = 0.5
"""For the database: longer a caller does not wait for a condition."""
HOUR_MS = 3_600_000

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Witness:
    """What is known of the house; one for the whole service."""

    zone: ZoneInfo
    days: Days
    provinces: Mapping[str, str]
    load: QueueLoad
    now: Callable[[], float]

    @classmethod
    def of(cls, settings: Settings, load: QueueLoad, now: Callable[[], float]) -> "Witness":
        return cls(ZoneInfo(settings.site.timezone), Days(settings.holidays), load_provinces(), load, now)

    def province(self, caller: str) -> str | None:
        return province_of(caller, self.provinces)

    def facts(self, tree: Tree, caller: str, called: float | None = None) -> Facts:
        """What holds at this moment."""
        now = self.now()
        return Facts(
            datetime.fromtimestamp(now, self.zone), tree.hours, self.days.is_holiday, self.province(caller),
            lambda queue: self.load.wait(queue, now), called,
        )


def asks_for_history(tree: Tree) -> bool:
    """Whether any condition needs to know of a caller's earlier calls."""
    return any(condition.called_within_hours is not None for condition in tree.conditions)


async def hours_since_last_call(database: Database, caller: str, call_id: str, now: float) -> float | None:
    """Hours since this number called before; None: never, withheld, or the database did not say in time."""
    if not caller:
        return None
    query = select(func.max(ivr_step.c.at_ms)).where(ivr_step.c.caller == caller, ivr_step.c.call_id != call_id)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), database.read() as connection:
            last = (await connection.execute(query)).scalar_one()
    except Exception as error:  # noqa: BLE001 - drivers have errors of their own; a condition ends no call
        log.warning("earlier calls unknown", error=type(error).__name__)
        return None
    return None if last is None else max(0.0, (now * 1000 - int(last)) / HOUR_MS)
