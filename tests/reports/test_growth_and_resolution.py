"""Growth against the same days of the year before; whom one conversation was enough for."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callqueue.journal.importing import import_journal
from callqueue.ledger.stint import Stint
from callqueue.metrics.contacts import contacts_of
from callqueue.metrics.entries import entries_of
from callqueue.metrics.people_tally import AGAIN, first_returns, tally_people
from callqueue.queues.rules import rulebook
from callqueue.rollups.build import RollupMaker
from foundation.calendars import Interval, parse_moment
from foundation.database import LEDGER, Database, Store, store_url
from foundation.paths import Home
from foundation.settings import Queue, Settings, Site
from reports.callers.first_contact import PASSPORTS, Resolution, resolutions_of
from reports.catalog import find_report
from reports.frame.limits import TooManyCallsError
from reports.frame.report import Context, make_sheet
from reports.frame.sheets import Sheet, shown_cell
from reports.frame.tables import Teller, report_texts
from reports.web.report_view import ReportView
from tests.support.stint_tables import DAY, RULES, stints_of
from tests.support.stores import make_tables

TEHRAN = ZoneInfo("Asia/Tehran")
SETTINGS = Settings(site=Site(language="fa"), queues={"operator": Queue(), "pensions": Queue()})


def epoch(written: str) -> int:
    return int(parse_moment(written, TEHRAN, datetime.fromtimestamp(0, TEHRAN)).timestamp())


async def made_home(folder: Path, calls: Sequence[tuple[str, str, int]]) -> Home:
    """Calls of `(moment, queue, how many)`, one every minute, each abandoned."""
    home = Home(folder / "home")
    home.make()
    lines = []
    for moment, queue, count in calls:
        for number in range(count):
            at, name = epoch(moment) + 60 * number, f"{queue}-{moment}-{number}".replace(" ", "")
            lines += [(at, f"{name}|{queue}|NONE|ENTERQUEUE||0213333{number:04}|1"),
                      (at + 9, f"{name}|{queue}|NONE|ABANDON|1|1|9")]
    (folder / "queue_log").write_text("".join(f"{at}|{text}\n" for at, text in sorted(lines)), encoding="utf-8")
    database = Database(store_url(home, SETTINGS, Store.LEDGER))
    await make_tables(database, LEDGER)
    assert not (await import_journal(database, folder / "queue_log", journal="site")).bad
    await database.close()
    return home


async def asked(home: Home, report: str, now: str, **parameters: str) -> Sheet:
    context = Context(home, SETTINGS, report_texts("en"), epoch(now))
    found = find_report(report)
    return await make_sheet(found, context, found.read(list(parameters.items()), context))


async def test_nowruz_is_compared_with_nowruz_by_queue_and_month(tmp_path: Path) -> None:
    home = await made_home(tmp_path, [
        ("1403-12-01", "operator", 1), ("1403-12-30 10:00", "pensions", 5), ("1404-01-01 10:00", "operator", 4),
        ("1404-01-31 23:50", "operator", 4), ("1405-01-01 10:00", "operator", 6), ("1405-01-31 23:50", "operator", 6),
        ("1405-02-01 10:00", "pensions", 3),
    ])
    sheet = await asked(home, "growth", "1405-06-01", **{"from": "1405-01-01", "to": "1405-03-01"})
    rows = {(str(row.cells["from"])[:10], row.cells["queue"]): row.cells for row in sheet.rows if not row.total}
    first, second = rows["2026-03-21", "operator"], rows["2026-04-21", "pensions"]
    assert (first["entries"], first["growth_before"], first["growth_difference"], first["growth"]) == (12, 8, 4, 0.5)
    assert (second["entries"], second["growth_before"], second["growth"]) == (3, 0, None)
    [total] = [row.cells for row in sheet.rows if row.total]
    assert (total["entries"], total["growth_before"], total["growth"]) == (15, 8, 7 / 8)
    assert sheet.notes == ()
    teller = Teller(SETTINGS, sheet, report_texts("en"))
    assert "+7" in {tile.figure.text.strip("\u2066\u2069") for tile in ReportView(sheet, teller).tiles()}
    [column] = [each for each in sheet.columns if each.name == "growth_difference"]
    assert [shown_cell(row, column, teller) for row in sheet.rows] == ["+4", "0", "0", "+3", "+7"][:len(sheet.rows)]


async def test_growth_is_what_the_queue_report_says(tmp_path: Path) -> None:
    home = await made_home(tmp_path, [
        ("1403-01-01", "operator", 1), ("1404-06-10 08:00", "operator", 7), ("1405-06-10 08:00", "operator", 9)])
    time = {"from": "1405-06-01", "to": "1405-07-01"}
    growth, queue = [await asked(home, name, "1405-08-01", **time) for name in ("growth", "queue")]
    assert growth.headline is not None
    assert growth.headline.values["growth"] == pytest.approx(2 / 7)
    assert [row.cells["growth"] for row in queue.rows if row.total] == [growth.headline.values["growth"]]


async def test_a_month_that_is_not_over_is_compared_up_to_the_same_moment(tmp_path: Path) -> None:
    home = await made_home(tmp_path, [
        ("1403-01-01", "operator", 1), ("1404-06-10 08:00", "operator", 4), ("1404-06-20 08:00", "operator", 90),
        ("1405-06-10 08:00", "operator", 5)])
    sheet = await asked(home, "growth", "1405-06-15 12:00", **{"from": "1405-06-01", "to": "1405-07-01"})
    assert sheet.headline is not None
    assert sheet.headline.values["growth"] == 0.25


async def test_without_a_year_before_on_record_there_is_no_growth(tmp_path: Path) -> None:
    home = await made_home(tmp_path, [("1405-06-10 08:00", "operator", 5)])
    sheet = await asked(home, "growth", "1405-08-01", **{"from": "1405-06-01", "to": "1405-07-01"})
    assert all(row.cells["growth_before"] is None and row.cells["growth"] is None for row in sheet.rows)
    assert sheet.notes == (report_texts("en")("report.growth.unknown"),)


# Who called, and what became of him.
CASES = """
helped    c1 c1 operator direct 08:00:00 answered wait=5 talk=60 caller=0901
again     c2 c2 operator direct 08:00:00 answered wait=5 talk=60 caller=0902
again     c3 c3 operator direct +5d08:00:00 answered wait=5 talk=60 caller=0902
other     c4 c4 operator direct 08:00:00 answered wait=5 talk=60 caller=0903
other     c5 c5 pensions direct +3d08:00:00 abandoned wait=50 caller=0903
late      c6 c6 operator direct 08:00:00 answered wait=5 talk=60 caller=0904
late      c7 c7 operator direct +7d08:00:00 answered wait=5 talk=60 caller=0904
kept on   c8 c8 operator direct 08:00:00 abandoned wait=50 caller=0905
kept on   c9 c9 operator direct 08:10:00 answered wait=5 talk=60 caller=0905
nobody    ca ca operator direct 08:00:00 abandoned wait=50 caller=0906
shared    cb cb operator direct 08:00:00 answered wait=5 talk=60 caller=0907
withheld  cc cc operator direct 08:00:00 answered wait=5 talk=60
"""


def test_who_spoke_and_did_not_call_again_on_the_subject_inside_a_week_is_resolved() -> None:
    stints = stints_of("\n".join(line[10:] for line in CASES.strip().splitlines()))
    returned = first_returns(contacts_of(stints, RULES, ["0907"]), entries_of(stints), ["0907"])
    assert [contact.entries[0].caller for _, contact in returned] == ["0902"]
    first_day = Interval(DAY, DAY + 86_400)
    assert figures_of(stints, first_day, ["0907"], DAY + AGAIN) == {
        "first_contact_resolution": 4 / 6, "fcr_contacts": 6, "fcr_resolved": 4, "fcr_returned": 1,
        "fcr_not_spoken": 1, "fcr_untraceable": 2, "fcr_provisional": 6}
    assert figures_of(stints, first_day, ["0907"], DAY + AGAIN + 86_400)["fcr_provisional"] == 0


def figures_of(stints: Sequence[Stint], interval: Interval, shared: Sequence[str], now: int) -> dict[str, float | None]:
    """Of the contacts in the interval, whatever became of them until the end of the stints."""
    contacts = contacts_of(stints, RULES, shared)
    returned = first_returns(contacts, entries_of(stints), shared)
    mine = [each for each in contacts if interval.holds(each.entered)]
    [found] = resolutions_of(
        [[tally_people((), mine, [each for each in returned if interval.holds(each[0])], shared)],
         [tally_people((), (), [each for each in returned if not interval.holds(each[0])], shared)]], [interval], now)
    counts: Counter[str] = Counter()
    for each in found.values():
        counts.update(each.counts)
    return Resolution(counts).figures()


def test_of_nobody_there_is_no_resolution() -> None:
    figures = Resolution().figures()
    assert figures.keys() == PASSPORTS.keys()
    assert (figures.pop("first_contact_resolution"), set(figures.values())) == (None, {0})


@given(st.lists(st.tuples(st.integers(0, 14 * 86_400), st.sampled_from(["0901", "0902"]), st.booleans()), max_size=12,
                unique_by=lambda one: one[0]))
def test_resolution_is_that_counted_from_the_calls_themselves(drawn: list[tuple[int, str, bool]]) -> None:
    table = "\n".join(
        f"c{at} c{at} operator direct +{at // 86_400}d{at // 3600 % 24:02}:{at // 60 % 60:02}:{at % 60:02} "
        + (f"answered wait=5 talk=60 caller={caller}" if spoke else f"abandoned wait=50 caller={caller}")
        for at, caller, spoke in drawn)
    stints = stints_of(table) if drawn else []
    contacts = contacts_of(stints, RULES)
    figures = figures_of(stints, Interval(DAY, DAY + 20 * 86_400), (), DAY + 90 * 86_400)
    expected = 0
    for contact in contacts:
        begun, caller = contact.entered - DAY, contact.entries[0].caller
        inside = [at for at, one, spoke in sorted(drawn) if one == caller and begun <= at < begun + 86_400 and spoke]
        if inside:
            expected += not any(
                one == caller and inside[0] + 5 < at < begun + 7 * 86_400 for at, one, _ in drawn)
    assert (figures["fcr_resolved"], figures["fcr_provisional"]) == (expected, 0)


async def test_the_report_tells_it_by_day_and_queue_and_until_when_it_may_change(tmp_path: Path) -> None:
    home = await made_home(tmp_path, [("1405-06-10 08:00", "operator", 5), ("1405-06-11 07:00", "pensions", 2)])
    sheet = await asked(home, "first-contact-resolution", "1405-06-12", **{"from": "1405-06-10", "to": "1405-06-12"})
    assert [(row.cells["fcr_contacts"], row.cells["first_contact_resolution"]) for row in sheet.rows] == [
        (5, 0), (0, None), (5, 0)]
    assert [row.cells["queue"] for row in sheet.sections[1].rows] == ["operator"]
    assert sheet.balanced
    assert sheet.provisional_until == epoch("1405-06-17 08:04")


async def test_what_has_no_roll_ups_yet_is_counted_as_far_as_calls_are_read_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = await made_home(tmp_path, [("1405-06-10 08:00", "operator", 5)])
    monkeypatch.setattr("reports.frame.limits.MOST_STINTS", 4)
    names = ("queue", "intervals", "growth", "blocked", "agents", "pauses", "callbacks", "transfers", "ring-no-answer",
             "provinces", "repeat-callers", "first-contact-resolution")
    time = {"from": "1405-06-10", "to": "1405-06-11"}
    for name in names:
        with pytest.raises(TooManyCallsError):
            await asked(home, name, "1405-06-20", **time)
    database = Database(store_url(home, SETTINGS, Store.LEDGER))
    maker = RollupMaker(database, rulebook(SETTINGS), (), TEHRAN)
    while await maker.step(epoch("1405-06-20")):
        pass
    await database.close()
    for name in names:
        assert (await asked(home, name, "1405-06-20", **time)).balanced is not False
