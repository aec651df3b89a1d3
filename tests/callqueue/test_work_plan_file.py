"""A plan's file: forgiving about how things are written, and all that is wrong is named with its place."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callqueue.work_plan.file import read_plan_file
from callqueue.work_plan.plan import Activity, PlanLine, collisions
from callqueue.work_plan.refusals import WrongPlanFileError
from callqueue.work_plan.words import plan_texts
from callqueue.work_plan.writing import write_plan_file
from foundation.calendars import day_text
from foundation.settings import LANGUAGES, Agent, Queue, Settings, Site
from foundation.text import persian_digits

HEAD = "agent,day,from,to,activity,reason\n"


def site(zone: str = "Asia/Tehran") -> Settings:
    agents = {name: Agent(queues={"operator": 0}) for name in ("a101", "a102")}
    return Settings(site=Site(timezone=zone), queues={"operator": Queue()}, agents=agents,
                    pause_reasons=["lunch", "meeting", "gym"])


def read(text: str, zone: str = "Asia/Tehran") -> list[PlanLine]:
    return [each.plan for each in read_plan_file(text.encode(), site(zone))]


def faults(text: str, zone: str = "Asia/Tehran") -> list[tuple[int, str, str, str]]:
    with pytest.raises(WrongPlanFileError) as refused:
        read(text, zone)
    for language in LANGUAGES:
        texts = plan_texts(language)
        assert all(texts(f"plan.fault.{fault.name}", **fault.values) for fault in refused.value.faults)
        assert texts("plan.refused.wrong-plan-file", count=2)
    return [(fault.line, fault.column, fault.value, fault.name) for fault in refused.value.faults]


def tehran(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Tehran")).timestamp() * 1000)


def test_one_day_written_in_many_ways_is_the_same_day() -> None:
    plain = read(HEAD + "a101,2026-11-22,08:00,16:00,work,\na101,2026-11-22,12:00,12:30,break,lunch\n")
    assert plain == [
        PlanLine("a101", date(2026, 11, 22), tehran("2026-11-22T08:00"), tehran("2026-11-22T16:00"), Activity.WORK),
        PlanLine("a101", date(2026, 11, 22), tehran("2026-11-22T12:00"), tehran("2026-11-22T12:30"), Activity.BREAK,
                 "lunch"),
    ]
    assert read("\ufeffکارشناس؛روز".replace("؛", ";") + ";از;تا;فعالیت;دلیل;نام\r\n"
                "a۱۰۱;۱۴۰۵/۹/۱;۸:۰۰;۱۶:۰۰:۰۰;كار;;مریم\r\n\r\n"
                "A101 ;\u200f۱۴۰۵/۰۹/۰۱;۱۲:۰۰;۱۲:۳۰;استراحت;ناهار;\r\n") == plain
    assert read("Bitiş\tBaşlangıç\tTemsilci\tGün\tEtkinlik\tNeden\n"
                "16:00\t08:00\ta101\t1405.09.01\tÇALIŞMA\n12:30\t12:00\ta101\t2026-11-22\tmola\tyemek\n") == plain


def test_an_end_that_is_not_later_is_on_the_next_day_and_a_day_ends_at_24() -> None:
    night, whole = read(HEAD + "a101,2026-11-22,22:00,06:00,work,\na102,2026-11-22,00:00,24:00,absent,\n")
    assert (night.day, night.end_ms) == (date(2026, 11, 22), tehran("2026-11-23T06:00"))
    assert (whole.start_ms, whole.end_ms) == (tehran("2026-11-22T00:00"), tehran("2026-11-23T00:00"))


def test_a_night_over_a_change_of_clocks_has_its_true_length() -> None:
    lines = read(HEAD + "a101,2026-10-24,22:00,06:00,work,\na101,2026-03-28,22:00,06:00,work,\n", "Europe/Berlin")
    assert [(line.end_ms - line.start_ms) // 3_600_000 for line in lines] == [9, 7]
    assert faults(HEAD + "a101,2026-03-29,02:30,06:00,work,\na101,2026-03-28,20:00,02:15,work,\n", "Europe/Berlin") == [
        (2, "from", "02:30", "no-such-time"), (3, "to", "02:15", "no-such-time")]


def test_a_day_whose_first_hour_is_left_out_begins_after_it() -> None:
    [line] = read(HEAD + "a101,1401-01-02,00:00,24:00,work,\n")  # Tehran had such nights until 2022
    assert line.end_ms - line.start_ms == 23 * 3_600_000
    assert read(write_plan_file([line], ZoneInfo("Asia/Tehran"))) == [line]


def test_every_fault_of_a_file_is_named_with_its_line_column_and_value() -> None:
    assert faults(HEAD + """\
a109,1405-13-01,8,08:75,wrk,tea
a101,2026-11-22,24:00,25:00,work,lunch
,,,,,
a101,2026-11-22,08:00,08:00,absent,,x
a101,yesterday,08:00,16:00,,
a101,2026-11-22,09:00,12:00,work
a101,2026-11-22,11:59,13:00,work
""") == [
        (2, "agent", "a109", "unknown-agent"), (2, "day", "1405-13-01", "wrong-day"), (2, "from", "8", "wrong-time"),
        (2, "to", "08:75", "wrong-time"), (2, "activity", "wrk", "unknown-activity"),
        (2, "reason", "tea", "unknown-reason"),
        (3, "from", "24:00", "wrong-time"), (3, "to", "25:00", "wrong-time"),
        (3, "reason", "lunch", "reason-of-no-break"),
        (5, "", "x", "too-many-cells"), (5, "to", "08:00", "no-length"),
        (6, "day", "yesterday", "wrong-day"), (6, "activity", "", "empty-cell"),
        (8, "from", "", "overlap"),
    ]


@pytest.mark.parametrize(("content", "expected"), [
    (b"", [(1, "", "", "no-lines")]),
    (HEAD.encode(), [(1, "", "", "no-lines")]),
    (b"\n\nagent,day,from,until,to,day\n", [
        (3, "until", "", "unknown-column"), (3, "activity", "", "missing-column"), (3, "day", "", "column-twice")]),
    (HEAD.encode() + "a101,۱,کار".encode("cp1256", "replace"), [(2, "", "", "not-utf-8")]),
    (HEAD.encode() + b'a101,"2026\n', [(2, "", "", "not-csv")]),
])
def test_a_file_that_is_no_table_of_a_plan_is_refused(
    content: bytes, expected: list[tuple[int, str, str, str]],
) -> None:
    with pytest.raises(WrongPlanFileError) as refused:
        read_plan_file(content, site())
    assert [(one.line, one.column, one.value, one.name) for one in refused.value.faults] == expected


@given(st.one_of(st.binary(max_size=60), st.text(max_size=80).map(lambda text: (HEAD + text).encode())))
@settings(max_examples=40)
def test_whatever_is_in_a_file_it_is_a_plan_or_refused_with_faults(content: bytes) -> None:
    try:
        assert read_plan_file(content, site())
    except WrongPlanFileError as error:
        assert error.faults  # noqa: PT017 - either is right


MINUTES = st.integers(0, 24 * 60 - 1)
LINES = st.lists(
    st.tuples(st.sampled_from(["a101", "a102"]), st.dates(date(2026, 1, 1), date(2027, 12, 31)), MINUTES,
              st.integers(1, 24 * 60 - 1), st.sampled_from(Activity), st.sampled_from(["", "lunch", "gym"])),
    min_size=1, max_size=8)


@given(LINES, st.booleans(), st.sampled_from(["UTC", "Europe/Berlin", "Asia/Tehran"]))
@settings(max_examples=30)
def test_what_is_written_is_read_again_also_with_jalali_days_and_persian_digits(
    drawn: list[tuple[str, date, int, int, Activity, str]], jalali: bool, zone: str,
) -> None:
    found: list[PlanLine] = []
    for agent, day, begin, length, activity, reason in drawn:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=begin)
        at = int(start.timestamp() * 1000) if zone == "UTC" else None
        clocks = [f"{(start + timedelta(minutes=more)):%H:%M}" for more in (0, length)]
        text = f"{agent},{day},{clocks[0]},{clocks[1]},{activity},{reason if activity is Activity.BREAK else ''}\n"
        try:
            [line] = read(HEAD + text, zone)
        except WrongPlanFileError as error:
            assert {fault.name for fault in error.faults} == {"no-such-time"}  # noqa: PT017 - nothing else is wrong
            continue
        if at is not None:
            assert (line.start_ms, line.end_ms) == (at, at + length * 60_000)
        if not list(collisions([*found, line])):
            found.append(line)
    text = write_plan_file(found, ZoneInfo(zone))
    if jalali:
        text = persian_digits(text)
        for line in found:
            text = text.replace(persian_digits(line.day.isoformat()), day_text(line.day, "fa"))
    if found:
        assert read(text.replace("a۱۰", "a10"), zone) == found
