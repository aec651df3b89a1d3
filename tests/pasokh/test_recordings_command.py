"""`bin/pasokh recordings`: what is kept is listed and checked, and its key replaced."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import foundation.web.tables  # noqa: F401 - the audit log is in the same store
from foundation.database import Database
from foundation.paths import Home
from foundation.settings import load_secrets
from foundation.web.audit_log import Wanted, read_audit
from pasokh.commands.recordings import app
from pasokh.refusal import RefusedError
from tests.support.sound_store import SoundStore

CALL = "pasokh-1795310641.0"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], SoundStore]:
    """The site's store, opened anew for each event loop."""
    monkeypatch.setenv("PASOKH_HOME", str(tmp_path / "home"))
    url = f"sqlite+aiosqlite:///{tmp_path}/home/database/main.sqlite"
    (tmp_path / "home" / "database").mkdir(parents=True)

    async def fill() -> None:
        store = await SoundStore.make(tmp_path / "home", Database(url))
        for number in (1, 2):
            store.speak(number)
        await store.serve()
        await store.database.close()

    asyncio.run(fill())
    return lambda: SoundStore(Home(tmp_path / "home"), Database(url))


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, list(words))
    if isinstance(done.exception, RefusedError):
        raise done.exception
    assert done.exit_code == code, (done.output, done.exception)
    return done.output


def test_recordings_are_listed_and_a_call_has_a_manifest(site: Callable[[], SoundStore]) -> None:
    assert run("list").count("flac") == 2
    assert run("list", "--call", CALL).count("flac") == 1
    told = json.loads(run("manifest", CALL))
    assert [len(one["sha256"]) for one in told["recordings"]] == [64]
    with pytest.raises(RefusedError, match="no recording"):
        run("manifest", "p-1.1")


def test_the_exit_code_of_a_check_tells_how_bad_it_is(site: Callable[[], SoundStore]) -> None:
    assert "whole and audible" in run("verify", "--deep")
    [first, second] = sorted(site().home.recordings_store.rglob("*.age"))
    second.write_bytes(b"")
    assert "altered: " in (found := run("verify", code=1))
    assert "backup" in found
    first.unlink()
    assert "missing: 1." in run("verify", "--mend", code=1)
    assert "whole" in run("verify", "--since", "2090-01-01")


def test_a_new_key_is_made_told_to_the_audit_log_and_old_ones_can_be_forgotten(
    site: Callable[[], SoundStore],
) -> None:
    store = site()
    before = load_secrets(store.home, store.settings).recording_keys
    assert "2 recordings encrypted" in run("rotate-key")
    assert load_secrets(store.home, store.settings).recording_keys[1:] == before
    assert "1 keys are left" in run("rotate-key", "--drop-old")
    assert len(load_secrets(store.home, store.settings).recording_keys) == 1
    run("verify", "--deep")

    async def audited() -> list[str]:
        opened = site()
        try:
            return [entry.act.action for entry in await read_audit(opened.database, Wanted(action="recordings"))]
        finally:
            await opened.database.close()

    told = asyncio.run(audited())
    assert told.count("recordings.key_rotated") == 2
    assert "recordings.keys_dropped" in told


def test_without_encryption_there_is_no_key_to_replace(site: Callable[[], SoundStore]) -> None:
    site().follow(encrypt=False)
    with pytest.raises(RefusedError, match="encrypt"):
        run("rotate-key")
