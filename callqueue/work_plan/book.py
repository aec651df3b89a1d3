"""The plan of working times as it is kept: imported by whole days, read, removed; each change is in the audit log."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, delete, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from callqueue.work_plan.file import WrittenLine
from callqueue.work_plan.plan import Activity, PlanLine, collisions
from callqueue.work_plan.refusals import NothingPlannedError, PlanFault, WrongPlanFileError
from callqueue.work_plan.tables import WORK_PLAN
from foundation.web.audit_log import Act, record

LONGEST_MS = 26 * 3_600_000
"""A line lasts a day at most; one on which clocks are put back has 25 hours."""
AT_ONCE = 400
"""Days, in one statement: databases bound its parameters."""
Day = tuple[str, date]
"""An agent and a day."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import has done."""

    lines: int
    days: int
    """Of agents: two agents' Monday are two."""
    replaced: int
    """Days that had another plan before."""
    unchanged: int
    """Days that had this very plan; they keep the moment at which it came."""


@dataclass(frozen=True, slots=True)
class KeptLine:
    plan: PlanLine
    imported_ms: int

    @property
    def afterwards(self) -> bool:
        """Whether it was imported when it had begun already."""
        return self.imported_ms > self.plan.start_ms


@dataclass(frozen=True, slots=True)
class PlannedDays:
    """Which days are asked for, both ends among them; no agents: all."""

    first: date
    last: date
    agents: tuple[str, ...] = ()


async def import_plan(
    connection: AsyncConnection, lines: Sequence[WrittenLine], now_ms: int, who: str, file: str = "",
) -> Imported:
    """Take a plan in; of each agent, every day that the file has a line of is replaced by what the file has of it.

    Raises:
        WrongPlanFileError: a line lies upon one of a day that stays; nothing has changed.
    """
    new = _by_day(each.plan for each in lines)
    first, last = (edge(day for _, day in new) for edge in (min, max))
    agents = tuple(sorted({agent for agent, _ in new}))
    kept = _by_day(each.plan for each in await read_days(connection, PlannedDays(first, last, agents)))
    await _refuse_collisions(connection, lines, new.keys())
    changed = sorted(day for day in new if new[day] != kept.get(day))
    for part in _parts(changed):
        await connection.execute(delete(WORK_PLAN).where(_of_days(part)))
    if changed:
        values = [_values(line, now_ms) for day in changed for line in sorted(new[day])]
        await connection.execute(insert(WORK_PLAN), values)
    done = Imported(len(lines), len(new), len(kept.keys() & set(changed)), len(new) - len(changed))
    await record(connection, Act(who, "work-plan.imported", f"{first}..{last}", {
        "agents": agents, "file": file, **asdict(done)}), now_ms)
    return done


async def remove_plan(connection: AsyncConnection, days: PlannedDays, now_ms: int, who: str) -> int:
    """Take these days out of the plan; how many days of agents had one.

    Raises:
        NothingPlannedError
    """
    found = {(each.plan.agent, each.plan.day) for each in await read_days(connection, days)}
    if not found:
        raise NothingPlannedError(agents=", ".join(days.agents) or "–", first=days.first.isoformat(),
                                  last=days.last.isoformat())
    for part in _parts(sorted(found)):
        await connection.execute(delete(WORK_PLAN).where(_of_days(part)))
    detail = {"agents": sorted({agent for agent, _ in found}), "days": len(found)}
    await record(connection, Act(who, "work-plan.removed", f"{days.first}..{days.last}", detail), now_ms)
    return len(found)


async def read_days(connection: AsyncConnection, days: PlannedDays) -> list[KeptLine]:
    """The plan of these days, by agent and time."""
    query = select(WORK_PLAN).where(WORK_PLAN.c.day.between(days.first, days.last))
    return await _read(connection, query, days.agents)


async def read_time(
    connection: AsyncConnection, start_ms: int, end_ms: int, agents: Collection[str] = (),
) -> list[KeptLine]:
    """Every line of which any part lies in this time, by agent and time; no agents: all."""
    query = select(WORK_PLAN).where(
        WORK_PLAN.c.start_ms < end_ms, WORK_PLAN.c.start_ms > start_ms - LONGEST_MS, WORK_PLAN.c.end_ms > start_ms)
    return await _read(connection, query, agents)


async def _read(connection: AsyncConnection, query: Select[Any], agents: Collection[str]) -> list[KeptLine]:
    if agents:
        query = query.where(WORK_PLAN.c.agent.in_(agents))
    rows = await connection.execute(query.order_by(WORK_PLAN.c.agent, WORK_PLAN.c.start_ms, WORK_PLAN.c.activity))
    return [KeptLine(PlanLine(row.agent, row.day, row.start_ms, row.end_ms, Activity(row.activity), row.reason),
                     row.imported_ms) for row in rows]


async def _refuse_collisions(
    connection: AsyncConnection, lines: Sequence[WrittenLine], replaced: Collection[Day],
) -> None:
    """Only nights reach into another day, so what stays can only be met at the edges of what comes."""
    start, end = min(each.plan.start_ms for each in lines), max(each.plan.end_ms for each in lines)
    there = await read_time(connection, start, end, {each.plan.agent for each in lines})
    staying = [each.plan for each in there if (each.plan.agent, each.plan.day) not in replaced]
    numbers = {each.plan: each.number for each in lines}
    faults = []
    for pair in collisions([*staying, *numbers]):
        new = next(each for each in pair if each in numbers)
        old = next(each for each in pair if each is not new)
        faults.append(PlanFault("overlap-kept", numbers[new], "from", values={
            "day": old.day.isoformat(), "agent": old.agent, "activity": old.activity.value}))
    if faults:
        raise WrongPlanFileError(faults)


def _by_day(lines: Iterable[PlanLine]) -> dict[Day, frozenset[PlanLine]]:
    found: defaultdict[Day, set[PlanLine]] = defaultdict(set)
    for line in lines:
        found[line.agent, line.day].add(line)
    return {day: frozenset(each) for day, each in found.items()}


def _of_days(days: Sequence[Day]) -> Any:
    return tuple_(WORK_PLAN.c.agent, WORK_PLAN.c.day).in_(days)


def _parts(days: Sequence[Day]) -> Iterable[Sequence[Day]]:
    return (days[start:start + AT_ONCE] for start in range(0, len(days), AT_ONCE))


def _values(plan: PlanLine, now_ms: int) -> dict[str, object]:
    return {"agent": plan.agent, "start_ms": plan.start_ms, "activity": plan.activity.value, "end_ms": plan.end_ms,
            "day": plan.day, "reason": plan.reason, "imported_ms": now_ms}
