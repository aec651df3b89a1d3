"""What an agent's desk shows of his own plan, and what of it is near."""

from datetime import UTC, date, datetime

import pytest

from agent_softphone.desk.working_times import Coming, OwnTimes, own_times
from callqueue.work_plan.plan import Activity, PlanLine

WORK, BREAK, ABSENT = Activity.WORK, Activity.BREAK, Activity.ABSENT


def at(day: int, clock: str) -> int:
    hours, minutes = map(int, clock.split(":"))
    return int(datetime(2026, 11, day, hours, minutes, tzinfo=UTC).timestamp()) * 1000


def line(day: int, start: str, end: str, activity: Activity = WORK, reason: str = "") -> PlanLine:
    ends = at(day, end) if at(day, end) > at(day, start) else at(day + 1, end)
    return PlanLine("a101", date(2026, 11, day), at(day, start), ends, activity, reason)


PLAN = [
    line(21, "22:00", "06:00"), line(22, "14:00", "20:00"), line(22, "16:00", "16:30", BREAK, "lunch"),
    line(22, "18:00", "18:10", BREAK), line(24, "08:00", "16:00"), line(24, "08:00", "16:00", ABSENT),
    line(29, "08:00", "16:00"),
]


def seen(clock: str) -> OwnTimes:
    return own_times(PLAN, date(2026, 11, 22), at(22, clock))


def test_today_has_the_night_that_is_not_over_and_later_days_those_with_a_plan() -> None:
    assert seen("05:00").today == [PLAN[0], PLAN[1], PLAN[2], PLAN[3]]
    assert seen("06:00").today == PLAN[1:4]
    assert [(day.day, len(lines)) for day, lines in seen("05:00").later] == [(24, 2)], "seven days and no more"
    assert own_times([], date(2026, 11, 22), at(22, "05:00")) == OwnTimes([], [], None, None)


def test_what_holds_now_is_the_break_upon_the_work() -> None:
    assert [seen(clock).current for clock in ("05:59", "06:00", "14:00", "16:15", "16:30")] == [
        PLAN[0], None, PLAN[1], PLAN[2], PLAN[1]]


@pytest.mark.parametrize(("clock", "what", "comes", "reason"), [
    ("05:49", None, "", ""), ("05:50", Coming.END, "06:00", ""), ("06:00", None, "", ""), ("13:55", None, "", ""),
    ("15:50", Coming.BREAK, "16:00", "lunch"), ("15:59", Coming.BREAK, "16:00", "lunch"), ("16:25", None, "", ""),
    ("17:55", Coming.BREAK, "18:00", ""), ("19:51", Coming.END, "20:00", ""), ("20:00", None, "", ""),
])
def test_a_break_and_the_end_are_near_ten_minutes_before(
    clock: str, what: Coming | None, comes: str, reason: str,
) -> None:
    near = seen(clock).near
    assert (near and (near.what, near.at_ms, near.reason)) == (what and (what, at(22, comes), reason))


def test_before_an_absence_the_working_time_ends_and_in_it_nothing_is_near() -> None:
    lines = [line(22, "08:00", "16:00"), line(22, "12:00", "16:00", ABSENT), line(22, "14:00", "14:30", BREAK)]
    found = own_times(lines, date(2026, 11, 22), at(22, "11:55")).near
    assert found
    assert (found.what, found.at_ms) == (Coming.END, at(22, "12:00"))
    assert own_times(lines, date(2026, 11, 22), at(22, "13:55")).near is None
