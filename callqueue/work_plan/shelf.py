"""Days of the plan of working times as things that are kept for a time, and which days have gone by that."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.work_plan.tables import WORK_PLAN
from foundation.calendars import day_start
from foundation.settings import Kept
from foundation.web.tables import audit
from recordings.keeping.keeping import ACTION, Thing

PREFIX = "work_plan:"
PAGE = 200
DAY = timedelta(days=1)
BEGINNINGS = 2
"""Days before a time whose nights may reach into it."""


@dataclass(frozen=True, slots=True)
class RemovedDay:
    """A day whose plan was deleted because its time was over."""

    day: date
    start_ms: int
    end_ms: int
    """When the last of what was planned for it ended, and the day itself had."""


@dataclass(frozen=True, slots=True)
class PlanShelf:
    """What was planned for a day, of all agents; its time counts from the end of the day's last shift."""

    kind: Kept = "work_plan"

    async def older(self, connection: AsyncConnection, before_ms: int, after: tuple[int, str]) -> Sequence[Thing]:
        ended = func.max(WORK_PLAN.c.end_ms)
        query = select(WORK_PLAN.c.day, ended).group_by(WORK_PLAN.c.day).having(ended < before_ms)
        found = [self._thing(day, end) for day, end in await connection.execute(query)]
        return sorted((each for each in found if (each.at_ms, each.id) > after), key=_order)[:PAGE]

    async def find(self, connection: AsyncConnection, thing_id: str) -> Thing | None:
        query = select(func.max(WORK_PLAN.c.end_ms)).where(WORK_PLAN.c.day == _day(thing_id))
        end = (await connection.execute(query)).scalar()
        return None if end is None else self._thing(_day(thing_id), end)

    async def remove_files(self, thing: Thing) -> None:
        """It has none."""

    async def remove_rows(self, connection: AsyncConnection, thing: Thing, now_ms: int) -> None:  # noqa: ARG002
        await connection.execute(delete(WORK_PLAN).where(WORK_PLAN.c.day == _day(thing.id)))

    def _thing(self, day: date, end_ms: int) -> Thing:
        return Thing(self.kind, f"{PREFIX}{day.isoformat()}", end_ms)


def _order(thing: Thing) -> tuple[int, str]:
    return thing.at_ms, thing.id


def _day(thing_id: str) -> date:
    return date.fromisoformat(thing_id.removeprefix(PREFIX))


async def removed_days(connection: AsyncConnection, first: date, last: date, zone: ZoneInfo) -> list[RemovedDay]:
    """Of the days from `first` to `last`, and of those before whose nights reach into them: by the certificates of
    their deletion. A day that was planned anew since then is none of them.
    """
    earliest, latest = (f"{PREFIX}{day.isoformat()}" for day in (first - BEGINNINGS * DAY, last))
    certificates = await connection.execute(select(audit.c.subject, audit.c.detail).where(
        audit.c.subject.between(earliest, latest), audit.c.action == ACTION))
    planned = set((await connection.execute(select(WORK_PLAN.c.day).where(
        WORK_PLAN.c.day.between(first - BEGINNINGS * DAY, last)).distinct())).scalars())
    start = _ms(first, zone)
    found = {
        day: max(_ms(day + DAY, zone), json.loads(detail)["from_ms"])
        for subject, detail in certificates if (day := _day(subject)) not in planned
    }
    return [RemovedDay(day, _ms(day, zone), end) for day, end in sorted(found.items()) if end > start]


def _ms(day: date, zone: ZoneInfo) -> int:
    return round(day_start(day, zone).timestamp() * 1000)


__all__ = ["PlanShelf", "RemovedDay", "removed_days"]
