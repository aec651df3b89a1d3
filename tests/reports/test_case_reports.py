"""`report followups`, `satisfaction` and `faults` from the command line, over a case office's own store."""

import asyncio
import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from followups.book.causes import load_causes, set_cause
from followups.cases.case import LinkKind, ToldBy
from followups.cases.lifecycle import Closing
from followups.surveys.satisfaction import Occasion
from followups.surveys.spool import Asked, Pressed, store
from foundation.paths import Home
from pasokh.commands.report import app
from pasokh.refusal import RefusedError
from tests.support.case_deadlines import at, keeper
from tests.support.case_site import DAY_MS, SARA, CaseSite, case_site

SITE = """
site: {language: en}
queues: {operator: {}, pensions: {title: {en: Pensions}}}
"""
WEEKS_BEFORE = (4, 5, 3, 6, 4, 5, 4, 5)
RISEN = 19
"""Cases about records in the last week's morning."""
MORNING = ["--from", "2026-11-22T08:00", "--to", "2026-11-22T12:00"]


def report(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def read(*words: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(report(*words, "--format", "json").stdout)
    return content


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    found = Home(tmp_path / "home")
    found.make()
    found.settings_file.write_text(SITE, encoding="utf-8")
    monkeypatch.setenv("PASOKH_HOME", str(found.root))
    return found


@pytest.fixture
def pulse(home: Home, tmp_path: Path) -> Home:
    """Eight quiet weeks and one in which records are asked for; medical cases stay as they were."""
    asyncio.run(_fill(tmp_path))
    return home


async def _fill(folder: Path) -> None:
    async with case_site(folder) as site:
        await _open(site, at("2026-09-26T09:00"), "praise", 1)
        for week, count in enumerate(reversed(WEEKS_BEFORE)):
            await _open(site, at("2026-09-27T09:00") + week * 7 * DAY_MS, "insurance-records", count)
            await _open(site, at("2026-09-27T10:00") + week * 7 * DAY_MS, "medical", 3)
        await _open(site, at("2026-11-22T09:00"), "insurance-records", RISEN)
        await _open(site, at("2026-11-22T10:00"), "medical", 4)


async def _open(site: CaseSite, moment: int, subject: str, count: int) -> None:
    for number in range(count):
        site.clock.now = moment + number * 1000
        case = await site.opened(subject=subject, request_key=f"{moment}-{number}")
        if subject == "insurance-records":
            await set_cause(site.office.clock.changes, load_causes(), case.code, "system-outage", SARA)


def test_a_sudden_rise_is_flagged_with_its_reason_in_words(pulse: Home) -> None:
    text = report("faults", *MORNING).stdout
    why = "Insured persons › Insurance records: 19 cases; in the same hours of 8 earlier weeks 3 to 6, median 4."
    assert why in text
    assert "Outage or error of a system: 19 cases" in text
    assert "once in" in text
    assert "in the long run one flag in twenty at most is chance" in text


def test_a_rise_can_be_read_by_machines_with_every_passport(pulse: Home) -> None:
    found = read("faults", *MORNING)
    flagged = {(row["kind"], row["name"]) for row in found["rows"] if row["fault_flagged"]}
    assert flagged == {("subject", "insurance"), ("subject", "insurance-records"), ("cause", "system-outage"),
                       ("province", "yazd")}
    rows = {row["name"]: row for row in found["rows"]}
    assert rows["insurance-records"]["weeks"] == "4 5 3 6 4 5 4 5"
    assert (rows["medical"]["fault_cases"], rows["medical"]["fault_usual"]) == (4, 3)
    assert set(found["definitions"]) >= {"fault_cases", "fault_usual", "fault_rise", "fault_chance", "fault_flagged"}


def test_the_same_hours_a_week_before_are_quiet(pulse: Home) -> None:
    found = read("faults", "--from", "2026-11-15T08:00", "--to", "2026-11-15T12:00")
    assert not any(row["fault_flagged"] for row in found["rows"])


def test_young_records_are_said_to_be_too_young(pulse: Home) -> None:
    text = report("faults", "--from", "2026-10-11T08:00", "--to", "2026-10-11T12:00").stdout
    assert "Nothing was compared: it takes 4 earlier weeks on record." in text


def test_a_time_longer_than_a_week_is_refused(pulse: Home) -> None:
    with pytest.raises(RefusedError, match="a week long at most"):
        report("faults", "--from", "2026-11-01", "--to", "2026-11-22")


def test_cases_are_counted_over_time(pulse: Home) -> None:
    found = read("faults", "--step", "day", "--by", "cause", "--from", "2026-11-15", "--to", "2026-11-23")
    assert [(row["start"][:10], row["name"], row["fault_cases"]) for row in found["rows"]] == [
        ("2026-11-15", "system-outage", 4), ("2026-11-22", "system-outage", RISEN)]


@pytest.fixture
def kept(home: Home, tmp_path: Path) -> Home:
    asyncio.run(_keep(tmp_path))
    return home


async def _keep(folder: Path) -> None:
    async with case_site(folder) as site:
        await site.opened(request_key="late")
        case = await site.opened(request_key="kept")
        site.clock.now += DAY_MS
        await site.office.desk.resolve(case.code, "The months are entered", SARA)
        await site.office.desk.tell(case.code, ToldBy.CALL, SARA)
        await site.office.desk.close(case.code, Closing.SOLVED, SARA)
        site.clock.now = at("2026-11-30T12:00")
        await keeper(site).look()


def test_promises_are_told_per_unit_with_a_row_for_all(kept: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pasokh.commands.report.present", lambda: at("2026-12-01T00:00") // 1000)
    times = ["--from", "2026-11-20", "--to", "2026-12-01"]
    rows = read("followups", *times)["rows"]
    assert [(row["name"], row["followup_on_time"], row["followups_due"], row["followups_overdue"]) for row in rows] == [
        ("insured-desk", 0.5, 2, 1), ("total", 0.5, 2, 1)]
    assert "Insured persons' desk" in report("followups", *times).stdout
    sheet = report("followups", *times, "--by", "subject", "--format", "csv").stdout
    lines = [line for line in sheet.splitlines() if not line.startswith("#")]
    assert [row["name"] for row in csv.DictReader(io.StringIO("\n".join(lines)))] == [
        "insurance", "insurance-records", "total"]
    assert sheet.startswith("# followup_on_time: followups_on_time ÷ followups_due")


def test_where_nothing_was_due_it_says_so(kept: Home) -> None:
    assert "No deadline lies in this time." in report("followups", "--from", "2026-10-01", "--to", "2026-10-02").stdout


@pytest.fixture
def asked(home: Home, tmp_path: Path) -> Home:
    asyncio.run(_ask(tmp_path))
    return home


async def _ask(folder: Path) -> None:
    moment = at("2026-11-22T10:00")
    first = Asked("1.1-1", "after-call", Occasion.CALL, moment, "1.1", "fa", "pensions", "a101",
                  answers={"satisfaction": Pressed(5, moment), "solved": Pressed(1, moment)})
    async with case_site(folder) as site:
        await site.opened(links=((LinkKind.CALL, "1.1"),))
        async with site.database.write() as connection:
            await store(connection, first)
            two = {"satisfaction": Pressed(2, moment)}
            await store(connection, replace(first, id="1.2-1", call_id="1.2", answers=two))
            await store(connection, replace(first, id="1.3-1", call_id="1.3", agent="a102", answers={}))


def test_satisfaction_is_told_per_agent_with_counts_rate_and_mean(asked: Home) -> None:
    rows = read("satisfaction", "--by", "agent", "--from", "2026-11-22", "--to", "2026-11-23")["rows"]
    told = [(row["name"], row["question"], row["survey_asked"], row["survey_response_rate"],
             row["satisfaction_answers"], row["satisfaction_mean"], row["keys"]) for row in rows]
    assert told == [
        ("a101", "satisfaction", 2, 1.0, 2, 3.5, "1=0 2=1 3=0 4=0 5=1"),
        ("a101", "solved", 2, 1.0, 1, 1.0, "1=1 2=0"),
        ("a102", "satisfaction", 1, 0.0, 0, None, "1=0 2=0 3=0 4=0 5=0"),
        ("a102", "solved", 1, 0.0, 0, None, "1=0 2=0"),
    ]


def test_satisfaction_of_a_call_belongs_to_the_unit_of_its_case(asked: Home) -> None:
    rows = read("satisfaction", "--by", "unit", "--from", "2026-11-22", "--to", "2026-11-23")["rows"]
    assert [(row["name"], row["survey_asked"]) for row in rows if row["question"] == "satisfaction"] == [
        ("insured-desk", 1), (None, 2)]
    text = report("satisfaction", "--from", "2026-11-22", "--to", "2026-11-23").stdout
    assert "Pensions" in text
    assert "no fair sample" in text


def test_a_survey_that_is_not_there_is_refused(asked: Home) -> None:
    with pytest.raises(RefusedError, match="survey: there is no mood; there are after-call, after-result"):
        report("satisfaction", "--survey", "mood")
