"""`bin/pasokh action`, `case cause` and `holidays` on the command line, over a case office's own store."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from foundation.paths import Home
from pasokh.commands.action import app as action
from pasokh.commands.case import app as case
from pasokh.commands.holidays import app as holidays
from pasokh.refusal import RefusedError
from tests.support.case_site import SARA, case_site

SITE = "{site: {language: en}, queues: {operator: {}}}"
WHAT = ["--title", "Slips from the bank come late", "--unit", "insurance-deputy", "--owner", "mina",
        "--due", "1405-10-30"]


def run(app: typer.Typer, *words: str) -> str:
    done = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    found = Home(tmp_path / "home")
    found.make()
    found.settings_file.write_text(SITE, encoding="utf-8")
    monkeypatch.setenv("PASOKH_HOME", str(found.root))
    return found


@pytest.fixture
def codes(home: Home, tmp_path: Path) -> Sequence[str]:
    async def fill() -> list[str]:
        async with case_site(tmp_path) as site:
            return [(await site.opened(subject="complaints", request_key=f"{number}")).code for number in range(3)]

    return asyncio.run(fill())


def test_an_action_from_the_fault_to_its_end(codes: Sequence[str]) -> None:
    for code in codes:
        run(case, "cause", code, "third-party", "--by", "sara")
    number = run(action, "open", *WHAT, "--subject", "complaints", "--cause", "third-party", "--case", codes[0]).strip()
    run(action, "add", number, *codes[1:], "--by", "sara")
    assert "Slips from the bank come late" in run(action, "list")
    run(action, "mended", number, "--since", "now")
    shown = run(action, "show", number)
    assert "Complaints · A bank, pharmacy, employer or other third party" in shown
    assert "Too little to measure the effect yet" in shown
    assert all(code in shown for code in codes)
    run(action, "close", number, "--outcome", "The bank sends them on the 25th")
    assert "Slips" not in run(action, "list")
    [found] = json.loads(run(action, "list", "--all", "--format", "json"))
    assert (found["outcome"], found["owner"], found["version"]) == ("The bank sends them on the 25th", "mina", 3)
    assert [event["deed"] for event in json.loads(run(action, "show", number, "--format", "json"))["events"]] == [
        "opened", "cases_added", "cases_added", "mended", "closed"]


@pytest.mark.parametrize(("words", "reason"), [
    (["open", *WHAT], "name a subject, a cause or a province"),
    (["open", *WHAT, "--cause", "luck"], "there is no cause luck"),
    (["show", "7"], "there is no corrective action 7"),
    (["close", "7", "--outcome", "done"], "there is no corrective action 7"),
])
def test_what_cannot_be_is_refused_in_words(codes: Sequence[str], words: list[str], reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        run(action, *words)


def test_the_causes_are_listed_and_others_refused(codes: Sequence[str]) -> None:
    assert "system-outage" in run(case, "causes")
    with pytest.raises(RefusedError, match="there is no cause luck"):
        run(case, "cause", codes[0], "luck")


def test_the_calendar_shows_holidays_and_what_hangs_on_the_moon(home: Home) -> None:
    words = ("show", "--from", "2027-01-01", "--days", "10")
    rows = json.loads(run(holidays, *words, "--format", "json"))
    assert [(row["day"], row["kind"], row["provisional"]) for row in rows] == [
        ("2027-01-05", "working", True), ("2027-01-06", "holiday", True), ("2027-01-07", "half", True)]
    assert "hangs on the moon" in run(holidays, *words)
    assert len(json.loads(run(holidays, *words, "--all", "--format", "json"))) == 10


def test_a_correction_in_the_settings_is_applied_to_open_deadlines(home: Home, codes: Sequence[str]) -> None:
    assert "No deadline has moved." in run(holidays, "apply")
    closed = "holidays: {closures: [{first: '1405-09-09', last: '1405-09-09'}]}"
    home.settings_file.write_text(f"{SITE[:-1]}, {closed}}}", encoding="utf-8")
    moved = run(holidays, "apply", "--by", SARA.name)
    assert moved.count("2026-12-03 23:59") == moved.count("2026-12-05 23:59") == 3
    assert "No deadline has moved." in run(holidays, "apply")
