"""What units owe, on the bus: one retained picture per unit, and one of the whole (docs/bus.md).

No tracking code is shown: with one, a caller hears the state of a case.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from followups.cases.lifecycle import WORK
from followups.cases.tables import CASE
from followups.deadlines.keeper import Given
from foundation.bus import ROOT, Broker, Picture, Publisher, instant
from foundation.settings import Settings

WHOLE = f"{ROOT}/followups"
UNITS = f"{WHOLE}/units/"


@dataclass(frozen=True, slots=True)
class Owed:
    """Of one unit."""

    cases: int
    overdue: int
    next_due_ms: int | None
    """The first deadline that has not passed."""


async def read_owed(connection: AsyncConnection, now_ms: int) -> dict[str, Owed]:
    """By unit; units that owe nothing are left out."""
    late = func.count().filter(CASE.c.due_ms < now_ms)
    first = func.min(CASE.c.due_ms).filter(CASE.c.due_ms >= now_ms)
    query = select(CASE.c.unit, func.count(), late, first).where(CASE.c.state.in_([state.value for state in WORK]))
    rows = (await connection.execute(query.group_by(CASE.c.unit))).all()
    return {unit: Owed(count, overdue, due) for unit, count, overdue, due in rows}


def case_publisher(settings: Settings) -> Publisher:
    """The publisher of this site's follow-ups; its last will says that nobody watches deadlines any more."""
    return Publisher(
        Broker(settings.ports.of("mqtt")), f"pasokh-{settings.site.name}-followups", prefixes=(UNITS,),
        last_will=(WHOLE, {"status": "blind", "cases": None, "overdue": None, "last_notice": None}),
    )


class CaseBus:
    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._last: Picture | None = None

    def show(self, owed: Mapping[str, Owed], given: Sequence[tuple[Given, int]]) -> None:
        """Pictures of all units; those that owe nothing any more are cleared. `given` has its moments in ms."""
        for one, at_ms in given:
            self._last = {"kind": one.notice.kind.value, "unit": one.unit, "from_unit": one.from_unit,
                          "tier": one.notice.tier.value, "given": instant(at_ms / 1000)}
        for unit, it in owed.items():
            due = None if it.next_due_ms is None else instant(it.next_due_ms / 1000)
            self._publisher.show(UNITS + unit, {"cases": it.cases, "overdue": it.overdue, "next_due": due})
        self._publisher.settle({UNITS + unit for unit in owed})
        self._publisher.show(WHOLE, {
            "status": "live", "cases": sum(it.cases for it in owed.values()),
            "overdue": sum(it.overdue for it in owed.values()), "last_notice": self._last,
        })
