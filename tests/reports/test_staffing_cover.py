"""Agents planned beside agents needed: whoever works in a quarter of an hour counts for as much of it as he works."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callqueue.work_plan.plan import Activity, PlanLine
from foundation.calendars import Interval
from foundation.settings import Agent
from reports.staffing.cover import cover, cover_sums, presence, serving, shrinkage_left, unplanned_days
from reports.staffing.erlang import Standing
from reports.staffing.forecast import Expectation
from reports.staffing.history import DayClass
from reports.staffing.need import TARGETS, Assumptions
from reports.staffing.notes import Ahead
from reports.staffing.plan import Choice, Need
from reports.staffing.reckoning import Quarter, Reckoning

DAY = date(2026, 11, 22)
MIDNIGHT = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp())
WHOLE = Interval(MIDNIGHT, MIDNIGHT + 86_400)


def line(start: int, end: int, activity: Activity = Activity.WORK, agent: str = "a101", day: int = 0) -> PlanLine:
    """Of minutes since midnight."""
    at = MIDNIGHT + day * 86_400
    return PlanLine(agent, DAY + timedelta(days=day), (at + start * 60) * 1000, (at + end * 60) * 1000, activity)


def of_clock(clock: str) -> int:
    hours, minutes = map(int, clock.split(":"))
    return MIDNIGHT + hours * 3600 + minutes * 60


def test_breaks_and_absences_do_not_count_and_parts_of_a_quarter_count_as_parts() -> None:
    found = presence([
        line(480, 960), line(720, 750, Activity.BREAK), line(605, 610, Activity.BREAK),
        line(480, 960, agent="a102"), line(480, 960, Activity.ABSENT, "a102"),
        line(500, 1320, agent="a103"),
    ], WHOLE)
    wanted = {"07:45": 0, "08:00": 1, "08:15": 1 + 2 / 3, "08:30": 2, "10:00": 2 - 1 / 3, "12:00": 1, "12:15": 1,
              "12:30": 2, "15:45": 2, "16:00": 1, "21:45": 1, "22:00": 0}
    assert {clock: found.working.get(of_clock(clock), 0) for clock in wanted} == pytest.approx(wanted)
    assert found.away == pytest.approx((35 + 480) / (480 + 480 + 820))
    assert found.days == {DAY}


SPANS = st.tuples(st.integers(-600, 2000), st.integers(1, 700), st.sampled_from(list(Activity)),
                  st.sampled_from(["a101", "a102"]))


@given(st.lists(SPANS, max_size=6))
@settings(max_examples=20, deadline=None)
def test_every_minute_is_counted_as_a_minute_by_minute_count_does(spans: list[tuple[int, int, Activity, str]]) -> None:
    lines = [line(start, start + length, activity, agent) for start, length, activity, agent in spans]
    found, minutes = presence(lines, WHOLE), 0
    for minute in range(0, 1440, 15):
        at_work = 0
        for each in range(minute, minute + 15):
            at = (MIDNIGHT + each * 60) * 1000
            for agent in ("a101", "a102"):
                now = {one.activity for one in lines if one.agent == agent and one.start_ms <= at < one.end_ms}
                at_work += now == {Activity.WORK}
        minutes += at_work
        assert found.working.get(MIDNIGHT + minute * 60, 0) == pytest.approx(at_work / 15)
    assert sum(found.working.values()) * 15 == pytest.approx(minutes)


def test_what_is_in_the_plan_already_is_not_asked_for_twice() -> None:
    assert shrinkage_left(0.3, 0) == 0.3
    assert shrinkage_left(0.3, 0.3) == shrinkage_left(0.3, 1) == 0
    # Of 100 paid hours 70 are at the queue, 80 are planned as work: an eighth of those is still expected to be missing.
    assert shrinkage_left(0.3, 0.2) == pytest.approx(1 / 8)


def reckoned(agents: int, days: int = 1, shrinkage: float = 0.0) -> Reckoning:
    """So many agents are needed for each target in each quarter of an hour."""
    standing = Standing(agents, 0.8, 5.0, 0.8, 0.0)
    needs = [Need(target, standing, None, standing, agents, 0.0) for target in TARGETS]
    starts = range(MIDNIGHT, MIDNIGHT + days * 86_400, 900)
    quarters = [Quarter(start, DayClass.ORDINARY, Expectation(9, 5, 13)) for start in starts]
    return Reckoning(Ahead(DAY, days), Assumptions(240, None, shrinkage), Choice.ERLANG_C, False, quarters,
                     [9.0] * len(quarters), [needs] * len(quarters))


def test_a_surplus_at_one_time_makes_up_for_no_lack_at_another() -> None:
    lines = [line(0, 720), line(0, 720, agent="a102"), line(0, 720, agent="a103"), line(720, 1440, agent="a104")]
    covered = cover(reckoned(2), presence(lines, WHOLE), ZoneInfo("UTC"))
    total = cover_sums(covered, TARGETS)[0]
    assert (total.planned_hours, total.needed_hours) == (48, 48)
    assert (total.lacking_hours, total.surplus_hours, total.lacking_quarters) == (12, 12, 48)
    first, last = covered[0].beside[0], covered[-1].beside[2]
    assert (first.lack, first.surplus, last.lack, last.surplus) == (0, 1, 1, 0)


def test_a_day_without_a_plan_has_no_lack_but_is_named() -> None:
    interval = Interval(MIDNIGHT, MIDNIGHT + 2 * 86_400)
    # A night that began on the day before the second one is no plan of that day.
    covered = cover(reckoned(2, days=2), presence([line(1320, 1800)], interval), ZoneInfo("UTC"))
    assert {each.planned is None for each in covered[96:]} == {True}
    assert {each.beside[0].lack for each in covered[96:]} == {None}
    assert unplanned_days(covered, ZoneInfo("UTC")) == [DAY + timedelta(days=1)]
    assert cover_sums(covered, TARGETS)[1].lacking_hours == 46
    assert unplanned_days(cover(reckoned(0, days=2), presence([], interval), ZoneInfo("UTC")), ZoneInfo("UTC")) == []


def test_shrinkage_that_the_plan_has_not_is_needed_too() -> None:
    lines = [line(0, 1440), line(0, 288, Activity.BREAK)]
    covered = cover(reckoned(7, shrinkage=0.3), presence(lines, WHOLE), ZoneInfo("UTC"))
    assert covered[0].beside[0].needed == 8  # 7 ÷ (1 − 1/8)


def test_only_who_serves_the_queues_counts() -> None:
    agents = {"a1": Agent(queues={"operator": 0}), "a2": Agent(queues={"operator": 0, "pensions": 0}),
              "a3": Agent(queues={"taxes": 0})}
    assert serving(agents, ()) == {"a1", "a2", "a3"}
    assert serving(agents, ("pensions",)) == {"a2"}
    assert serving(agents, ("pensions", "taxes")) == {"a2", "a3"}
