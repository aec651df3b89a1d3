"""`bin/pasokh transcripts`, as typed: with a model (a double), and without."""

import asyncio
import functools
import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from foundation.database import MAIN, Database
from foundation.paths import CHECKOUT, Home
from foundation.web.audit_log import Wanted, read_audit
from pasokh.commands import transcripts
from pasokh.doctor.state import look_at_transcripts
from pasokh.refusal import RefusedError
from pasokh.site import open_site
from recordings.messages.messages import Message, add_message
from recordings.store import add_recording
from recordings.transcripts.transcribing import Pool, alone
from tests.support.levels import DOUBLE, call, keep, model_folder, place, said, silence
from tests.support.stores import make_tables

KNOWN = ["سلام", "بیمه", "حساب", "خداحافظ"]
OLD = replace(call(1), started_ms=1_700_000_000_000, queue="insurance", agent="a101")
MESSAGE = Message(
    id="message-a", kind="voice_message", box="director", call_id="p-1.1", caller="09121234567", callback_number=None,
    language="fa", tracking="123456782", taken_ms=5, duration_ms=4000, recording_id="message-a",
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.syspath_prepend(str(DOUBLE))
    monkeypatch.setenv("PYTHONPATH", str(DOUBLE))  # of the processes
    monkeypatch.setattr(transcripts, "Pool", functools.partial(Pool, idle=False))
    home = Home(tmp_path / "home")
    home.make()
    monkeypatch.setenv("PASOKH_HOME", str(home.root))
    write_settings(home, {"models": {"fa": str(model_folder(tmp_path / "fa", KNOWN))}})
    asyncio.run(_fill(home))
    return home


def write_settings(home: Home, section: dict[str, object]) -> None:
    content = yaml.safe_load((CHECKOUT / "foundation" / "site.yaml").read_text(encoding="utf-8"))
    home.settings_file.write_text(yaml.safe_dump(content | {"transcripts": section}, allow_unicode=True), "utf-8")


async def _fill(home: Home) -> None:
    message = replace(OLD, id="message-a", kind="voice_message", path="message-a.wav", queue=None, agent=None, stint=0)
    database = Database(f"sqlite+aiosqlite:///{home.database}/main.sqlite")
    await make_tables(database, MAIN)
    async with database.write() as connection:
        spoken = said(["سلام", "بیمه"], KNOWN), said(["حساب", "خداحافظ"], KNOWN, 1000)
        await add_recording(connection, keep(home, OLD, *spoken))
        await add_recording(connection, keep(home, message, said(["سلام", "حساب"], KNOWN), silence(0)))
        await add_message(connection, MESSAGE)
    await database.close()


def typed(*words: str) -> str:
    result = CliRunner().invoke(transcripts.app, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def figures() -> dict[str, object]:
    found: dict[str, object] = json.loads(typed("status", "--format", "json"))
    return found


def test_what_is_asked_for_is_made_shown_and_found(home: Home) -> None:
    assert (figures()["made"], figures()["waiting"]) == (0, 0)  # both are too old to be taken by themselves
    assert "2 recordings are asked for" in typed("make", "--from", "2000-01-01")
    assert (figures()["made"], figures()["words"], figures()["waiting"]) == (2, 6, 0)
    (hit,) = json.loads(typed("search", "بيمه", "--format", "json", "--queue", "insurance", "--by", "sara"))
    assert (hit["recording"], hit["agent"]) == (OLD.id, "a101")
    assert hit["places"] == [{
        "side": "caller", "start_ms": place(1)[0], "end_ms": place(1)[1], "text": "سلام بیمه", "found": ["بیمه"]}]
    assert "agent   حساب خداحافظ" in typed("search", "حساب", "--said-by", "agent")
    assert "nothing was found" in typed("search", "بیمه", "--agent", "a102")
    assert typed("show", "123456782") == "  0:00  caller  سلام حساب\n"
    assert typed("show", OLD.id).splitlines() == ["  0:00  caller  سلام بیمه", "  0:01  agent   حساب خداحافظ"]
    assert json.loads(typed("show", OLD.id, "--format", "json"))[3] == {
        "side": "agent", "start_ms": place(1, 1000)[0], "end_ms": place(1, 1000)[1], "word": "خداحافظ",
        "confidence": 90,
    }
    log = asyncio.run(_log(home))
    assert ("command:sara", "transcript.searched", "") in log
    assert {subject for _, action, subject in log if action == "transcript.read"} == {OLD.id, "message-a"}


def test_what_is_there_is_made_again_only_when_it_is_said(home: Home) -> None:
    assert "1 recordings" in typed("make", OLD.id)
    assert "0 recordings" in typed("make", OLD.id)
    assert "1 recordings" in typed("make", OLD.id, "--again")
    assert figures()["made"] == 1


def test_beside_a_service_that_works_it_only_asks(home: Home) -> None:
    async def beside() -> str:
        async with alone(home, wait=True):
            return await asyncio.to_thread(typed, "make", "123456782")

    assert "the service is at work" in asyncio.run(beside())
    assert figures()["waiting"] == 1


def test_what_cannot_be_is_said_with_its_reason(home: Home, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="no such recording"):
        typed("show", "nothing")
    with pytest.raises(RefusedError, match="not written down"):
        typed("show", OLD.id)
    with pytest.raises(RefusedError, match="Type a word"):
        typed("search", "؟")
    assert look_at_transcripts(open_site()).text == "recordings are written down in fa"
    (tmp_path / "fa" / "am" / "final.mdl").write_text("@broken", encoding="utf-8")
    with pytest.raises(RefusedError, match=r"recogniser cannot be begun: .*it ended with 1"):
        typed("make", OLD.id)
    write_settings(home, {"models": {"fa": "/nowhere"}})
    assert "no such folder" in typed("status")
    assert "no such folder" in look_at_transcripts(open_site()).text
    with pytest.raises(RefusedError, match="no such folder"):
        typed("make")
    write_settings(home, {})
    assert "no model" in typed("status")
    assert "no model is set" in look_at_transcripts(open_site()).text
    with pytest.raises(RefusedError, match="names no model"):
        typed("make")


async def _log(home: Home) -> set[tuple[str, str, str]]:
    database = Database(f"sqlite+aiosqlite:///{home.database}/main.sqlite")
    try:
        found = await read_audit(database, Wanted())
        return {(one.act.actor, one.act.action, one.act.subject) for one in found}
    finally:
        await database.close()
