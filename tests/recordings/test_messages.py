"""Messages of the spool are kept once, whatever happens in between."""

import json
import math
import os
import time
import wave
from array import array
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import OperationalError

from foundation.database import MAIN, Database
from foundation.paths import Home
from recordings.messages.messages import (
    Message,
    MessageState,
    Wanted,
    close_message,
    mark_heard,
    messages,
    messages_named,
    open_request,
    sound_of,
)
from recordings.messages.spoken import FORGOTTEN_SECONDS, read_spooled
from recordings.service import Archivist
from recordings.wav import RATE
from tests.support.stores import make_tables

CALL = "pasokh-1795310642.0"
FACTS = {
    "call_id": CALL, "caller": "09121234567", "language": "tr", "taken_at": 1795310642.5, "box": "director",
    "tracking": "123456782", "state": "complete", "kind": "voice_message",
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    found.make()
    found.voice_spool.mkdir()
    return found


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    found = Database(database_url)
    await make_tables(found, MAIN)
    yield found
    await found.close()


def say(home: Home, name: str = "m1", seconds: float | None = 2.0, **facts: Any) -> list[Path]:
    """Put a message into the spool; returns its files."""
    paths = []
    if seconds is not None:
        paths.append(home.voice_spool / f"{name}.wav")
        with wave.open(str(paths[0]), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            samples = (round(9000 * math.sin(2 * math.pi * 440 * n / RATE)) for n in range(int(seconds * RATE)))
            file.writeframes(array("h", samples).tobytes())
    content = {**FACTS, "sound": f"{name}.wav" if seconds is not None else None, **facts}
    paths.append(home.voice_spool / f"{name}.json")
    paths[-1].write_text(json.dumps(content))
    return paths


def archivist(home: Home, database: Database) -> Archivist:
    return Archivist(home, database, CollectorRegistry())


async def kept(database: Database, wanted: Wanted | None = None) -> list[Message]:
    async with database.read() as connection:
        return list(await messages(connection, wanted or Wanted()))


def spooled(home: Home) -> list[str]:
    return sorted(path.name for path in home.voice_spool.iterdir())


def stored(home: Home) -> list[Path]:
    return list(home.recordings_store.rglob("*.wav"))


async def test_a_message_is_kept_with_its_facts_and_its_sound(home: Home, database: Database) -> None:
    say(home)
    await archivist(home, database).look()
    [message] = await kept(database)
    assert (message.kind, message.box, message.call_id, message.caller) == (
        "voice_message", "director", CALL, "09121234567",
    )
    assert (message.language, message.tracking, message.state) == ("tr", "123456782", "new")
    assert (message.duration_ms, message.taken_ms) == (2000, 1795310642500)
    async with database.read() as connection:
        sound = await sound_of(connection, message)
    assert sound is not None
    assert (home.recordings_store / sound.path).stat().st_size > 2 * RATE
    assert spooled(home) == []


@pytest.mark.parametrize("left", [0, 1], ids=["nothing", "the sound"])
async def test_a_message_is_entered_once_wherever_the_service_is_killed(
    home: Home, database: Database, left: int,
) -> None:
    files = say(home)
    contents = [path.read_bytes() for path in files]
    await archivist(home, database).look()
    for path, content in list(zip(files, contents, strict=True))[left:]:  # killed while the spool was cleared
        path.write_bytes(content)
    await archivist(home, database).look()
    assert len(await kept(database)) == len(stored(home)) == 1
    assert spooled(home) == []


async def test_a_kill_between_the_store_and_the_database_keeps_one(
    home: Home, database: Database, monkeypatch: pytest.MonkeyPatch,
) -> None:
    say(home)
    with monkeypatch.context() as patch:
        patch.setattr("recordings.service.add_message", _fail)
        with pytest.raises(KeyboardInterrupt):
            await archivist(home, database).look()
    assert (len(stored(home)), await kept(database), spooled(home)) == (1, [], ["m1.json", "m1.wav"])
    await archivist(home, database).look()
    assert (len(stored(home)), len(await kept(database)), spooled(home)) == (1, 1, [])


async def _fail(*_: object) -> None:
    raise KeyboardInterrupt


async def test_a_message_waits_for_a_database_that_is_away(home: Home, database: Database, tmp_path: Path) -> None:
    say(home)
    away = Database(f"sqlite+aiosqlite:///{tmp_path}/none/at-all.sqlite")
    with pytest.raises(OperationalError):
        await archivist(home, away).look()
    await away.close()
    assert spooled(home) == ["m1.json", "m1.wav"]
    await archivist(home, database).look()
    assert len(await kept(database)) == 1


async def test_a_message_that_is_being_taken_is_left_alone(home: Home, database: Database) -> None:
    say(home, state="begun")
    say(home, "m2")
    with (home.voice_spool / "m2.wav").open("ab"):
        await archivist(home, database).look()
    assert await kept(database) == []
    assert len(spooled(home)) == 4


async def test_what_a_killed_service_left_begun_is_kept_at_last(home: Home, database: Database) -> None:
    long_ago = time.time() - FORGOTTEN_SECONDS - 1
    for path in say(home, state="begun"):
        os.utime(path, (long_ago, long_ago))
    await archivist(home, database).look()
    assert [message.duration_ms for message in await kept(database)] == [2000]


async def test_a_cancelled_message_goes_without_a_trace(home: Home, database: Database) -> None:
    say(home, state="cancelled")
    (home.voice_spool / "m1.take2.wav").write_bytes(b"x")
    await archivist(home, database).look()
    assert (spooled(home), await kept(database), stored(home)) == ([], [], [])


async def test_a_click_is_no_message_but_in_the_rescue_box_the_number_is_kept(home: Home, database: Database) -> None:
    say(home, "click", 0.4, state="hung_up")
    say(home, "lost", 0.4, state="hung_up", box="rescue")
    say(home, "nobody", None, state="no_sound", box="rescue", caller="")
    await archivist(home, database).look()
    [message] = await kept(database)
    assert (message.id, message.kind, message.recording_id) == ("message-lost", "lost_caller", None)
    assert spooled(home) == []


REQUEST: dict[str, Any] = {
    "kind": "callback_request", "box": "rescue", "callback_number": "02188776655", "queue": "medical",
}


async def test_a_number_waits_once_for_each_queue_and_the_first_code_stays(home: Home, database: Database) -> None:
    say(home, "p-1.1-123456782", None, **REQUEST)
    say(home, "p-2.1-987654323", None, **{**REQUEST, "tracking": "987654323"})
    say(home, "p-3.1-111111111", None, **{**REQUEST, "queue": "operator"})
    await archivist(home, database).look()
    assert [(message.queue, message.tracking) for message in await kept(database)] == [
        ("medical", "123456782"), ("operator", "123456782"),
    ]
    assert [message.id for message in await kept(database, Wanted(queue="operator"))] == ["message-p-3.1-111111111"]
    assert spooled(home) == []
    async with database.read() as connection:
        assert await open_request(connection, "02188776655", "medical") == "123456782"
        assert await open_request(connection, "02188776656", "medical") is None


async def test_a_closed_request_makes_room_for_another(home: Home, database: Database) -> None:
    for n in range(2):
        say(home, f"again{n}", None, **REQUEST)
        await archivist(home, database).look()
        async with database.write() as connection:
            assert await close_message(connection, f"message-again{n}", "sara", 1)
            assert await open_request(connection, "02188776655", "medical") is None
    assert [message.state for message in await kept(database)] == ["closed", "closed"]


async def test_requests_without_a_queue_are_all_kept(home: Home, database: Database) -> None:
    for n in range(2):
        say(home, f"rescue{n}", None, **{**REQUEST, "queue": None})
    await archivist(home, database).look()
    assert len(await kept(database)) == 2


async def test_a_callback_request_needs_no_sound(home: Home, database: Database) -> None:
    say(home, "cb", None, kind="callback_request", box="rescue", callback_number="02188776655")
    await archivist(home, database).look()
    [message] = await kept(database)
    assert (message.kind, message.callback_number, message.duration_ms) == ("callback_request", "02188776655", 0)


async def test_broken_facts_and_broken_sound_are_put_aside_and_the_number_is_kept(
    home: Home, database: Database,
) -> None:
    (home.voice_spool / "a.json").write_text("{")
    (home.voice_spool / "b.json").write_text('{"call_id": "x/y", "taken_at": 1}')
    say(home, "c", box="rescue")
    (home.voice_spool / "c.wav").write_bytes(b"no sound at all, not even a little")
    say(home, "d")
    await archivist(home, database).look()
    aside = sorted(path.name for path in (home.recordings_raw.parent / "broken").iterdir())
    assert aside == ["a.json", "b.json", "c.wav"]
    assert {message.id: message.kind for message in await kept(database)} == {
        "message-c": "lost_caller", "message-d": "voice_message",
    }


def test_hostile_facts_become_nothing(home: Home) -> None:
    say(home, sound="../../etc/passwd.wav", box="a'; drop", caller="0912\n1", language="xx", tracking="<script>")
    facts = read_spooled(home.voice_spool / "m1.json").facts
    assert (facts.sound, facts.box, facts.caller, facts.language, facts.tracking) == (None, "rescue", None, None, None)


async def test_messages_are_found_heard_and_closed(home: Home, database: Database) -> None:
    say(home, "one")
    say(home, "two", box="general", tracking="900000007", taken_at=1795400000)
    await archivist(home, database).look()
    async with database.write() as connection:
        [found] = await messages_named(connection, "900000007")
        await mark_heard(connection, found.id, "sara", 5)
        await mark_heard(connection, found.id, "omid", 6)
    assert await kept(database, Wanted(box="director")) == await kept(database, Wanted(until_ms=1795400000000))
    [heard] = await kept(database, Wanted(state=MessageState.HEARD))
    assert (heard.id, heard.heard_by, heard.heard_ms) == ("message-two", "sara", 5)
    async with database.write() as connection:
        assert await close_message(connection, found.id, "omid", 7)
        assert not await close_message(connection, found.id, "sara", 8)
    assert [one.closed_by for one in await kept(database, Wanted(state=MessageState.CLOSED))] == ["omid"]
