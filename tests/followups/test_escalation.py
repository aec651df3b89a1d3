from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from followups.cases.case import Tier
from followups.deadlines.deadline import end_of
from followups.deadlines.escalation import EscalationRule, NoticeKind, Pending, next_notice, warning_at
from followups.deadlines.opening_hours import OpeningHours, UnitCalendar
from followups.deadlines.working_days import WorkingDays
from foundation.settings import Holidays

TEHRAN = ZoneInfo("Asia/Tehran")
DAYS = WorkingDays(Holidays(), date(2026, 11, 22))
OFFICE = UnitCalendar(OpeningHours(time(7, 30), time(14, 15), time(12, 30)), DAYS, TEHRAN)
RULE = EscalationRule()


NOW = datetime(2026, 11, 23, tzinfo=UTC)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TEHRAN)


def pending(tier: Tier, warned: bool, escalations: int) -> Pending:
    """From Sunday 22 November 2026, 10:00, due at the end of Wednesday the 25th."""
    return Pending(tier, local("2026-11-22T10:00"), end_of(date(2026, 11, 25), TEHRAN), warned, escalations)


# tier         warned  escalations   next          number  to             when, in Tehran
TABLE = """
agent          no      0             warning       0       agent          2026-11-24T07:30:00
agent          yes     0             escalation    1       specialist     2026-11-25T23:59:59
specialist     yes     1             escalation    2       province       2026-11-26T23:59:59
province       yes     2             escalation    3       headquarters   2026-11-28T23:59:59
headquarters   yes     3             none          -       -              -
headquarters   yes     0             none          -       -              -
province       yes     0             escalation    1       headquarters   2026-11-25T23:59:59
"""


@pytest.mark.parametrize("line", TABLE.strip().splitlines())
def test_the_next_notice_is_that_of_the_table(line: str) -> None:
    tier, warned, escalations, kind, number, to, when = line.split()
    found = next_notice(pending(Tier(tier), warned == "yes", int(escalations)), RULE, OFFICE, NOW)
    if kind == "none":
        assert found is None
        return
    assert found is not None
    assert (found.kind, found.number, found.tier) == (NoticeKind(kind), int(number), Tier(to))
    assert found.at.astimezone(TEHRAN).strftime("%Y-%m-%dT%H:%M:%S") == when


def test_a_case_that_nobody_was_warned_about_in_time_escalates_without_a_warning() -> None:
    """The line was down from before the warning until after the deadline."""
    late = datetime(2026, 11, 26, tzinfo=UTC)
    found = next_notice(pending(Tier.AGENT, warned=False, escalations=0), RULE, OFFICE, late)
    assert found is not None
    assert (found.kind, found.number, found.tier) == (NoticeKind.ESCALATION, 1, Tier.SPECIALIST)


@pytest.mark.parametrize(("starts", "last", "expected"), [
    ("2026-11-22T10:00", "2026-11-29", "2026-11-28T07:30"),  # a week: when the office opens the working day before
    ("2026-11-22T10:00", "2026-11-28", "2026-11-26T07:30"),  # due on a Saturday: Thursday
    ("2026-11-22T10:00", "2026-11-27", "2026-11-26T07:30"),  # due on a Friday: Thursday too
    ("2026-11-22T20:00", "2026-11-23", "2026-11-23T09:59"),  # a single day: half-way
])
def test_the_warning_comes_while_there_is_time_to_act(starts: str, last: str, expected: str) -> None:
    due = end_of(date.fromisoformat(last), TEHRAN)
    found = warning_at(local(starts), due, RULE, OFFICE).astimezone(TEHRAN)
    assert found.strftime("%Y-%m-%dT%H:%M") == expected


def test_a_site_may_warn_earlier_and_escalate_more_slowly() -> None:
    slow = EscalationRule(warn_days=2, every_days=2)
    assert warning_at(local("2026-11-10T10:00"), end_of(date(2026, 11, 25), TEHRAN), slow, OFFICE) == (
        local("2026-11-23T07:30"))
    found = next_notice(pending(Tier.SPECIALIST, warned=True, escalations=1), slow, OFFICE, NOW)
    assert found is not None
    assert found.at == end_of(date(2026, 11, 28), TEHRAN)


@given(st.datetimes(datetime(2024, 1, 1), datetime(2026, 9, 1), timezones=st.just(UTC)), st.integers(1, 14),  # noqa: DTZ001
       st.integers(1, 5))
@settings(max_examples=60)
def test_a_warning_lies_between_the_start_and_the_deadline(starts: datetime, length: int, warn_days: int) -> None:
    due = end_of(starts.astimezone(TEHRAN).date() + timedelta(days=length), TEHRAN)
    found = warning_at(starts, due, EscalationRule(warn_days), OFFICE)
    assert starts < found < due
