"""`bin/pasokh staffing` over a site's own ledger."""

import asyncio
import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from callqueue.journal.importing import import_journal
from foundation.catalogue import load_catalogue
from foundation.database import LEDGER, Database, Store, store_url
from foundation.paths import CHECKOUT, Home
from foundation.settings import LANGUAGES, load_settings
from pasokh.commands.staffing import app
from pasokh.refusal import RefusedError
from reports.staffing.notes import staffing_texts
from reports.staffing.passports import PASSPORTS
from reports.staffing.sheets import FORECAST_COLUMNS, FORECAST_PASSPORTS, PLAN_PASSPORTS, plan_columns
from reports.staffing.what_if import COLUMNS
from reports.staffing.what_if import PASSPORTS as WHAT_IF_PASSPORTS
from tests.support.stores import make_tables

DAYS = 28
CALLS_A_DAY = 12
SITE = """
site: {language: en, timezone: UTC}
holidays: {country: null}
queues: {operator: {}, pensions: {title: {en: Pensions}}}
agents: {a101: {queues: {pensions: 0}}}
"""


def journal() -> str:
    """Twelve calls at eight every day; every fourth caller gives up after 25 s, the others wait 10 s and talk 170 s."""
    today = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0)
    lines = []
    for back in range(DAYS, 0, -1):
        start = int((today - timedelta(days=back)).timestamp())
        for number in range(CALLS_A_DAY):
            at, call = start + number * 60, f"d{back}.{number}"
            lines.append(f"{at}|{call}|pensions|NONE|STINT|{call}|0912000{number:04}|direct||1")
            lines.append(f"{at}|{call}|pensions|NONE|ENTERQUEUE||0912000{number:04}|1")
            if number % 4 == 3:
                lines.append(f"{at + 25}|{call}|pensions|NONE|ABANDON|1|1|25")
            else:
                lines.append(f"{at + 10}|{call}|pensions|a101|CONNECT|10|x{call}|3")
                lines.append(f"{at + 180}|{call}|pensions|a101|COMPLETECALLER|10|170|1")
    return "".join(f"{line}\n" for line in sorted(lines, key=lambda line: int(line.split("|")[0])))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = Home(tmp_path / "site")
    home.make()
    home.settings_file.write_text(SITE, encoding="utf-8")
    monkeypatch.setenv("PASOKH_HOME", str(home.root))
    return home


@pytest.fixture
def line(site: Home) -> Home:
    asyncio.run(fill(site, journal()))
    return site


async def fill(home: Home, text: str) -> None:
    ledger = Database(store_url(home, load_settings(home), Store.LEDGER))
    await make_tables(ledger, LEDGER)
    path = home.root / "queue_log"
    path.write_text(text, encoding="utf-8")
    await import_journal(ledger, path)
    await ledger.close()


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def read(*words: str) -> dict[str, Any]:
    result = run(*words, "--format", "json")
    assert result.exit_code == 0, (result.output, result.exception)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def refusal(*words: str) -> str:
    result = run(*words)
    assert isinstance(result.exception, RefusedError), result.output
    return str(result.exception)


def test_tomorrow_is_forecast_from_the_ledger_with_its_error_beside_the_naive_one(line: Home) -> None:
    found = read("forecast")
    calls = {row["start"][11:16]: row["calls"] for row in found["rows"]}
    assert (len(calls), calls["08:00"], calls["12:00"]) == (96, 12, 0)
    assert found["calls"] == pytest.approx(12)
    # The ledger begins with its first call: nobody knows of the morning before it.
    assert found["history_days"] == DAYS
    errors = found["errors"]
    assert (errors["weeks"], errors["wape"], errors["naive_wape"]) == (2, pytest.approx(0), pytest.approx(0))


def test_a_plan_measures_handle_time_and_patience_and_shows_the_targets_side_by_side(line: Home) -> None:
    found = read("plan", "--queue", "pensions", "--hourly-cost", "8")
    assert found["assumptions"]["aht"] == pytest.approx(170)
    # Nine waited 5 s beyond S = 5 s, three gave up 20 s beyond it.
    assert found["assumptions"]["patience"] == pytest.approx((9 * 5 + 3 * 20) / 3)
    [busy] = [row for row in found["rows"] if row["calls"]]
    assert busy["agents_c_80"] <= busy["agents_c_95"] <= busy["agents_c_99"]
    assert busy["agents_a_99"] is not None
    assert busy["cost_80"] == busy["scheduled_80"] * 2
    assert [each["target"] for each in found["totals"]] == ["80", "95", "99"]


def test_figures_that_are_given_replace_those_that_are_measured(line: Home) -> None:
    words = ("plan", "--aht", "340", "--patience", "60", "--shrinkage", "0", "--model", "erlang-c", "--growth", "2")
    found = read(*words)
    [busy] = [row for row in found["rows"] if row["calls"]]
    assert (found["assumptions"]["aht"], found["assumptions"]["patience"], busy["calls"]) == (340, 60, 24)
    assert busy["scheduled_80"] == busy["agents_c_80"]
    assert read(*words, "--high")["rows"][32]["calls"] > 24


def test_a_plan_is_written_as_csv_with_its_passports_and_for_people(line: Home) -> None:
    sheet = run("plan", "--format", "csv").stdout
    rows = list(csv.DictReader(text for text in io.StringIO(sheet) if not text.startswith("#")))
    assert len(rows) == 96
    assert "# agents_erlang_a: " in sheet
    table = run("plan", "--queue", "pensions").stdout
    assert "80/20: " in table
    assert "Queues: Pensions" in table
    assert "Measured patience: 0:35" in table


def test_what_if_needs_no_ledger_when_all_is_given(site: Home) -> None:
    found = read("what-if", "--calls", "1560", "--minutes", "60", "--aht", "240")
    assert found["agents_needed"] == {"80": 112, "95": 117, "99": 123}
    [row] = [row for row in found["rows"] if row["agents"] == 112]
    assert (row["meets"], row["service_level_a"]) == ("80/20", None)
    assert row["service_level_c"] > 0.8


def test_what_if_of_a_huge_line_can_still_be_read(site: Home) -> None:
    found = read("what-if", "--calls", "20000", "--aht", "240", "--patience", "120", "--agents", "4000")
    agents = [row["agents"] for row in found["rows"]]
    assert len(agents) < 50
    assert {4000, *found["agents_needed"].values()} < set(agents)


def test_what_if_shows_the_number_of_agents_that_is_asked_for(site: Home) -> None:
    table = run("what-if", "--calls", "30", "--aht", "240", "--patience", "90", "--agents", "4")
    assert table.exit_code == 0, table.exception
    assert "Patience that was given: 1:30" in table.stdout


def test_without_history_a_forecast_is_refused_with_what_helps(site: Home) -> None:
    assert "no ledger here yet" in refusal("forecast")
    assert "give --aht" in refusal("what-if", "--calls", "5")
    asyncio.run(fill(site, ""))
    assert "at least one day of calls" in refusal("forecast")


def test_what_cannot_be_planned_is_refused(line: Home) -> None:
    assert "that day is over" in refusal("forecast", "--from", "yesterday")
    assert "neither in the settings nor in the ledger" in refusal("plan", "--queue", "nobody")
    assert "nobody called operator" in refusal("forecast", "--queue", "operator")
    assert "more than this can reckon with" in refusal("what-if", "--calls", "1000000", "--aht", "9000")


def test_every_heading_stands_in_every_language_and_every_passport_exists() -> None:
    texts_files = [CHECKOUT / "reports" / "texts.yaml", CHECKOUT / "reports" / "staffing" / "texts.yaml"]
    assert load_catalogue(texts_files)
    for language in LANGUAGES:
        texts = staffing_texts(language)
        assert all(texts(column.text) for column in (*FORECAST_COLUMNS, *plan_columns(), *COLUMNS))
    assert {*FORECAST_PASSPORTS, *PLAN_PASSPORTS, *WHAT_IF_PASSPORTS} == set(PASSPORTS)
