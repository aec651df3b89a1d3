"""`bin/pasokh messages` and `emergency`, as typed."""

import asyncio
import csv
import io
import json
import wave
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from foundation.database import MAIN, Database
from foundation.paths import CHECKOUT, Home
from ivr.emergency import Mode, read_emergency
from pasokh.commands import emergency, messages
from pasokh.commands import prompts as prompts_command
from pasokh.refusal import RefusedError
from recordings.messages.messages import Message, add_message
from recordings.store import Recording, add_recording
from tests.support.stores import make_tables

NOON_MS = 1795330000000
ONE = Message(
    id="message-a", kind="voice_message", box="director", call_id="p-1.1", caller="09121234567", callback_number=None,
    language="fa", tracking="123456782", taken_ms=NOON_MS, duration_ms=4000, recording_id="message-a",
)
TWO = Message(
    id="message-b", kind="callback_request", box="rescue", call_id="p-1.2", caller=None, callback_number="02188776655",
    language="tr", tracking=None, taken_ms=NOON_MS + 60_000, duration_ms=0, recording_id=None, queue="medical",
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = Home(tmp_path / "home")
    home.make()
    monkeypatch.setenv("PASOKH_HOME", str(home.root))
    home.settings_file.write_text((CHECKOUT / "foundation" / "site.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    asyncio.run(_fill(home))
    return home


async def _fill(home: Home) -> None:
    sound = home.recordings_store / "a.wav"
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(64000))
    database = Database(f"sqlite+aiosqlite:///{home.database}/main.sqlite")
    await make_tables(database, MAIN)
    async with database.write() as connection:
        await add_recording(connection, Recording(
            id="message-a", kind="voice_message", call_id="p-1.1", channel_id="p-1.1", stint=0, started_ms=NOON_MS,
            duration_ms=4000, path="a.wav", bytes=64044, sha256="0" * 64,
        ))
        for message in (ONE, TWO):
            await add_message(connection, message)
    await database.close()


def run(words: Sequence[str], app: object = messages.app) -> str:
    result = CliRunner().invoke(app, list(words))  # type: ignore[arg-type]
    if isinstance(result.exception, RefusedError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def listed(*words: str) -> list[str]:
    return [row["id"] for row in json.loads(run(["list", "--format", "json", *words]))]


def test_messages_are_listed_by_box_state_and_time(home: Home) -> None:
    assert listed() == ["message-a", "message-b"]
    assert listed("--box", "director") == ["message-a"]
    assert listed("--state", "closed") == []
    assert listed("--queue", "medical") == ["message-b"]
    assert listed("--queue", "insurance") == []
    assert listed("--from", "2026-11-22T10:17:00") == ["message-b"]
    assert listed("--to", "2026-11-22T10:17:00") == ["message-a"]


def test_numbers_are_shown_whole_only_when_asked_for(home: Home) -> None:
    for form in ("table", "json", "csv"):
        short, whole = run(["list", "--format", form]), run(["list", "--format", form, "--whole-numbers"])
        assert "09121234567" not in short
        assert "02188776655" not in short
        assert "09121234567" in whole
        assert "…4567" in short or "\\u2026" in short
    assert len(list(csv.DictReader(io.StringIO(run(["list", "--format", "csv"]))))) == 2
    assert "09121234567" not in run(["show", "123456782"])


def test_playing_marks_as_heard_and_a_file_of_the_sound_can_be_had(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RefusedError, match="--output"):
        run(["play", "123456782", "--by", "nobody"])
    player = tmp_path / "aplay"
    player.write_text(f"#!/bin/sh\n/bin/cat >{tmp_path}/played.wav\n")
    player.chmod(0o700)
    run(["play", "123456782", "--by", "sara"])
    run(["play", "message-a", "--by", "omid", "-o", str(tmp_path / "copy.wav")])
    assert (tmp_path / "copy.wav").stat().st_size == (tmp_path / "played.wav").stat().st_size == 64044
    assert (tmp_path / "copy.wav").stat().st_mode & 0o077 == 0
    assert "sara" in run(["show", "123456782"])
    assert listed("--state", "heard") == ["message-a"]
    with pytest.raises(RefusedError, match="nothing was said"):
        run(["play", "b"])


def test_closing_is_done_once(home: Home) -> None:
    assert "is closed" in run(["close", "b", "--by", "sara"])
    assert "closed already, by sara" in run(["close", "b", "--by", "omid"])


@pytest.mark.parametrize(("words", "reason"), [
    (["show", "999999999"], "no such message"),
    (["list", "--box", "nothing"], "no such box"),
    (["list", "--from", "someday"], "someday"),
    (["play", "123456782", "-o", "/nowhere/at/all.wav"], "/nowhere"),
])
def test_what_cannot_be_is_refused_with_its_reason(home: Home, words: list[str], reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        run(words)


def test_the_emergency_switch_on_the_command_line(home: Home) -> None:
    texts = ["--text", "امروز بسته‌ایم.", "--text", "en=We are closed."]
    said = run(["on", "--closed", *texts, "--by", "sara"], emergency.app)
    assert "CLOSED" in said
    assert "by sara, in fa, en" in said
    found = read_emergency(home)
    assert found is not None
    assert (found.mode, found.languages) == (Mode.CLOSED, ("fa", "en"))
    assert CliRunner().invoke(emergency.app, ["status"]).exit_code == 1
    assert "switched off" in run(["off"], emergency.app)
    assert "no emergency" in run(["status"], emergency.app)
    with pytest.raises(RefusedError, match="one of them"):
        run(["on", "--text", "x", "--prompt", "closed"], emergency.app)


def test_an_import_tells_what_it_refused(home: Home, tmp_path: Path) -> None:
    (tmp_path / "studio/fa").mkdir(parents=True)
    (tmp_path / "studio/fa/welcome.wav").write_bytes(b"no sound")
    shown = CliRunner().invoke(prompts_command.app, ["import", str(tmp_path / "studio")])
    assert shown.exit_code == 1
    assert "0 taken, 1 refused" in shown.output
