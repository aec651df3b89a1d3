"""New sounds are measured in the background: once each, and those that cannot be read stop nobody."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from foundation.database import MAIN, Database
from foundation.paths import Home
from foundation.settings import Settings
from recordings.measuring.measuring import Measurer
from recordings.measuring.store import Outline, outlines_of
from recordings.store import Recording, add_recording
from tests.support.page_site import small_settings
from tests.support.sound_site import conversation, write_sound
from tests.support.stores import make_tables

NOW = 1_795_328_580_000
NAMES = ("call", "message", "damaged", "missing")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    found.make()
    return found


@pytest.fixture
async def database(home: Home) -> AsyncIterator[Database]:
    made = Database(f"sqlite+aiosqlite:///{home.database / 'main.sqlite'}")
    await make_tables(made, MAIN)
    yield made
    await made.close()


async def enter(home: Home, database: Database, name: str) -> None:
    path = home.recordings_store / f"{name}.wav"
    content = path.read_bytes() if path.exists() else b""
    kept = Recording(name, "call", "c-1", "c-1", 1, NOW, 10_000, path.name, len(content),
                     hashlib.sha256(content).hexdigest())
    async with database.write() as connection:
        await add_recording(connection, kept)


def measurer(home: Home, database: Database) -> Measurer:
    settings: Settings = small_settings()
    return Measurer(home, settings, database, lambda: NOW, CollectorRegistry())


async def measured(database: Database) -> dict[str, Outline]:
    async with database.read() as connection:
        return dict(await outlines_of(connection, NAMES))


async def test_each_new_sound_is_measured_once(home: Home, database: Database) -> None:
    caller, agent = conversation()
    write_sound(home.recordings_store / "call.wav", caller, agent)
    write_sound(home.recordings_store / "message.wav", caller)
    (home.recordings_store / "damaged.wav").write_bytes(b"no sound at all")
    for name in NAMES:
        await enter(home, database, name)
    worker = measurer(home, database)
    assert await worker.measure_some() == 4
    assert await worker.measure_some() == 0
    found = await measured(database)
    assert found["call"].measures.turns
    assert (len(found["call"].caller_peaks), len(found["call"].agent_peaks)) == (800, 800)
    assert found["message"].measures.agent_talk_ms == 0
    assert found["message"].agent_peaks == b""
    assert found["damaged"].readable is False
    assert "missing" not in found


async def test_a_sound_that_comes_back_is_measured_after_the_next_start(home: Home, database: Database) -> None:
    await enter(home, database, "missing")
    assert await measurer(home, database).measure_some() == 1
    write_sound(home.recordings_store / "missing.wav", *conversation())
    assert await measurer(home, database).measure_some() == 1
    assert (await measured(database))["missing"].measures.duration_ms == 10_000
