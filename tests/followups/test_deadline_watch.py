"""The service's look at deadlines: new settings, a new day, what the bus is shown."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from followups.cases.bus import Owed
from followups.cases.case import Deed
from followups.cases.store import events_of
from followups.deadlines.escalation import NoticeKind
from followups.deadlines.keeper import Given
from followups.service import DeadlineWatch, deadline_keeper
from tests.support.case_deadlines import at
from tests.support.case_site import SETTINGS, CaseSite, case_site
from tests.support.waiting import eventually


@dataclass
class SeenBus:
    """What would be on the bus."""

    owed: Mapping[str, Owed] = field(default_factory=dict)
    given: list[Given] = field(default_factory=list)

    def show(self, owed: Mapping[str, Owed], given: Sequence[tuple[Given, int]]) -> None:
        self.owed = owed
        self.given += [one for one, _ in given]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[CaseSite]:
    async with case_site(tmp_path) as made:
        made.home.settings_file.write_text(yaml.safe_dump(SETTINGS), encoding="utf-8")
        yield made


def watch(site: CaseSite, bus: SeenBus) -> DeadlineWatch:
    return DeadlineWatch(site.home, site.settings, site.database, bus, site.clock)  # type: ignore[arg-type]


async def test_what_is_owed_is_shown_and_notices_as_they_are_given(site: CaseSite) -> None:
    await site.opened(request_key="a")
    site.clock.now += 1000
    case, bus = await site.opened(subject="complaints", request_key="b"), SeenBus()
    keeper = deadline_keeper(site.home, site.settings, site.database, site.clock)
    await watch(site, bus).look(keeper)
    assert bus.owed["insured-desk"] == Owed(1, 0, at("2026-11-25T23:59:59"))
    site.clock.now = at("2026-11-26T00:00:01")
    await watch(site, bus).look(keeper)
    assert {unit: (one.cases, one.overdue) for unit, one in bus.owed.items()} == {
        "general-yazd": (1, 1), "public-desk": (1, 0)}
    assert [(one.notice.kind, one.unit) for one in bus.given] == [(NoticeKind.ESCALATION, "general-yazd")]
    assert bus.owed["public-desk"].next_due_ms == case.due_ms


async def test_new_settings_reckon_open_deadlines_at_once(site: CaseSite) -> None:
    case = await site.opened(subject="complaints")
    watching = watch(site, SeenBus())
    task = asyncio.create_task(watching.run())
    closed = {"holidays": {"closures": [{"first": "2026-11-30", "last": "2026-11-30"}]}}
    site.home.settings_file.write_text(yaml.safe_dump({**SETTINGS, **closed}), encoding="utf-8")
    watching.on_new_settings()

    async def moved() -> bool:
        async with site.database.read() as connection:
            return any(event.deed is Deed.DUE_SET for event in await events_of(connection, case.code))

    try:
        await eventually(moved, "the deadline has moved")
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_wrong_settings_are_refused_and_the_present_ones_stay(site: CaseSite) -> None:
    watching = watch(site, SeenBus())
    site.home.settings_file.write_text("queues: [", encoding="utf-8")
    watching.on_new_settings()
    assert watching.settings is site.settings


async def test_a_day_that_has_become_certain_makes_deadlines_firm(site: CaseSite) -> None:
    """Mab'ath of 1448 is computed for 6 January 2027; on the 8th it is known how it was."""
    site.clock.now = at("2027-01-03T10:00")
    case, watching = await site.opened(subject="complaints"), watch(site, SeenBus())
    keeper = deadline_keeper(site.home, site.settings, site.database, site.clock)
    await watching.look(keeper)
    assert case.due_provisional
    site.clock.now = at("2027-01-08T00:00:30")
    await watching.look(deadline_keeper(site.home, site.settings, site.database, site.clock))
    async with site.database.read() as connection:
        deeds = [event.deed for event in await events_of(connection, case.code)]
    assert deeds == [Deed.OPENED, Deed.DUE_SET]
