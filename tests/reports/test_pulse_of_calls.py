"""Unusual rises and falls of calls against the same hours of earlier weeks."""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callqueue.journal.importing import import_journal
from callqueue.ledger.evidence import Gap, GapKind
from callqueue.ledger.tables import GAP
from followups.faults.faults import Series
from followups.faults.poisson import lower_tail, quantile, tail
from foundation.calendars import Interval, iso
from foundation.database import LEDGER, MAIN, Database, Store, store_url
from foundation.numbered import told_of
from foundation.paths import Home
from foundation.provinces import UNKNOWN, load_provinces
from foundation.settings import Queue, Settings, Site
from ivr.tables import ivr_step
from reports.callers.pulse_calls import (
    QUARTER,
    Arrival,
    Sort,
    compare_counts,
    count_series,
    decode_quarters,
    encode_quarters,
    tally_quarters,
    weeks_before,
)
from reports.callers.pulse_reading import count_calls
from reports.cases.sheets import TooLongError
from reports.catalog import find_report
from reports.frame.report import Context, make_sheet
from reports.frame.sheets import Sheet
from reports.frame.tables import report_texts
from tests.support.stores import make_tables

WEEK = 7 * 86_400
MORNING = int(datetime(2026, 11, 22, 4, 30, tzinfo=UTC).timestamp())
"""Eight o'clock in Tehran."""
NOW = MORNING + 4 * 3600
TEHRAN = ZoneInfo("Asia/Tehran")
CODES = load_provinces()
NUMBERS = ("02133334444", "09120000000", "09120000001", None)
SETTINGS = Settings(site=Site(language="en"), queues={"operator": Queue(), "pensions": Queue()})
USUAL: Mapping[str, Sequence[int]] = {
    "operator": (20, 21, 19, 20, 22, 18, 20, 20), "pensions": (12, 11, 13, 12, 12, 10, 14, 12)}
"""Calls of each earlier week, the last one first."""


def journal(today: Mapping[str, int], usual: Mapping[str, Sequence[int]] = USUAL) -> str:
    """From eight o'clock on each queue has a call every ten seconds; every other one is refused."""
    lines = [f"{MORNING - 9 * WEEK}|c0|operator|NONE|ENTERQUEUE||02133334444|1",
             f"{MORNING - 9 * WEEK + 1}|c0|operator|NONE|ABANDON|1|1|1"]
    for week in range(9):
        counts = {queue: weeks[week - 1] for queue, weeks in usual.items()} if week else today
        for queue, count in counts.items():
            for number in range(count):
                at, name = MORNING - week * WEEK + 10 * number, f"{queue}{week}.{number}"
                lines.append(f"{at}|{name}|{queue}|NONE|STINT|{name}|0213333{number:04}|direct||1")
                if number % 2:
                    lines.append(f"{at}|{name}|{queue}|NONE|REFUSED_FULL|{name}")
                else:
                    lines += [f"{at}|{name}|{queue}|NONE|ENTERQUEUE||0213333{number:04}|1",
                              f"{at + 5}|{name}|{queue}|NONE|ABANDON|1|1|5"]
    return "".join(line + "\n" for line in sorted(lines, key=lambda line: line.partition("|")[0]))


async def made_home(folder: Path, text: str, gap: Gap | None = None) -> Home:
    home = Home(folder / "home")
    home.make()
    (folder / "queue_log").write_text(text, encoding="utf-8")
    for store, tables in ((Store.LEDGER, LEDGER), (Store.MAIN, MAIN)):
        database = Database(store_url(home, SETTINGS, store))
        await make_tables(database, tables)
        async with database.write() as connection:
            if gap and store is Store.LEDGER:
                await connection.execute(GAP.insert().values(
                    journal="site", kind=gap.kind.value, started=gap.started, ended=gap.ended, call_id="", detail=""))
        if store is Store.LEDGER:
            assert not (await import_journal(database, folder / "queue_log", journal="site")).bad
        await database.close()
    return home


async def asked(home: Home, language: str = "en", **parameters: str) -> Sheet:
    context = Context(home, SETTINGS, report_texts(language), NOW)  # type: ignore[arg-type]
    report = find_report("pulse")
    time = {"from": iso(MORNING, context.zone), "to": iso(NOW, context.zone)}
    return await make_sheet(report, context, report.read(list({**time, **parameters}.items()), context))


def flags(sheet: Sheet) -> dict[tuple[object, object], object]:
    return {(row.cells["kind"], row.cells["name"]): row.cells["pulse_flagged"] for row in sheet.rows if row.red}


async def test_a_rise_and_a_fall_are_flagged_with_their_reason_and_their_uncertainty(tmp_path: Path) -> None:
    sheet = await asked(await made_home(tmp_path, journal({"operator": 60, "pensions": 1})))
    assert flags(sheet)["queue", "operator"] == 1
    assert flags(sheet)["queue", "pensions"] == -1
    [rise] = [note for note in sheet.notes if note.startswith("operator ")]
    assert "rose to 60; in the same hours of 8 earlier weeks 18 to 22, median 20; " in rise
    [fall] = [note for note in sheet.notes if note.startswith("pensions ")]
    assert "fell to 1; in the same hours of 8 earlier weeks 10 to 14, median 12; " in fall
    cells = {row.cells["name"]: row.cells for row in sheet.rows}
    assert cells["6-08"]["pulse_calls"] == cells["tehran"]["pulse_calls"] == cells[""]["pulse_calls"] == 61
    assert cells["operator"]["pulse_low"] == quantile(0.025, 20 - 1 / 3, 20 - 1 / 3)
    assert cells["operator"]["pulse_change"] == 2
    assert "بیشتر شد" in " ".join((await asked(Home(tmp_path / "home"), "fa")).notes)


async def test_a_usual_morning_has_no_flags(tmp_path: Path) -> None:
    sheet = await asked(await made_home(tmp_path, journal({"operator": 22, "pensions": 11})))
    assert flags(sheet) == {}
    assert {row.cells["kind"] for row in sheet.rows} == {"all", "queue", "province", "hour"}


async def test_weeks_with_a_gap_and_weeks_before_the_first_are_left_out(tmp_path: Path) -> None:
    gap = Gap(GapKind.DOWN, MORNING - 2 * WEEK + 60, MORNING - 2 * WEEK + 600)
    home = await made_home(tmp_path, journal({"operator": 20, "pensions": 12}), gap)
    [row] = [row for row in (await asked(home)).rows if row.cells["name"] == "operator"]
    assert row.cells["weeks"] == "20 19 20 22 18 20 20"
    young = await asked(home, **{"from": iso(MORNING - 6 * WEEK, TEHRAN), "to": iso(NOW - 6 * WEEK, TEHRAN)})
    assert young.rows == []
    assert any("4 earlier weeks" in note for note in young.notes)


async def test_a_call_counts_once_where_it_came_with_the_queue_it_asked_for_later(tmp_path: Path) -> None:
    edge = MORNING + 900
    text = (
        f"{edge + 10}|c1|operator|NONE|STINT|c1|02133334444|direct||1\n"
        f"{edge + 10}|c1|operator|NONE|REFUSED_FULL|c1\n"
        f"{edge - 5}|c2|pensions|NONE|STINT|c2|09120000000|direct||1\n"
        f"{edge - 5}|c2|pensions|NONE|REFUSED_FULL|c2\n"
        f"{edge + 5}|c2|operator|NONE|STINT|c2|09120000000|direct||2\n"
        f"{edge + 5}|c2|operator|NONE|REFUSED_FULL|c2\n")
    home = await made_home(tmp_path, text)
    ledger, main = (Database(store_url(home, SETTINGS, store)) for store in (Store.LEDGER, Store.MAIN))
    async with main.write() as connection:
        for number, (at, kind, name, result) in enumerate(
                [(edge - 8, "call", "", "began"), (edge + 9, "service", "balance", "helped:told")], start=1):
            await connection.execute(ivr_step.insert().values(
                call_id="c1", number=number, at_ms=at * 1000, kind=kind, name=name, result=result, ms=0,
                caller="02133334444" if number == 1 else None))
    context = Context(home, SETTINGS, report_texts("en"), NOW)
    before, after = Interval(MORNING, edge), Interval(edge, NOW)
    counts = await count_calls(context, [before, after])
    assert counts[after] == {}
    assert counts[before] == {
        Series(Sort.ALL, ""): 2, Series(Sort.QUEUE, "operator"): 1, Series(Sort.QUEUE, "pensions"): 1,
        Series(Sort.SERVICE, "balance"): 1, Series(Sort.PROVINCE, "tehran"): 1, Series(Sort.PROVINCE, UNKNOWN): 1,
        Series(Sort.HOUR, "6-08"): 2}
    for store in (ledger, main):
        await store.close()


@given(st.lists(st.tuples(st.integers(0, 3 * QUARTER - 1), st.sampled_from(NUMBERS),
                          st.sampled_from(["operator", None]), st.sets(st.sampled_from(["balance", "loan"])))),
       st.dictionaries(st.sampled_from(NUMBERS[1:3]), st.sampled_from(["yazd", "fars"])))
def test_quarters_of_an_hour_add_up_to_the_whole_also_when_cut_out_of_it(
    drawn: list[tuple[int, str | None, str | None, set[str]]], words: dict[str, str],
) -> None:
    start, told = MORNING + 2 * 3600, told_of(words)
    calls = [Arrival(start + at, caller, queue, services) for at, caller, queue, services in drawn]
    times = [Interval(start + QUARTER * part, start + QUARTER * (part + 1)) for part in range(3)]
    whole = tally_quarters(calls, Interval(start, start + 3 * QUARTER), CODES)
    parts = [tally_quarters([call for call in calls if time.holds(call.at)], time, CODES) for time in times]
    counted = count_series([whole], TEHRAN, CODES, told)
    assert count_series(parts, TEHRAN, CODES, told) == counted
    assert count_series([decode_quarters(*encode_quarters(part)) for part in parts], TEHRAN, CODES, told) == counted
    cut = [whole.between(Interval(time.start - 60, time.end + 60)) for time in times]
    assert [count_series([part], TEHRAN, CODES, told) for part in cut] == [
        count_series([part], TEHRAN, CODES, told) for part in parts]
    for name in ("yazd", "fars"):
        assert counted[Series(Sort.PROVINCE, name)] == sum(words.get(call.caller or "") == name for call in calls)


async def test_longer_than_a_week_is_refused(tmp_path: Path) -> None:
    home = await made_home(tmp_path, journal({}))
    with pytest.raises(TooLongError):
        await asked(home, **{"from": "2026-11-01"})


def test_the_same_hours_by_the_clock_are_compared_where_clocks_are_moved() -> None:
    zone = ZoneInfo("Europe/Berlin")
    start = int(datetime(2026, 3, 30, 8, tzinfo=zone).timestamp())
    [last, *_] = weeks_before(Interval(start, start + 3600), zone)
    assert datetime.fromtimestamp(last.start, zone) == datetime(2026, 3, 23, 8, tzinfo=zone)
    assert last.seconds == 3600


counts = st.lists(st.integers(0, 60), min_size=9, max_size=9)


@given(counts)
@settings(max_examples=60)
def test_the_verdict_is_that_of_the_definition(drawn: list[int]) -> None:
    now, *weeks = [
        count_series([tally_quarters([Arrival(0, "03533334444", None, ())] * count, Interval(0, 60), CODES)],
                     ZoneInfo("UTC"), CODES, told_of({}))
        for count in drawn]
    compared = [one for one in compare_counts(now, weeks).compared if one.series.dimension is Sort.ALL]
    if not any(drawn):
        assert compared == []
        return
    [one] = compared
    ordered = sorted(drawn[1:])
    usual = (ordered[3] + ordered[4]) / 2
    away = sorted(abs(count - usual) for count in drawn[1:])
    variance = (1.4826 * (away[3] + away[4]) / 2) ** 2
    above, below = usual + 0.6931471805599453, max(0, usual - 1 / 3)
    up = tail(drawn[0], above, max(above, variance))
    down = lower_tail(drawn[0], below, max(below, variance))
    assert one.chance == pytest.approx(min(1, 2 * min(up, down)))
    more, less = (below, drawn[0]) if down < up else (drawn[0], above)
    # Three series of the same counts are judged together, so that all or none of them pass.
    assert one.flagged == (one.chance <= 0.05 and more >= 5 and more >= 1.5 * less)


@pytest.mark.parametrize(("mean", "variance"), [(3.0, 3.0), (12.5, 40.0), (200.0, 200.0)])
def test_both_tails_and_the_range_fit_together(mean: float, variance: float) -> None:
    for count in range(0, int(mean * 2), max(1, int(mean / 5))):
        assert lower_tail(count, mean, variance) + tail(count + 1, mean, variance) == pytest.approx(1)
    low = quantile(0.025, mean, variance)
    assert lower_tail(low, mean, variance) >= 0.025
    assert low == 0 or lower_tail(low - 1, mean, variance) < 0.025
    assert (lower_tail(0, 0, 0), quantile(0.5, 0, 0)) == (1.0, 0)


def test_an_empty_ledger_says_that_there_is_nothing_to_compare_with() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = asyncio.run(made_home(Path(folder), ""))
        sheet = asyncio.run(asked(home))
        assert sheet.rows == []
        assert sheet.notes == ["Nothing was compared: it takes 4 earlier weeks on record."]
