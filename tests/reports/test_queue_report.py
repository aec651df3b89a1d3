"""Queue reports from journal lines to JSON, on both databases. The site's zone is Asia/Tehran (UTC+03:30)."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console
from sqlalchemy import insert

from callqueue.journal.importing import import_journal
from callqueue.ledger.evidence import Gap, GapKind, Refused
from callqueue.ledger.stint import Refusal
from callqueue.ledger.tables import GAP
from callqueue.metrics import Books, Evidence, figure_ids, passports
from foundation.calendars import Calendar, Interval, Step
from foundation.database import Database
from foundation.settings import Language, Queue, Settings, Site
from reports.forms.exports import queue_report_csv, queue_report_json
from reports.frame.reading import rulebook
from reports.frame.tables import queue_report_table
from reports.queues.queue import QueueQuery, QueueReport, ReportError, Row, build_queue_report, compose, earlier
from tests.support.stint_tables import stints_of

TEHRAN = ZoneInfo("Asia/Tehran")
SETTINGS = Settings(
    site=Site(), queues={"operator": Queue(), "pensions": Queue(service_threshold=30, title={"fa": "مستمری"})},
)


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=TEHRAN).timestamp())


DAY = Interval(moment("2026-11-22T00:00"), moment("2026-11-23T00:00"))
NOW = moment("2026-11-25T00:00")

JOURNAL = """
2026-11-21T23:50:00 p-1.0 pensions NONE STINT          p-1.0|09120000009|direct||1
2026-11-21T23:50:00 p-1.0 pensions NONE ENTERQUEUE     |09120000009|1
2026-11-21T23:51:00 p-1.0 pensions NONE ABANDON        1|1|60
2026-11-22T00:10:00 NONE  pensions a101 ADDMEMBER      |
2026-11-22T08:59:00 p-1.1 pensions NONE STINT          p-1.1|09120000001|direct||1
2026-11-22T08:59:00 p-1.1 pensions NONE ENTERQUEUE     |09120000001|1
2026-11-22T08:59:15 p-1.1 pensions a102 RINGNOANSWER   15000
2026-11-22T08:59:25 p-1.1 pensions a101 CONNECT        25|p-1.2|3
2026-11-22T09:01:05 p-1.1 pensions a101 COMPLETECALLER 25|100|1
2026-11-22T09:01:05 NONE  pensions a101 PAUSE          wrap-up
2026-11-22T09:01:25 NONE  pensions a101 UNPAUSE        wrap-up
2026-11-22T09:30:00 p-1.3 operator NONE STINT          p-1.3||direct||1
2026-11-22T09:30:00 p-1.3 operator NONE ENTERQUEUE     ||1
2026-11-22T09:30:25 p-1.3 operator NONE EXITWITHTIMEOUT 1|1|25
2026-11-22T09:30:25 p-1.3 pensions NONE STINT          p-1.3||overflow||2
2026-11-22T09:30:25 p-1.3 pensions NONE ENTERQUEUE     ||1
2026-11-22T09:30:27 p-1.3 pensions a101 CONNECT        2|p-1.4|1
2026-11-22T09:31:27 p-1.3 pensions a101 COMPLETEAGENT  2|60|1
2026-11-22T10:00:00 p-1.5 operator NONE STINT          p-1.5|09120000002|direct||1
2026-11-22T10:00:00 p-1.5 operator NONE REFUSED_FULL   p-1.5
2026-11-22T11:00:00 p-1.6 pensions NONE STINT          p-1.6|09120000009|direct||1
2026-11-22T11:00:00 p-1.6 pensions NONE ENTERQUEUE     |09120000009|1
2026-11-22T11:00:03 p-1.6 pensions NONE ABANDON        1|1|3
2026-11-22T23:59:50 p-1.7 pensions NONE STINT          p-1.7|09120000003|direct||1
2026-11-22T23:59:50 p-1.7 pensions NONE ENTERQUEUE     |09120000003|1
2026-11-23T00:00:40 p-1.7 pensions a101 CONNECT        50|p-1.8|1
2026-11-23T00:01:40 p-1.7 pensions a101 COMPLETEAGENT  50|60|1
"""


def journal_text(table: str) -> str:
    lines = []
    for line in table.strip().splitlines():
        at, *words = line.split(maxsplit=5)
        lines.append("|".join([str(moment(at)), *words]) + "\n")
    return "".join(lines)


async def report_of(
    database: Database, interval: Interval = DAY, queues: Sequence[str] = (), step: Step = Step.NONE,
    settings: Settings = SETTINGS,
) -> QueueReport:
    async with database.read() as connection:
        return await build_queue_report(connection, QueueQuery(interval, tuple(queues), step), settings, NOW)


def content(report: QueueReport) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(queue_report_json(report))
    return found


@pytest.fixture
async def ledger(ledger_database: Database, tmp_path: Path) -> Database:
    path = tmp_path / "queue_log"
    path.write_text(journal_text(JOURNAL), encoding="utf-8")
    done = await import_journal(ledger_database, path)
    assert not done.bad
    return ledger_database


@pytest.fixture
async def small_ledger(sqlite_ledger: Database, tmp_path: Path) -> Database:
    path = tmp_path / "queue_log"
    path.write_text(journal_text(JOURNAL), encoding="utf-8")
    await import_journal(sqlite_ledger, path)
    return sqlite_ledger


async def test_a_day_of_journal_lines_becomes_the_figures_of_the_definitions(ledger: Database) -> None:
    found = content(await report_of(ledger))
    expected = {
        "offered": 5, "answered": 3, "abandoned": 1, "timed_out": 1, "entries": 4, "short_abandoned": 1,
        "answered_within_threshold": 1, "service_level": 1 / 3, "service_level_answered": 2 / 3,
        "abandonment_rate": 0.0, "refused_full": 1, "ring_no_answer": 1, "ring_no_answer_time": 15.0,
        "asa": (25 + 27 + 50) / 3, "wait_max": 50, "talk": 220.0, "wrap_up": 20, "aht": 80.0, "balance": 0,
        "hold": None, "lost_in_menu": None, "contacts": 3, "interrupted": 0, "growth": None,
    }
    assert {name: found[name] for name in expected} == expected
    assert found["balanced"] is True


async def test_json_has_every_id_and_definitions_with_every_passport(small_ledger: Database) -> None:
    found = content(await report_of(small_ledger, step=Step.HOUR))
    assert list(found["definitions"]) == figure_ids() == list(passports())
    for row in (found, *found["rows"]):
        assert set(figure_ids()) <= set(row)
    headline = found["definitions"]["service_level"]
    assert headline["parameters"] == {"T": {"operator": 20, "pensions": 30}, "S": {"operator": 5, "pensions": 5}}
    assert set(headline) == {"id", "formula", "unit", "parameters", "evidence", "resolution", "version"}
    assert headline["version"] == 1
    assert (found["from"], found["to"]) == ("2026-11-22T00:00:00+03:30", "2026-11-23T00:00:00+03:30")


async def test_every_figure_shown_has_its_passport_and_no_other_number_is_shown(small_ledger: Database) -> None:
    row = content(await report_of(small_ledger))["rows"][0]
    numbers = {name for name, value in row.items() if value is None or isinstance(value, int | float)}
    assert numbers - {"balanced"} == set(passports())


async def test_hours_sum_to_the_day_and_their_total_is_the_days(ledger: Database) -> None:
    whole, hours = content(await report_of(ledger)), content(await report_of(ledger, step=Step.HOUR))
    assert len(hours["rows"]) == 24 * 2
    counted = [name for name, passport in passports().items() if passport.unit == "count"]
    for name in counted:
        if whole[name] is not None:
            assert sum(row[name] for row in hours["rows"]) == whole[name], name
    assert {name: hours[name] for name in figure_ids()} == {name: whole[name] for name in figure_ids()}


async def test_a_queue_alone_reads_the_same_as_its_row_among_all(small_ledger: Database) -> None:
    together = content(await report_of(small_ledger))["rows"]
    for row in together:
        alone = content(await report_of(small_ledger, queues=[row["queue"]]))["rows"]
        assert alone == [row]


async def test_an_hour_alone_reads_the_same_as_its_row_of_the_day(small_ledger: Database) -> None:
    rows = content(await report_of(small_ledger, queues=["pensions"], step=Step.HOUR))["rows"]
    for row in rows:
        start = int(datetime.fromisoformat(row["from"]).timestamp())
        alone = content(await report_of(small_ledger, Interval(start, start + 3600), ["pensions"]))["rows"]
        assert alone == [row]


async def test_a_contact_that_began_the_day_before_is_not_begun_anew(small_ledger: Database) -> None:
    today = content(await report_of(small_ledger, queues=["pensions"]))
    assert (today["entries"], today["contacts"]) == (3, 2)
    both = Interval(DAY.start - 86400, DAY.end)
    assert content(await report_of(small_ledger, both, ["pensions"]))["repeat_rate"] == 1 / 3


async def test_people_who_keep_calling_have_the_same_contacts_however_little_is_asked_for(
    sqlite_ledger: Database, tmp_path: Path,
) -> None:
    """One number calls every 20 hours: with W of 24 hours each contact is two calls, counted from the very first."""
    path = tmp_path / "queue_log"
    first = moment("2026-10-01T00:00")
    path.write_text("".join(
        f"{first + n * 72000}|q-1.{n}|operator|NONE|ENTERQUEUE||0912\n"
        f"{first + n * 72000 + 60}|q-1.{n}|operator|NONE|ABANDON|1|1|60\n" for n in range(60)
    ))
    await import_journal(sqlite_ledger, path)
    last_days = Interval(first + 40 * 72000 - 3600, first + 60 * 72000)
    whole = Interval(first, first + 60 * 72000)
    early = Interval(first, last_days.start)
    counts = [content(await report_of(sqlite_ledger, each))["contacts"] for each in (whole, early, last_days)]
    assert counts == [30, 20, 10]
    for n in range(40, 60):
        hour = Interval(first + n * 72000, first + n * 72000 + 3600)
        assert content(await report_of(sqlite_ledger, hour))["contacts"] == (n + 1) % 2


async def test_gaps_of_the_time_are_shown_with_the_report_and_their_row(small_ledger: Database) -> None:
    started = moment("2026-11-22T09:10")
    async with small_ledger.write() as connection:
        await connection.execute(insert(GAP).values(
            journal="p", kind="down", started=started, ended=started + 60, call_id="", detail="test"))
    found = content(await report_of(small_ledger, queues=["operator"], step=Step.HOUR))
    assert [gap["kind"] for gap in found["gaps"]] == ["down"]
    assert [row["gaps"] for row in found["rows"] if row["gaps"]] == [["down"]]
    earlier_day = Interval(DAY.start - 86400, DAY.start)
    assert content(await report_of(small_ledger, earlier_day))["gaps"] == []


async def test_an_unknown_queue_is_refused_and_one_of_an_imported_log_is_not(small_ledger: Database) -> None:
    with pytest.raises(ReportError, match="operator, pensions"):
        await report_of(small_ledger, queues=["pension"])
    others = Settings(queues={"operator": Queue()})
    found = content(await report_of(small_ledger, queues=["pensions"], settings=others))
    assert found["offered"] == 4
    assert found["definitions"]["service_level"]["parameters"]["T"] == {"pensions": 20}


async def test_csv_has_the_same_names_and_the_passports_in_its_comments(small_ledger: Database) -> None:
    report = await report_of(small_ledger, step=Step.DAY)
    text = queue_report_csv(report)
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert [line.split(":")[0].removeprefix("# ") for line in comments] == figure_ids()
    rows = list(csv.DictReader(line for line in io.StringIO(text) if not line.startswith("#")))
    assert [row["scope"] for row in rows] == ["row", "row", "total"]
    assert float(rows[-1]["service_level"]) == content(report)["service_level"]
    assert rows[-1]["hold"] == ""


def _text(report: QueueReport, language: Language) -> str:
    settings = SETTINGS.model_copy(update={"site": Site(language=language)})
    console = Console(width=300, record=True, file=io.StringIO())
    console.print(queue_report_table(report, settings))
    return console.export_text()


async def test_people_read_it_in_the_sites_language_digits_and_calendar(small_ledger: Database) -> None:
    report = await report_of(small_ledger)
    persian = _text(report, "fa")
    assert "۱۴۰۵/۰۹/۰۱" in persian
    assert "۳۳٫۳٪" in persian
    assert "مستمری" in persian
    assert "%33,3" in _text(report, "tr")
    english = _text(report, "en")
    assert "2026-11-22 00:00" in english
    assert "service_level v1" in english
    assert "The ledger balances: 5 offered" in english


async def test_a_narrow_terminal_gets_fewer_columns_and_the_same_figures(small_ledger: Database) -> None:
    console = Console(width=100, record=True, file=io.StringIO())
    english = SETTINGS.model_copy(update={"site": Site(language="en")})
    console.print(queue_report_table(await report_of(small_ledger), english, console.width))
    shown = console.export_text()
    assert "…" not in shown
    assert "left_for_callback" in shown


async def test_no_service_level_is_shown_without_its_formula_and_what_stands_beside_it(small_ledger: Database) -> None:
    english = _text(await report_of(small_ledger), "en")
    for name in ("left_for_callback", "refused_full", "refused_empty", "refused_closed", "lost_in_menu", "interrupted",
                 "service_level_human"):
        assert name in english
    assert "entries answered within T ÷" in english
    assert "pensions: service threshold T 0:30" in english


def _unbalanced(report: QueueReport) -> QueueReport:
    figures = replace(report.total.figures, ledger=replace(report.total.figures.ledger, balance=1, offered=6))
    row = Row(None, report.total.interval, figures, ())
    return replace(report, total=row, rows=(row,))


async def test_a_report_that_does_not_balance_says_so_in_red(small_ledger: Database) -> None:
    report = _unbalanced(await report_of(small_ledger))
    console = Console(width=300, force_terminal=True, color_system="standard", file=io.StringIO(), record=True)
    console.print(queue_report_table(report, SETTINGS.model_copy(update={"site": Site(language="en")})))
    shown = console.export_text(styles=True)
    assert "\x1b[1;31mTHIS REPORT DOES NOT BALANCE" in shown
    assert content(report)["balanced"] is False


def test_growth_compares_the_same_days_of_the_jalali_year_before() -> None:
    interval = Interval(moment("2025-03-21T00:00"), moment("2025-03-22T00:00"))
    before = earlier(interval, TEHRAN, Calendar.JALALI, NOW)
    assert before == Interval(moment("2024-03-20T00:00"), moment("2024-03-21T00:00"))
    noon = moment("2025-03-21T12:00")
    assert earlier(interval, TEHRAN, Calendar.JALALI, noon).end == moment("2024-03-20T12:00")


async def test_growth_appears_when_the_ledger_reaches_back_a_year(sqlite_ledger: Database, tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    calls = ["2025-11-20T08:00", "2025-11-22T08:00", "2025-11-22T09:00", "2026-11-22T08:00", "2026-11-22T09:00",
             "2026-11-22T10:00"]
    path.write_text("".join(
        f"{moment(at)}|g-1.{n}|operator|NONE|ENTERQUEUE|||1\n{moment(at) + 9}|g-1.{n}|operator|NONE|ABANDON|1|1|9\n"
        for n, at in enumerate(calls)
    ))
    await import_journal(sqlite_ledger, path)
    found = content(await report_of(sqlite_ledger, step=Step.HOUR))
    assert found["growth"] == 0.5
    hours = {row["from"][11:13]: row["growth"] for row in found["rows"] if row["queue"] == "operator"}
    assert (hours["08"], hours["09"], hours["10"]) == (0.0, 0.0, None)


def test_a_report_of_nothing_has_no_ratios_and_balances() -> None:
    report = compose(QueueQuery(DAY), Evidence(), [], SETTINGS, now=NOW)
    found = content(report)
    assert (found["offered"], found["service_level"], found["balanced"]) == (0, None, True)
    assert "–" in _text(report, "fa")


def test_refusals_and_other_peoples_queues_are_rows_too() -> None:
    evidence = Evidence(refused=[Refused(DAY.start, "other", Refusal.CLOSED, "x", "x")])
    report = compose(QueueQuery(DAY), evidence, [Gap(GapKind.BLIND, DAY.start)], SETTINGS, now=NOW)
    assert report.queues == ("operator", "other", "pensions")
    assert content(report)["refused_closed"] == 1
    assert "still lasting" in _text(report, "en")


def test_books_of_a_month_by_hour_stay_quick() -> None:
    """Thirty days by hour and two queues are 1440 rows; each must not walk through all calls again."""
    intervals = [Interval(DAY.start + n * 3600, DAY.start + (n + 1) * 3600) for n in range(720)]
    stints = [replace(stints_of("c ch operator direct 08:00:00 answered wait=5 talk=9")[0], call_id=f"c{n}",
                      channel_id=f"ch{n}", entered=DAY.start + n * 360) for n in range(7200)]
    books = Books(Evidence(stints=stints), intervals, rulebook(SETTINGS), NOW)
    rows = [books.figures([queue], index) for index in range(720) for queue in ("operator", "pensions")]
    assert sum(row.ledger.offered for row in rows) == 7200
