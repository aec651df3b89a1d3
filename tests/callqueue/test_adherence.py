"""Adherence to a plan: plans and deeds as tables, one definition each; and against a recomputation second by second."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from callqueue.cel.conversations import Kind, Talk
from callqueue.ledger.evidence import AgentDeed, AgentEvent
from callqueue.metrics.adherence import AdherenceFigures, AdherenceSheet, together
from callqueue.metrics.agent_states import Timesheet, agent_day
from callqueue.metrics.agent_time import Condition, Period, agent_periods
from callqueue.work_plan.plan import Activity, PlanLine, collisions
from foundation.calendars import Interval, Step, split
from tests.support.stint_tables import instant

SECOND, HOUR = 1000, 3600
PLAN = """
    08:00:00 16:00:00 work
    12:00:00 12:30:00 break lunch
"""
AT_WORK = """
    08:00:00 login
    12:00:00 pause lunch
    12:30:00 unpause
    16:00:00 logout
"""
DAY = Interval(instant("00:00:00"), instant("+1d00:00:00"))


def plan_of(table: str) -> list[PlanLine]:
    """Lines of `from to activity [reason]`."""
    found = []
    for line in table.strip().splitlines():
        start, end, activity, *reason = line.split()
        found.append(PlanLine("a101", date(2026, 11, 22), instant(start) * SECOND, instant(end) * SECOND,
                              Activity(activity), *reason))
    return found


def timesheet_of(deeds: str, talks: Sequence[Talk] = (), until: str = "+1d00:00:00") -> Timesheet:
    """Lines of `when deed [reason]`."""
    events = [AgentEvent(instant(at), "a101", AgentDeed(deed), None, *reason) for at, deed, *reason in
              (line.split() for line in deeds.strip().splitlines())]
    return Timesheet(agent_periods(events, (), instant(until)).get("a101", ()), talks, (), ())


def figures_of(
    plan: str, deeds: str, *talks: Talk, within: Interval = DAY, until: str = "+1d00:00:00",
) -> AdherenceFigures:
    return AdherenceSheet(plan_of(plan), timesheet_of(deeds, talks, until).stretches).figures(within)


def told(figures: AdherenceFigures) -> dict[str, float]:
    """What is not nothing, in minutes, without the ratios."""
    names = ("in_adherence", "absent_when_planned", "paused_unplanned", "break_not_taken", "working_unplanned",
             "planned_absent")
    return {name: getattr(figures, name) / 60 for name in names if getattr(figures, name)}


def test_who_works_and_rests_as_planned_adheres_wholly() -> None:
    figures = figures_of(PLAN, AT_WORK)
    assert told(figures) == {"in_adherence": 480}
    assert (figures.planned, figures.planned_work, figures.worked) == (8 * HOUR, 7.5 * HOUR, 7.5 * HOUR)
    assert (figures.adherence, figures.conformance, figures.sums_up) == (1, 1, True)


def test_who_comes_late_and_goes_early_is_absent_when_planned() -> None:
    figures = figures_of(PLAN, AT_WORK.replace("08:00:00", "08:20:00").replace("16:00:00", "15:30:00"))
    assert told(figures) == {"in_adherence": 430, "absent_when_planned": 50}
    assert (figures.adherence, figures.conformance) == (430 / 480, 400 / 450)


def test_a_pause_in_planned_work_is_paused_unplanned() -> None:
    figures = figures_of(PLAN, AT_WORK.replace("12:00:00 pause", "11:50:00 pause"))
    assert told(figures) == {"in_adherence": 470, "paused_unplanned": 10}


def test_wrap_up_is_work() -> None:
    figures = figures_of(PLAN, AT_WORK + "    09:00:00 pause wrap-up\n    09:15:00 unpause\n")
    assert told(figures) == {"in_adherence": 480}


def test_working_through_a_break_is_a_break_not_taken_and_raises_conformance() -> None:
    figures = figures_of(PLAN, "08:00:00 login\n16:00:00 logout")
    assert told(figures) == {"in_adherence": 450, "break_not_taken": 30}
    assert (figures.adherence, figures.conformance) == (450 / 480, 480 / 450)


def test_a_call_that_runs_into_the_break_is_a_break_not_taken() -> None:
    call = Talk("a101", "x1", "c1", Kind.DIRECT, instant("11:55:00") * SECOND, instant("12:10:00") * SECOND)
    assert told(figures_of(PLAN, AT_WORK, call)) == {"in_adherence": 470, "break_not_taken": 10}


def test_a_break_may_be_spent_logged_out() -> None:
    out = AT_WORK.replace("12:00:00 pause lunch", "12:00:00 logout").replace("12:30:00 unpause", "12:30:00 login")
    assert told(figures_of(PLAN, out)) == {"in_adherence": 480}


def test_a_break_for_another_reason_than_planned_is_a_pause_that_is_not() -> None:
    other = AT_WORK.replace("pause lunch", "pause meeting")
    assert told(figures_of(PLAN, other)) == {"in_adherence": 450, "paused_unplanned": 30}
    assert told(figures_of(PLAN.replace("break lunch", "break"), other)) == {"in_adherence": 480}


def test_work_outside_the_plan_is_shown_and_earns_no_adherence() -> None:
    figures = figures_of(PLAN, AT_WORK.replace("08:00:00", "07:00:00").replace("16:00:00", "17:00:00"))
    assert told(figures) == {"in_adherence": 480, "working_unplanned": 120}
    assert (figures.adherence, figures.conformance) == (1, 9.5 / 7.5)


def test_a_pause_where_nothing_is_planned_is_neither_work_nor_a_fault() -> None:
    figures = figures_of(PLAN, AT_WORK.replace("16:00:00 logout", "16:00:00 pause prayer\n    16:20:00 logout"))
    assert told(figures) == {"in_adherence": 480}


def test_of_who_is_absent_by_plan_nothing_is_expected() -> None:
    ill = PLAN + "    08:00:00 16:00:00 absent\n"
    assert told(figures_of(ill, "")) == {"planned_absent": 480}
    assert told(figures_of(ill, AT_WORK)) == {"planned_absent": 480, "working_unplanned": 450}


def test_an_empty_denominator_gives_no_figure() -> None:
    nothing = figures_of("", AT_WORK)
    assert (nothing.adherence, nothing.conformance, told(nothing)) == (None, None, {"working_unplanned": 450})
    only_breaks = figures_of("12:00:00 12:30:00 break", AT_WORK)
    assert (only_breaks.adherence, only_breaks.conformance) == (1, None)
    assert figures_of("", "").empty
    assert together([]).adherence is None


def test_midnight_cuts_a_night_and_loses_nothing() -> None:
    plan, deeds = "22:00:00 +1d06:00:00 work", "22:30:00 login\n+1d05:00:00 logout"
    evening = figures_of(plan, deeds, until="+2d00:00:00")
    morning = figures_of(plan, deeds, until="+2d00:00:00", within=Interval(DAY.end, DAY.end + 24 * HOUR))
    assert told(evening) == {"in_adherence": 90, "absent_when_planned": 30}
    assert told(morning) == {"in_adherence": 300, "absent_when_planned": 60}
    assert together([evening, morning]).adherence == 390 / 480


def test_an_open_session_counts_up_to_now() -> None:
    now = Interval(DAY.start, instant("10:00:00"))
    figures = figures_of(PLAN, "08:30:00 login", until="10:00:00", within=now)
    assert told(figures) == {"in_adherence": 90, "absent_when_planned": 30}
    assert figures.planned == 2 * HOUR


def test_the_night_in_which_clocks_are_put_back_has_an_hour_more() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    start, end = (int(datetime(2026, 10, day, hour, tzinfo=berlin).timestamp()) for day, hour in ((24, 22), (25, 6)))
    line = PlanLine("a101", date(2026, 10, 24), start * SECOND, end * SECOND, Activity.WORK)
    sheet = AdherenceSheet([line], Timesheet([Period(start, end - HOUR, Condition.READY, frozenset())], (), (),
                                             ()).stretches)
    pieces = split(Interval(start, end), Step.HOUR, berlin)
    assert [sheet.figures(piece).planned for piece in pieces] == [HOUR] * 9
    assert told(sheet.figures(Interval(start, end))) == {"in_adherence": 480, "absent_when_planned": 60}
    assert datetime.fromtimestamp(pieces[4].start, UTC).hour == datetime.fromtimestamp(pieces[5].start, UTC).hour - 1


def test_one_activity_upon_itself_is_found_and_others_are_no_collision() -> None:
    lines = plan_of("""
        08:00:00 16:00:00 work
        12:00:00 12:30:00 break
        09:00:00 10:00:00 work
        15:00:00 18:00:00 work
        12:30:00 12:40:00 break
    """)
    assert [(first.start_ms, second.start_ms) for first, second in collisions(lines)] == [
        (lines[0].start_ms, lines[2].start_ms), (lines[0].start_ms, lines[3].start_ms)]


# -- against a recomputation that knows only the tables of METRICS: each second by itself

SPANS = st.tuples(st.integers(0, 60), st.integers(1, 25)).map(lambda pair: (pair[0], pair[0] + pair[1]))
REASONS = st.sampled_from(["", "lunch", "meeting"])
LINES = st.builds(
    lambda span, activity, reason: PlanLine(
        "a", date(2026, 1, 1), span[0] * SECOND, span[1] * SECOND, activity,
        reason if activity is Activity.BREAK else ""),
    SPANS, st.sampled_from(Activity), REASONS)
SESSIONS = st.lists(st.tuples(st.integers(0, 8), st.integers(1, 9), st.sampled_from(Condition), REASONS), max_size=8)


def sessions_of(drawn: Sequence[tuple[int, int, Condition, str]]) -> list[Period]:
    """One after the other, with gaps."""
    periods, at = [], 0
    for gap, length, condition, reason in drawn:
        periods.append(Period(at + gap, at + gap + length, condition, frozenset(),
                              reason if condition is Condition.PAUSED else None))
        at += gap + length
    return periods


def counted(
    lines: Sequence[PlanLine], periods: Sequence[Period], calls: Sequence[tuple[int, int]], within: range,
) -> Counter[str]:
    """Seconds by figure."""
    found: Counter[str] = Counter()
    for second in within:
        here = [each for each in periods if each.start <= second < each.end]
        talks = any(start <= second < end for start, end in calls)
        works = bool(here) and (talks or here[0].condition is not Condition.PAUSED)
        plans = {each.activity: each for each in lines if each.start_ms <= second * SECOND < each.end_ms}
        found["worked"] += works
        if Activity.ABSENT in plans:
            found["planned_absent"] += 1
            found["working_unplanned"] += works
        elif Activity.BREAK in plans:
            wanted = plans[Activity.BREAK].reason
            wrong = here and not works and wanted and (here[0].reason or "") != wanted
            found["planned"] += 1
            found["break_not_taken" if works else "paused_unplanned" if wrong else "in_adherence"] += 1
        elif Activity.WORK in plans:
            found["planned"] += 1
            found["planned_work"] += 1
            found["in_adherence" if works else "paused_unplanned" if here else "absent_when_planned"] += 1
        else:
            found["working_unplanned"] += works
    return found


@given(st.lists(LINES, max_size=6), SESSIONS, st.lists(SPANS, max_size=3), st.integers(0, 90), st.integers(0, 90))
def test_every_figure_is_what_counting_seconds_gives(
    drawn: list[PlanLine], sessions: list[tuple[int, int, Condition, str]], calls: list[tuple[int, int]], start: int,
    length: int,
) -> None:
    upon_themselves = {second for _, second in collisions(dict.fromkeys(drawn))}
    lines = [line for line in dict.fromkeys(drawn) if line not in upon_themselves]
    periods = sessions_of(sessions)
    talks = [Talk("a", f"x{n}", f"c{n}", Kind.DIRECT, begun * SECOND, ended * SECOND)
             for n, (begun, ended) in enumerate(calls)]
    timesheet = Timesheet(periods, talks, (), ())
    sheet, within = AdherenceSheet(lines, timesheet.stretches), Interval(start, start + length)
    figures = sheet.figures(within)
    expected = counted(lines, periods, calls, range(within.start, within.end))
    for name in ("planned", "planned_work", "planned_absent", "worked", "in_adherence", "absent_when_planned",
                 "paused_unplanned", "break_not_taken", "working_unplanned"):
        assert getattr(figures, name) == expected[name], name
    assert figures.adherence == (expected["in_adherence"] / expected["planned"] if expected["planned"] else None)
    work = expected["planned_work"]
    assert figures.conformance == (expected["worked"] / work if work else None)
    assert figures.sums_up
    day = agent_day(timesheet.count([within])[0])
    assert figures.worked == round(day.logged_in - day.paused, 3)
    parts = [sheet.figures(Interval(at, min(at + 7, within.end))) for at in range(within.start, within.end, 7)]
    assert together(parts) == figures
