"""Whether promises were kept: the figures by table, and read from a case office on both databases."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from followups.cases.case import ToldBy
from followups.cases.lifecycle import Closing
from followups.deadlines.timeliness import PASSPORTS, Dimension, Promise, Timeliness, tell_timeliness
from followups.faults.store import read_promises
from foundation.calendars import Interval
from tests.support.case_deadlines import at, keeper
from tests.support.case_site import SARA, CaseSite, case_site

DUE = 1000
# unit     resolved  told  closed  dropped  reopened   what
TABLE = """
desk        900      950    990     no       0          in time
desk       1000     1000   1000     no       0          at the last moment
desk        900      950   1010     no       0          told in time, closed late
desk        900     1010   1010     no       1          resolved in time, told late; reopened once
desk          -        -      -     no       0          overdue
desk       1100        -      -     no       0          resolved late, the caller not told yet
desk          -        -    500     yes      0          withdrawn in time: no promise to be kept any more
desk          -        -   1500     yes      0          withdrawn when it was late already
office      900      950    990     no       0          another unit's
"""


def promises() -> list[Promise]:
    return [_promise(line.split()) for line in TABLE.strip().splitlines()]


def _promise(words: list[str]) -> Promise:
    unit, resolved, told, closed, dropped, reopened = words[:6]
    subjects = ("insurance", "insurance-records")
    return Promise(
        unit, subjects, None, closed != "-", _in_time(closed), _in_time(told), _in_time(resolved), dropped == "yes",
        reopened != "0")


def _in_time(moment: str) -> bool:
    return moment != "-" and int(moment) <= DUE


def test_every_due_case_is_counted_once_by_what_became_of_it() -> None:
    [desk, office] = tell_timeliness(promises(), Dimension.UNIT)
    assert desk == Timeliness(
        "desk", followups_due=7, followups_on_time=2, followups_told_on_time=3, followups_resolved_on_time=4,
        followups_late=3, followups_overdue=2, followups_dropped=1, followups_reopened=1)
    assert desk.followups_due == desk.followups_on_time + desk.followups_late + desk.followups_overdue
    assert (desk.followup_on_time, office.followup_on_time) == (2 / 7, 1.0)


def test_a_case_counts_with_its_subject_and_those_above_and_once_in_the_total() -> None:
    assert [line.name for line in tell_timeliness(promises(), Dimension.SUBJECT)] == ["insurance", "insurance-records"]
    [total] = tell_timeliness(promises(), Dimension.TOTAL)
    assert total.followups_due == 8


def test_where_nothing_was_due_there_is_no_figure() -> None:
    [line] = tell_timeliness([_promise(["desk", "-", "-", "500", "yes", "0"])], Dimension.TOTAL)
    assert (line.followups_due, line.followup_on_time) == (0, None)
    assert tell_timeliness([], Dimension.TOTAL) == []


def test_every_figure_has_a_passport_and_every_passport_a_figure() -> None:
    [line] = tell_timeliness(promises(), Dimension.TOTAL)
    figures = {name for name in dir(line) if name.startswith("followup")}
    assert figures == set(PASSPORTS)


@pytest.fixture
async def site(tmp_path: Path, database_url: str) -> AsyncIterator[CaseSite]:
    async with case_site(tmp_path, database_url) as made:
        yield made


async def test_a_late_case_is_booked_to_the_unit_that_was_late_and_not_to_headquarters(site: CaseSite) -> None:
    late, kept, _coming = await site.opened(), await site.opened(), await site.opened(subject="complaints")
    desk = site.office.desk
    site.clock.now = at("2026-11-25T12:00")
    await desk.resolve(kept.code, "The months are entered", SARA)
    await desk.tell(kept.code, ToldBy.CALL, SARA)
    await desk.close(kept.code, Closing.SOLVED, SARA)
    site.clock.now = at("2026-11-30T12:00")
    await keeper(site).look()
    assert (await site.office.reading.case(late.code, SARA)).unit == "insurance-deputy"
    day = Interval(at("2026-11-25T00:00") // 1000, at("2026-12-30T00:00") // 1000)
    async with site.database.read() as connection:
        found = await read_promises(connection, day, site.clock.now / 1000, site.office.book)
    assert [(line.name, line.followup_on_time) for line in tell_timeliness(found, Dimension.UNIT)] == [
        ("insured-desk", 0.5)]
    subjects = [line.name for line in tell_timeliness(found, Dimension.SUBJECT)]
    assert subjects == ["insurance", "insurance-records"]
    assert [line.name for line in tell_timeliness(found, Dimension.PROVINCE)] == ["yazd"]
