"""`bin/pasokh ivr` and `report ivr`, as a person calls them."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from foundation.database import Database, Store, store_url
from foundation.paths import CHECKOUT, Home
from foundation.settings import load_settings
from ivr.steps.spool import StepSpool, deliver_file
from ivr.steps.steps import BEGAN, Kind, StepLog
from pasokh.cli import main
from pasokh.migrations import migrate

AT = 1_795_000_000.0
TIME = ("--from", "2026-11-18", "--to", "2026-11-19")
MENUS = """call: {start: a}
menus:
  a: {say: [welcome], keys: {1: {do: queue, queue: insurance}, 2: {do: goodbye}}}
  b: {say: [welcome], keys: {1: {do: operator}}}
"""
Run = Callable[..., tuple[str, str, int]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    (tmp_path / "site.yaml").write_text((CHECKOUT / "foundation" / "site.yaml").read_text())
    monkeypatch.setenv("PASOKH_HOME", str(tmp_path))
    (tmp_path / "change").mkdir()
    (tmp_path / "change" / "main.yaml").write_text(MENUS)
    return Home(tmp_path)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: str) -> tuple[str, str, int]:
        with pytest.raises(SystemExit) as ended:
            main(words)
        said = capsys.readouterr()
        return said.out, said.err, int(ended.value.code or 0)

    return run


def test_the_shipped_menus_are_sound(home: Home, run: Run) -> None:
    out, _, code = run("ivr", "check")
    assert (code, "nothing wrong" in out) == (0, True), out
    assert home.root.exists()


def test_findings_are_told_with_their_place_and_an_exit_code(home: Home, run: Run) -> None:
    folder = home.root / "change"
    out, _, code = run("ivr", "check", "--menu", str(folder))
    assert (out, code) == (f"{folder}/main.yaml:4: menus.b: no caller can reach this menu\n", 1)
    (folder / "main.yaml").write_text(MENUS.replace("insurance", "dental"))
    out, _, code = run("ivr", "check", "--menu", str(folder))
    assert code == 1
    assert f"{folder}/main.yaml:3: menus.a.keys.1.queue = 'dental': there is no such queue" in out


def test_the_drawing_is_written_where_it_is_asked_for(home: Home, run: Run) -> None:
    target = home.root / "menus.svg"
    _, _, code = run("ivr", "graph", "--output", str(target))
    assert (code, target.read_text().startswith("<svg ")) == (0, True)


def test_menus_are_walked_with_keys_typed_ahead(home: Home, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(["91"])
    monkeypatch.setattr("builtins.input", lambda _prompt: next(typed))
    out, _, code = run("ivr", "try", "--menu", str(home.root / "change"), "--language", "en")
    assert code == 0
    assert out.splitlines()[-1] == "queue insurance"
    assert "Welcome to our contact centre.  (welcome)" in out
    assert "9 pressed: wrong_key" in out


@pytest.mark.parametrize(("words", "reason"), [
    ("--menu nowhere", "no menu files"), ("--at noonish", "is no time"), ("--language de", "there are fa"),
    ("--wait insurance", "QUEUE=SECONDS"),
])
def test_what_cannot_be_is_refused_with_what_to_write(home: Home, run: Run, words: str, reason: str) -> None:
    _, err, code = run("ivr", "try", *words.split())
    assert (code, reason in err) == (2, True), err
    assert home.root.exists()


async def _keep_a_call(home: Home) -> None:
    settings = load_settings(home)
    await migrate(home, settings)
    spool = StepSpool(home)
    log = StepLog("p-1.1", spool.keep, lambda: AT)
    log.add(Kind.CALL, "", None, BEGAN, caller="09121234567")
    log.add(Kind.MENU, "language", "1", "chosen", 2100)
    log.add(Kind.MENU, "subject", "", "hung_up", 900)
    log.add(Kind.CALL, "", None, "hung_up", 3000)
    spool.rotate()
    database = Database(store_url(home, settings, Store.MAIN))
    for path in spool.ready():
        await deliver_file(path, database)
    await database.close()


def test_the_path_report_and_the_calls_behind_it(home: Home, run: Run) -> None:
    asyncio.run(_keep_a_call(home))
    out, _, code = run("report", "ivr", *TIME, "--format", "json")
    report = json.loads(out)
    assert (code, report["calls"], report["hung_up"], report["lost_in_menu_steps"]) == (0, 1, 1, 1)
    assert [(row["menu"], row["entered"], row["hung_up"]) for row in report["menus"]] == [
        ("language", 1, 0), ("subject", 1, 1)]
    assert report["definitions"]["contained"]["evidence"] == "steps of the menus"
    out, _, _ = run("report", "ivr", *TIME, "--menu", "subject", "--format", "csv")
    assert out.splitlines()[-1] == "subject,1,0,0,0,1,0,0.9,"
    out, _, _ = run("report", "ivr", *TIME)
    assert "subject" in out
    out, _, _ = run("report", "calls", *TIME, "--menu", "subject", "--result", "hung_up", "--format", "csv")
    assert "p-1.1" in out
    out, _, _ = run("report", "calls", *TIME, "--menu", "subject", "--result", "wrong", "--format", "csv")
    assert "p-1.1" not in out


def test_calls_of_menus_are_asked_for_by_what_there_is(home: Home, run: Run) -> None:
    _, err, code = run("report", "calls", "--result", "lost")
    assert (code, "result: there is no lost" in err) == (2, True)
    _, err, code = run("report", "calls", "--menu", "subject", "--queue", "medical")
    assert (code, "leave one out" in err) == (2, True)
    assert home.root.exists()
