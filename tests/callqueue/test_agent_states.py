"""Agents' sessions as tables of deeds and conversations in; what they did, moment by moment, out."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callqueue.cel.conversations import Kind, Rung, Talk
from callqueue.ledger.evidence import AgentDeed, AgentEvent, Mark, Marker, Ring
from callqueue.metrics.agent_states import (
    AgentDay,
    AgentDoing,
    Timesheet,
    agent_day,
    stretches_of,
    talks_of,
    timesheets,
)
from callqueue.metrics.agent_time import Condition, Period, agent_periods
from foundation.calendars import Interval
from tests.support.stint_tables import instant, stints_of

SECOND = 1000


def events_of(table: str) -> list[AgentEvent]:
    """Lines of `when agent deed [queue|-] [reason] [@journal]`."""
    found = []
    for line in table.strip().splitlines():
        words = line.split()
        journal = next((word[1:] for word in words if word.startswith("@")), "")
        at, agent, deed, *rest = [word for word in words if not word.startswith("@")]
        queue, reason = [None if word == "-" else word for word in [*rest, "-", "-"][:2]]
        found.append(AgentEvent(instant(at), agent, AgentDeed(deed), queue, reason, journal=journal))
    return found


def talk(agent: str, kind: str, start: str, end: str, *holds: tuple[str, str], channel: str = "x1") -> Talk:
    spans = tuple((instant(a) * SECOND, instant(b) * SECOND) for a, b in holds)
    return Talk(agent, channel, "c1", Kind(kind), instant(start) * SECOND, instant(end) * SECOND, holds=spans)


def sheets_of(
    events: str, *talks: Talk, until: str = "18:00:00", markers: tuple[Marker, ...] = (), rung: tuple[Rung, ...] = (),
    missed: tuple[Ring, ...] = (),
) -> dict[str, Timesheet]:
    return timesheets(agent_periods(events_of(events), markers, instant(until)), talks, rung, missed)


def between(start: str, end: str) -> Interval:
    return Interval(instant(start), instant(end))


def day_of(sheet: Timesheet, interval: Interval) -> AgentDay:
    (counts,) = sheet.count([interval])
    return agent_day(counts)


def parts(day: AgentDay) -> dict[str, float]:
    names = ("ready", "ringing", "talk_time", "hold_time", "consultation", "wrap_up_time", "paused")
    return {name: value for name in names if (value := getattr(day, name))}


DAY = """
    08:00:00 a101 login
    08:00:00 a101 added q
    09:05:00 a101 pause q wrap-up
    09:06:00 a101 unpause q
    10:00:00 a101 pause q lunch
    10:30:00 a101 pause q training
    11:00:00 a101 unpause q
    12:00:00 a101 removed q
    12:00:00 a101 logout
"""
CALL = talk("a101", "direct", "09:00:00", "09:05:00", ("09:01:00", "09:02:00"))
CONSULT = talk("a101", "consultation", "09:01:30", "09:01:50", channel="y1")


def test_a_day_is_cut_into_what_the_agent_did() -> None:
    ring = Rung("a101", instant("08:59:50") * SECOND, instant("09:00:00") * SECOND)
    day = day_of(sheets_of(DAY, CALL, CONSULT, rung=(ring,))["a101"], between("00:00:00", "23:59:59"))
    assert parts(day) == {
        "ready": 4 * 3600 - 10 - 300 - 60 - 3600, "ringing": 10, "talk_time": 240, "hold_time": 40, "consultation": 20,
        "wrap_up_time": 60, "paused": 3600,
    }
    assert day.pauses == {"lunch": 1800, "training": 1800}
    assert (day.logged_in, day.conversations, day.agent_aht) == (4 * 3600, 1, 340)
    assert day.agent_occupancy == 360 / (3 * 3600)
    assert day.sums_up


def test_a_conversation_during_a_pause_is_work_and_not_pause() -> None:
    sheet = sheets_of(DAY, talk("a101", "transfer", "10:10:00", "10:20:00"))["a101"]
    day = day_of(sheet, between("10:00:00", "11:00:00"))
    assert (day.talk_time, day.paused, day.pauses) == (600, 3000, {"lunch": 1200, "training": 1800})


def test_midnight_cuts_and_loses_nothing() -> None:
    events = """
        20:00:00 a101 login
        23:50:00 a101 pause - lunch
        +1d00:20:00 a101 unpause
        +1d04:00:00 a101 logout
    """
    night = talk("a101", "direct", "23:30:00", "+1d00:10:00", ("23:59:00", "+1d00:01:00"))
    sheet = sheets_of(events, night, until="+1d12:00:00")["a101"]
    days = [between("00:00:00", "+1d00:00:00"), between("+1d00:00:00", "+1d12:00:00")]
    before, after = map(agent_day, sheet.count(days))
    assert parts(before) == {"ready": 3.5 * 3600, "talk_time": 29 * 60, "hold_time": 60}
    assert parts(after) == {"ready": 3600 * 4 - 1200, "talk_time": 540, "hold_time": 60, "paused": 600}
    assert (before.conversations, after.conversations) == (1, 0)
    assert before.logged_in + after.logged_in == 8 * 3600


def test_a_restart_ends_the_session_and_the_restored_agent_begins_anew() -> None:
    events = """
        08:00:00 a101 login @site
        09:00:20 a101 restored @site
        10:00:00 a101 logout @site
    """
    starts = (Marker(instant("09:00:00"), Mark.START, journal="site"),)
    day = day_of(sheets_of(events, markers=starts)["a101"], between("08:00:00", "11:00:00"))
    assert day.logged_in == 2 * 3600 - 20


def test_a_restart_of_another_asterisk_changes_nothing_here() -> None:
    starts = (Marker(instant("09:00:00"), Mark.START, journal="imported"),)
    events = "08:00:00 a101 login @site\n08:00:00 old7 added q @imported\n08:30:00 a101 pause q break @imported"
    found = sheets_of(events, until="10:00:00", markers=starts)
    assert parts(day_of(found["a101"], between("08:00:00", "10:00:00"))) == {"ready": 7200}
    assert day_of(found["old7"], between("08:00:00", "10:00:00")).logged_in == 3600


def test_two_asterisks_with_an_agent_of_one_name_count_the_time_once() -> None:
    events = "08:00:00 a101 login @site\n08:30:00 a101 login @other\n08:30:00 a101 pause - lunch @other"
    day = day_of(sheets_of(events, until="09:00:00")["a101"], between("08:00:00", "09:00:00"))
    assert (day.logged_in, day.sums_up) == (3600, True)


def test_what_goes_on_after_log_out_is_left_out() -> None:
    sheet = sheets_of(DAY, talk("a101", "direct", "11:55:00", "12:10:00"))["a101"]
    day = day_of(sheet, between("11:00:00", "13:00:00"))
    assert (day.talk_time, day.logged_in) == (300, 3600)


def test_rings_not_picked_up_are_counted() -> None:
    missed = tuple(Ring(instant(at), "q", "a101", "c", 15000) for at in ("08:10:00", "08:20:00", "09:00:00"))
    assert day_of(sheets_of(DAY, missed=missed)["a101"], between("08:00:00", "09:00:00")).rings_unanswered == 2


def test_a_stint_that_cel_does_not_know_counts_by_the_journal_and_none_twice() -> None:
    stints = stints_of("""
        c1 ch1 q direct 09:00:00 answered wait=0 talk=60 agent_channel_id=x1
        c2 ch2 q direct 09:10:00 answered wait=0 talk=30 agent_channel_id=x2
        c3 ch3 q direct 09:20:00 answered wait=0 talk=0 spoke=no
    """)
    known = talk("a101", "direct", "09:00:00", "09:01:00")
    assert [(each.start // SECOND, each.call_id) for each in talks_of(stints, [known], instant("10:00:00"))] == [
        (instant("09:00:00"), "c1"), (instant("09:10:00"), "c2"),
    ]


SPANS = st.tuples(st.integers(0, 5000), st.integers(1, 3000)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def _talk(span: tuple[int, int], kind: Kind, held: int) -> Talk:
    hold = (span[0], min(span[0] + held, span[1]))
    return Talk("a", "x", "c", kind, span[0], span[1], holds=(hold,))


def _period(span: tuple[int, int], condition: Condition) -> Period:
    reason = "lunch" if condition is Condition.PAUSED else None
    return Period(span[0] // 1000, span[0] // 1000 + 1 + span[1] // 1000, condition, frozenset(), reason)


TALKS = st.builds(_talk, SPANS, st.sampled_from(Kind), st.integers(0, 500))
PERIODS = st.builds(_period, SPANS, st.sampled_from(Condition))


@given(st.lists(PERIODS, max_size=6), st.lists(TALKS, max_size=6), st.integers(0, 9))
def test_the_parts_sum_to_the_time_logged_in_whatever_happens(
    periods: list[Period], talks: list[Talk], cut: int,
) -> None:
    sheet = Timesheet(periods, talks, [], [])
    whole, first, second = (day_of(sheet, Interval(*edges)) for edges in ((0, 20), (0, cut), (cut, 20)))
    logged_in = len({ms for each in periods for ms in range(each.start * 1000, each.end * 1000, 1000)})
    assert whole.sums_up
    assert first.sums_up
    assert second.sums_up
    assert round(whole.logged_in * 1000) == logged_in * 1000
    assert timedelta(seconds=first.logged_in) + timedelta(seconds=second.logged_in) == timedelta(
        seconds=whole.logged_in)


def test_stretches_follow_each_other_without_overlap() -> None:
    session = Period(0, 100, Condition.READY, frozenset())
    found = stretches_of([session], [Talk("a", "x", "c", Kind.DIRECT, 5000, 9000)], [])
    assert [(each.start, each.end, each.doing) for each in found] == [
        (0, 5000, AgentDoing.READY), (5000, 9000, AgentDoing.TALK), (9000, 100_000, AgentDoing.READY),
    ]


@pytest.mark.parametrize("deed", ["logout", "removed"])
def test_nobody_who_left_is_logged_in(deed: str) -> None:
    found = sheets_of(f"08:00:00 a101 added q\n09:00:00 a101 {deed} q")
    assert day_of(found["a101"], between("08:00:00", "10:00:00")).logged_in == 3600


def test_a_caller_who_comes_back_in_the_same_call_is_no_further_conversation() -> None:
    before = talk("a101", "direct", "09:00:00", "09:02:00")
    after = talk("a101", "transfer", "09:02:10", "09:05:00", channel="x2")
    sheet = sheets_of("08:00:00 a101 login\n08:00:00 a101 added q", before, after)["a101"]
    day = day_of(sheet, between("08:00:00", "12:00:00"))
    assert (day.conversations, day.talk_time) == (1, 290)
    again = talk("a101", "direct", "10:00:00", "10:01:00", channel="x3")
    sheet = sheets_of("08:00:00 a101 login\n08:00:00 a101 added q", before, after, again)["a101"]
    assert day_of(sheet, between("08:00:00", "12:00:00")).conversations == 2
