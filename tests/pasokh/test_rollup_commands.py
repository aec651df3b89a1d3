"""`bin/pasokh journal roll-up` and `check`, and the measurements of ledger and reports, as a person calls them."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update

from callqueue.rollups.tables import ROLLUP
from foundation.database import Database, Store, store_url
from foundation.paths import CHECKOUT, Home
from foundation.settings import load_settings
from pasokh.cli import main
from reports.catalog import REPORTS
from tests.support.evidence_site import JOURNAL

Run = Callable[..., tuple[str, str, int]]
EVER = ("--days", "9000")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    (tmp_path / "site.yaml").write_text((CHECKOUT / "foundation" / "site.yaml").read_text())
    monkeypatch.setenv("PASOKH_HOME", str(tmp_path))
    monkeypatch.setattr("time.time", lambda: 1_795_500_000.0)  # two days after the journal
    return Home(tmp_path)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: str) -> tuple[str, str, int]:
        with pytest.raises(SystemExit) as ended:
            main(words)
        said = capsys.readouterr()
        return said.out, said.err, int(ended.value.code or 0)

    return run


async def falsify(home: Home) -> None:
    database = Database(store_url(home, load_settings(home), Store.LEDGER))
    async with database.write() as connection:
        await connection.execute(update(ROLLUP).where(ROLLUP.c.kind == "agents").values(counts='[[],{"q":1}]'))
    await database.close()


def test_roll_ups_are_made_and_checked_by_command(home: Home, run: Run, tmp_path: Path) -> None:
    log = tmp_path / "other_log"
    log.write_text(JOURNAL)
    run("journal", "import", str(log))
    assert run("journal", "roll-up")[2] == 0
    out, _, code = run("journal", "check", *EVER)
    assert (code, "none differ" in out) == (0, True), out
    asyncio.run(falsify(home))
    out, _, code = run("journal", "check", *EVER)
    assert (code, "the roll-up says" in out) == (1, True), out


def test_rebuilding_is_measured_beside_understanding_the_lines(home: Home, run: Run) -> None:
    assert home.root.exists()
    done = json.loads(run("bench", "journal", "--days", "1", "--calls", "20", "--json")[0])
    assert done["lines"] > 40
    assert done["lines_per_second"] > 0


def test_every_report_of_a_year_is_timed_and_the_year_is_kept(home: Home, run: Run, tmp_path: Path) -> None:
    asked = ("bench", "report", "--calls", "40", "--keep", str(tmp_path / "year"), "--json")
    measured, ratios = json.loads(run(*asked, "--days", "1")[0])
    assert measured["stints"] > 20
    assert {each["report"] for each in measured["sheets"]} == {report.name for report in REPORTS}
    assert all(each["refusal"] or each["took"]["cpu"] > 0 for each in measured["sheets"])
    assert ratios.keys() >= {"queues, one day", "menus, one day", "staffing: history"}
    notes = json.loads((tmp_path / "year" / "year.json").read_text())
    out, err, code = run(*asked, "--days", "2")
    assert (out, code) == ("", 2)
    assert "the folder has 1 days of 40 calls" in err
    (tmp_path / "year" / "year.json").unlink()
    assert "no note says that it was filled to its end" in run(*asked, "--days", "1")[1]
    assert notes["stints"] == measured["stints"]
    assert home.root.exists()
