"""The week by hour: sums over all such hours, and the agents that the mean of them needs."""

from math import exp, factorial
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from foundation.calendars import Calendar, Step
from foundation.database import LEDGER, Database, Store, store_url
from foundation.paths import Home
from foundation.settings import Queue, Settings, Site
from reports.catalog import find_report
from reports.frame.report import Context, make_sheet
from reports.frame.tables import report_texts
from reports.queues.intervals_sheet import GOAL, agents_needed
from tests.support.report_site import DAY, PlayedCall, busy_days, tell_journal
from tests.support.stores import make_tables


@given(st.floats(0.1, 200), st.floats(20, 400), st.integers(5, 60))
def test_agents_needed_are_the_fewest_by_the_formula_itself(calls: float, aht: float, threshold: int) -> None:
    load = calls * aht / 3600

    def answered_in_time(agents: int) -> float:
        if agents <= load:
            return 0.0
        last = load**agents / factorial(agents) * agents / (agents - load)
        waits = last / (sum(load**n / factorial(n) for n in range(agents)) + last)
        return 1 - waits * exp(-(agents - load) * threshold / aht)

    found = agents_needed(calls, aht, threshold)
    assert found is not None
    assert answered_in_time(found) >= GOAL - 1e-9
    assert found == 1 or answered_in_time(found - 1) < GOAL + 1e-9


def test_where_nobody_spoke_nobody_knows_how_many_are_needed() -> None:
    assert (agents_needed(3, None, 20), agents_needed(0, None, 20)) == (None, 0)


async def test_every_hour_of_the_week_is_the_sum_of_its_hours(tmp_path: Path) -> None:
    site = Settings(site=Site(timezone="UTC"), queues={"operator": Queue(), "pensions": Queue()})
    home = Home(tmp_path)
    home.make()
    calls = busy_days(13, ("operator", "pensions"))
    ledger = Database(store_url(home, site, Store.LEDGER))
    await make_tables(ledger, LEDGER)
    await tell_journal(ledger, tmp_path / "log", calls)
    await ledger.close()
    context = Context(home, site, report_texts("en"), DAY + 2 * 86_400)
    report = find_report("intervals")
    asked = [("from", "2026-11-09"), ("to", "2026-11-23"), ("step", Step.DAY.value),
             ("calendar", Calendar.JALALI.value)]
    sheet = await make_sheet(report, context, report.read(asked, context))
    [week] = [section for section in sheet.sections if section.name == "week"]
    found = {(row.cells["weekday"], row.cells["hour"]): row.cells for row in week.rows}
    assert [row.cells["weekday"] for row in week.rows][::24] == ["5", "6", "0", "1", "2", "3", "4"]
    for (weekday, hour), cells in found.items():
        inside = [call for call in calls if _place(call) == (int(str(weekday)), int(str(hour)))]
        assert cells["offered"] == len(inside)
        assert (cells["agents_needed"] == 0) == (not inside)
        counted = [call for call in inside if call.outcome != "callback"
                   and not (call.outcome == "abandoned" and call.wait < 5)]
        level = cells["service_level"]
        in_time = sum(call.outcome == "answered" and call.wait <= 20 for call in counted)
        assert level == (in_time / len(counted) if counted else None)


def _place(call: PlayedCall) -> tuple[int, int]:
    days, seconds = divmod(call.at, 86_400)
    return (days + 3) % 7, seconds // 3600
