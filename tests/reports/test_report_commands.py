"""`report queue` and `report calls` from the command line, over a site's own stores."""

import asyncio
import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from typer.testing import CliRunner, Result

import callqueue.ledger.tables  # the metadata below needs its tables
from callqueue.journal.importing import import_journal
from foundation.database import LEDGER, MAIN, Database, Store, store_url
from foundation.paths import Home
from foundation.settings import load_settings
from pasokh.commands.report import app
from pasokh.refusal import RefusedError
from recordings.store import Recording, add_recording
from reports.catalog import REPORTS
from reports.queues.calls import FIGURES
from tests.support.stores import make_tables

JOURNAL = """
1795322400|p-1.1|pensions|NONE|STINT|p-1.1|09120001234|direct||1
1795322400|p-1.1|pensions|NONE|ENTERQUEUE||09120001234|1
1795322410|p-1.1|pensions|a101|CONNECT|10|p-1.2|3
1795322470|p-1.1|pensions|a101|COMPLETECALLER|10|60|1
1795326000|p-1.3|pensions|NONE|STINT|p-1.3||direct||1
1795326000|p-1.3|pensions|NONE|ENTERQUEUE|||1
1795326030|p-1.3|pensions|NONE|ABANDON|1|1|30
1795326100|p-1.5|operator|NONE|STINT|p-1.5|09120005678|direct||1
1795326100|p-1.5|operator|NONE|REFUSED_FULL|p-1.5
"""
"""22 November 2026: 08:10 and 09:10 at the site, Tehran."""
DAY = ["--from", "2026-11-22", "--to", "1405-09-02"]
SITE = """
site: {language: en}
queues: {operator: {}, pensions: {title: {en: Pensions}}}
agents: {a101: {queues: {pensions: 0}}}
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = Home(tmp_path / "site")
    home.make()
    home.settings_file.write_text(SITE, encoding="utf-8")
    monkeypatch.setenv("PASOKH_HOME", str(home.root))
    return home


@pytest.fixture
def line(site: Home) -> Home:
    asyncio.run(_fill(site))
    return site


async def _fill(site: Home) -> None:
    settings = load_settings(site)
    assert callqueue.ledger.tables.STINT.metadata is LEDGER
    ledger, main = (Database(store_url(site, settings, store)) for store in (Store.LEDGER, Store.MAIN))
    await make_tables(ledger, LEDGER)
    await make_tables(main, MAIN)
    path = site.root / "queue_log"
    path.write_text(JOURNAL.lstrip(), encoding="utf-8")
    await import_journal(ledger, path)
    kept = Recording("p-1.1_p-1.1_1", "call", "p-1.1", "p-1.1", 1, 1, 60000, "2026/11/22/p-1.1.wav", 1, "")
    async with main.write() as connection:
        await add_recording(connection, kept)
    async with ledger.write() as connection:
        await connection.execute(insert(callqueue.ledger.tables.CALL).values(
            call_id="p-9.9", channel="PJSIP/trunk-00000001", started_us=1795326000_500000, ended_us=1795326009_000000,
            queued=False, hung_up_by_caller=True, interrupted=False))
    await ledger.close()
    await main.close()


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def read(*words: str) -> dict[str, Any]:
    result = run(*words, "--format", "json")
    assert result.exit_code == 0, (result.output, result.exception)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def refusal(*words: str) -> str:
    result = run(*words)
    assert isinstance(result.exception, RefusedError)
    return str(result.exception)


def test_a_day_is_asked_for_in_either_calendar(line: Home) -> None:
    gregorian = read("queue", "--from", "2026-11-22", "--to", "2026-11-23")
    jalali = read("queue", "--from", "1405-09-01", "--to", "۱۴۰۵/۰۹/۰۲")
    assert gregorian["offered"] == jalali["offered"] == 2
    assert gregorian["service_level"] == jalali["service_level"] == 0.5
    assert (gregorian["from"], gregorian["rows"]) == (jalali["from"], jalali["rows"])


def test_rows_by_hour_are_those_of_the_sites_clock(line: Home) -> None:
    rows = read("queue", "--queue", "pensions", *DAY, "--by", "hour")["rows"]
    assert [(row["from"], row["offered"]) for row in rows if row["offered"]] == [
        ("2026-11-22T08:00:00+03:30", 1), ("2026-11-22T09:00:00+03:30", 1),
    ]


def test_a_table_and_csv_are_written_too(line: Home) -> None:
    table = run("queue", *DAY)
    assert (table.exit_code, "Pensions" in table.stdout, "50.0%" in table.stdout) == (0, True, True)
    sheet = run("queue", *DAY, "--format", "csv").stdout
    rows = list(csv.DictReader(text for text in io.StringIO(sheet) if not text.startswith("#")))
    assert [row["offered"] for row in rows] == ["0", "2", "2"]


def test_without_times_it_is_today_so_far(line: Home) -> None:
    assert read("queue")["from"].endswith("T00:00:00+03:30")
    assert run("queue", "--from", "-1h").exit_code == 0


@pytest.mark.parametrize(("words", "reason"), [
    (["queue", "--from", "lunchtime"], "'lunchtime' is no time: write"),
    (["queue", "--from", "2026-11-22", "--to", "2026-11-22"], "nothing lies between"),
    (["queue", "--queue", "pension", *DAY], "neither in the settings nor in the ledger"),
    (["calls", "--queue", "pension", *DAY], "the site has "),
    (["queue", "--from", "1405-13-01"], "from: '1405-13-01' is no time: write"),
    (["calls", "--outcome", "lost", *DAY], "there are answered, abandoned"),
    (["calls", "--outcome", "lost_in_menu", "--queue", "pensions", *DAY], "no call belongs to both"),
    (["calls", "--caller", "x", *DAY], "last digits"),
    (["calls", "--figure", "service_level", *DAY], "figure: there is no service_level; there are answered"),
])
def test_wrong_words_are_refused_with_what_to_say_instead(line: Home, words: list[str], reason: str) -> None:
    assert reason in refusal(*words)


def test_a_site_without_a_ledger_says_how_to_get_one(site: Home) -> None:
    assert "bin/pasokh up" in refusal("queue", *DAY)
    assert not list(site.database.iterdir())


def test_calls_are_listed_with_their_agent_times_and_sound(line: Home) -> None:
    answered, abandoned = read("calls", *DAY)["calls"]
    assert answered == {
        "call_id": "p-1.1", "channel_id": "p-1.1", "number": 1, "queue": "pensions", "origin": "direct",
        "outcome": "answered", "entered": "2026-11-22T08:10:00+03:30", "finished": "2026-11-22T08:11:10+03:30",
        "wait": 10, "agent": "a101", "talk": 60, "hold": None, "ending": "caller", "caller": "…1234",
        "recording": str(line.recordings_store / "2026/11/22/p-1.1.wav"),
    }
    assert (abandoned["outcome"], abandoned["wait"], abandoned["caller"], abandoned["recording"]) == (
        "abandoned", 30, None, None)


def test_calls_are_found_by_outcome_queue_and_last_digits(line: Home) -> None:
    def ids(*words: str) -> list[str]:
        return [call["call_id"] for call in read("calls", *DAY, *words)["calls"]]

    assert ids("--outcome", "abandoned") == ["p-1.3"]
    assert ids("--queue", "operator") == []
    assert ids("--outcome", "refused_full", "--queue", "operator") == ["p-1.5"]
    assert ids("--outcome", "lost_in_menu") == ["p-9.9"]
    assert ids("--caller", "1234") == ["p-1.1"]
    assert read("calls", *DAY, "--caller", "1234", "--whole-numbers")["calls"][0]["caller"] == "09120001234"


def test_people_read_callers_numbers_in_their_own_digits_and_programs_in_ascii(
    line: Home, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PASOKH_SITE__LANGUAGE", "fa")
    for words in (["calls", *DAY], ["call", "p-1.1"]):
        told = run(*words).stdout
        assert "…۱۲۳۴" in told
        assert "…1234" not in told
    assert read("calls", *DAY)["calls"][0]["caller"] == "…1234"
    assert "…1234" in run("calls", *DAY, "--format", "csv").stdout


def test_a_list_of_calls_is_a_table_or_csv_too(line: Home) -> None:
    table = run("calls", *DAY).stdout
    assert "…1234" in table
    assert "2 calls" in table
    rows = list(csv.DictReader(io.StringIO(run("calls", *DAY, "--format", "csv").stdout)))
    assert [row["call_id"] for row in rows] == ["p-1.1", "p-1.3"]
    assert run("calls", "--from", "2026-01-01", "--to", "2026-01-02", "--format", "csv").stdout.startswith("call_id,")


def test_as_many_calls_are_listed_as_the_figure_says(line: Home) -> None:
    figures = read("queue", *DAY)
    for outcome in ("answered", "abandoned", "timed_out", "refused_full", "interrupted"):
        assert read("calls", *DAY, "--outcome", outcome)["count"] == figures[outcome]
        assert read("calls", *DAY, "--figure", outcome)["count"] == figures[outcome]
    for figure in (*FIGURES, "offered"):
        assert read("calls", *DAY, "--figure", figure)["count"] == figures[figure], figure


def test_every_report_is_written_for_people_and_machines(line: Home, tmp_path: Path) -> None:
    for report in REPORTS:
        content = read(report.name, *DAY, "--compare", "before")
        assert (content["report"], content["earlier"]["report"]) == (report.name, report.name)
        table, written = run(report.name, *DAY), tmp_path / f"{report.name}.xlsx"
        assert table.exit_code == 0, (table.output, table.exception)
        assert run(report.name, *DAY, "--output", str(written)).exit_code == 0
        assert written.read_bytes().startswith(b"PK")
    paper = tmp_path / "queue.pdf"
    assert run("queue", *DAY, "--output", str(paper)).exit_code == 0
    assert paper.read_bytes().startswith(b"%PDF-")


def test_a_call_is_told_whole_and_its_number_only_when_asked_for(line: Home) -> None:
    assert "Talked with a101" in run("call", "p-1.1").output
    told = json.loads(run("call", "p-1.1", "--format", "json").output)
    assert (told["caller"], told["wait"], told["talk"]) == ("…1234", 10, 60)
    assert {row["event"] for row in told["rows"]} == {"waited", "talked", "recorded"}
    assert json.loads(run("call", "p-1.1", "--whole-numbers", "--format", "json").output)["caller"] == "09120001234"
    refused = CliRunner().invoke(app, ["call", "p-7.7"])
    assert isinstance(refused.exception, RefusedError)
    assert "no record knows such a call" in str(refused.exception)


def test_of_a_time_with_too_many_calls_the_first_ones_are_shown(line: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.frame.limits.MOST_STINTS", 1)
    monkeypatch.setattr("reports.queues.calls_sheet.FIRST_LINES", 1)
    found = read("calls", *DAY)
    assert (found["more"], [call["call_id"] for call in found["calls"]]) == (True, ["p-1.1"])
    assert read("calls", *DAY, "--outcome", "abandoned")["count"] == 1
    assert run("calls", *DAY, "--format", "csv").stdout.startswith("# only the first 1 calls")
    assert "Only the first 1 calls" in run("calls", *DAY).stdout
    assert "too many" in refusal("calls", *DAY, "--figure", "contacts")
