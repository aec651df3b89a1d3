"""The path report's figures, from calls written as tables of steps."""

from zoneinfo import ZoneInfo

import pytest

from foundation.calendars import Interval
from ivr.steps.steps import Step
from reports.menus.menus import MenusReport, compose_menus_report
from reports.menus.paths import LineFigures, PathTally, counts, is_contained, path_passports

#  call  kind     name      key  result      ms
CALLS = """
   c1    call     -         .    began       0
   c1    menu     language  1    chosen      4000
   c1    menu     subject   1    chosen      2000
   c1    call     insurance .    queued      7000
   c2    call     -         .    began       0
   c2    menu     language  9    wrong_key   3000
   c2    menu     language  -    gave_up     5000
   c2    call     operator  .    queued      8000
   c3    call     -         .    began       0
   c3    menu     language  2    chosen      1000
   c3    menu     subject   4    announced   3000
   c3    menu     subject   -    hung_up     9000
   c3    call     -         .    hung_up     13000
   c4    call     -         .    began       0
   c4    menu     language  1    chosen      1000
   c4    menu     subject   *    back        1000
   c4    menu     language  -    no_input    6000
   c4    menu     language  -    hung_up     2000
   c4    call     -         .    hung_up     10000
   c5    call     -         .    began       0
   c5    menu     language  1    chosen      1000
   c5    menu     subject   5    chosen      1000
   c5    service  pension   .    helped      20000
   c5    menu     subject   #    repeat      1000
   c5    call     -         .    goodbye     23000
   c6    call     busy      .    began       0
   c6    call     -         .    hung_up     3000
   c7    call     -         .    began       0
   c7    menu     language  1    chosen      1000
"""


def paths_of(table: str) -> list[tuple[Step, ...]]:
    calls: dict[str, list[Step]] = {}
    for row in table.strip().splitlines():
        call, kind, name, key, result, ms = row.split()
        steps = calls.setdefault(call, [])
        pressed = None if key == "." else key.replace("-", "")
        named = name.replace("-", "")
        steps.append(Step(call, len(steps) + 1, 100.0, kind, named, pressed, result, int(ms), "09121234567"))
    return [tuple(steps) for steps in calls.values()]


def tally_of(table: str) -> PathTally:
    tally = PathTally()
    for path in paths_of(table):
        tally.add(path)
    return tally


@pytest.fixture
def report() -> MenusReport:
    return compose_menus_report(tally_of(CALLS), Interval(0, 1000), ZoneInfo("Asia/Tehran"), now=1000, lost=2)


def test_a_menus_row_counts_stays_questions_and_calls(report: MenusReport) -> None:
    language, subject = report.menus
    #          entered chosen wrong silent hung contained median keys
    assert (language.entered, language.chosen, language.wrong, language.silent, language.hung_up) == (7, 5, 1, 2, 1)
    assert (language.contained, language.median_time, language.keys) == (2, 1.0, {"1": 4, "2": 1})
    assert (subject.entered, subject.chosen, subject.wrong, subject.silent, subject.hung_up) == (4, 5, 0, 0, 1)
    assert (subject.contained, subject.median_time, subject.keys["#"]) == (2, 2.0, 1)


def test_the_endings_of_all_calls_sum_to_the_calls(report: MenusReport) -> None:
    line = report.line
    assert line == LineFigures(
        calls=7, queued=2, transferred=0, goodbye=1, hung_up=3, failed=0, unfinished=1, busy=1, contained=2)
    assert line.calls == line.queued + line.transferred + line.goodbye + line.hung_up + line.failed + line.unfinished


def test_lost_in_menu_by_the_steps_leaves_out_those_refused_as_busy(report: MenusReport) -> None:
    assert report.lost_by_steps == report.lost_in_menu == 2


def test_a_caller_who_was_told_and_hung_up_is_contained_but_one_who_reached_a_queue_is_not() -> None:
    by_id = {path[0].call_id: path for path in paths_of(CALLS)}
    assert [call for call, path in by_id.items() if is_contained(path)] == ["c3", "c5"]


@pytest.mark.parametrize(("menu", "result", "calls"), [
    ("subject", "entered", "c1 c3 c4 c5"), ("language", "wrong", "c2"), ("language", "silent", "c2 c4"),
    (None, "hung_up", "c3 c4"), ("subject", "contained", "c3 c5"), ("subject", "back", "c4"),
    ("nowhere", "entered", ""),
])
def test_from_a_figure_to_its_calls(menu: str | None, result: str, calls: str) -> None:
    assert [path[0].call_id for path in paths_of(CALLS) if counts(path, menu, result)] == calls.split()


def test_nobody_in_the_menus_gives_no_rows() -> None:
    empty = compose_menus_report(PathTally(), Interval(0, 1), ZoneInfo("Asia/Tehran"), now=1, lost=None)
    assert empty.menus == ()
    assert empty.line.calls == 0


def test_every_figure_has_a_passport(report: MenusReport) -> None:
    names = {"entered", "chosen", "wrong", "silent", "hung_up", "contained", "median_time", *LineFigures.__slots__}
    assert names <= path_passports().keys()
