"""Legs become one stereo file, once, whatever happens in between."""

import math
import wave
from array import array
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from foundation.database import MAIN, Database
from foundation.paths import Home
from foundation.settings.line import Disk
from recordings.archive.archive import join_legs
from recordings.archive.disk import AGAIN_SECONDS, MEGABYTE, Room, Voice, recording_allowed, room_for
from recordings.archive.legs import Legs, find_legs, is_closed
from recordings.service import Archivist
from recordings.store import recordings_of
from recordings.wav import RATE, BrokenSoundError, read_mono
from tests.support.stores import make_tables


def tone(hertz: int, seconds: float) -> "array[int]":
    return array("h", [round(9000 * math.sin(2 * math.pi * hertz * n / RATE)) for n in range(int(seconds * RATE))])


def write_leg(path: Path, samples: "array[int]") -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())


def strength(samples: "array[int]", hertz: int) -> float:
    """Goertzel's measure of one frequency, relative to the loudest possible."""
    real = sum(s * math.cos(2 * math.pi * hertz * n / RATE) for n, s in enumerate(samples))
    imaginary = sum(s * math.sin(2 * math.pi * hertz * n / RATE) for n, s in enumerate(samples))
    return math.hypot(real, imaginary) / (len(samples) * 4500)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    found.make()
    found.voice_spool.mkdir()
    return found


@pytest.fixture
def legs(home: Home) -> Legs:
    pair = Legs(home.recordings_raw, "pasokh-1795310642.0", "pasokh-1795310642.0", 1)
    write_leg(pair.caller, tone(440, 1.0))
    write_leg(pair.agent, tone(880, 1.0))
    return pair


async def main_store(home: Home) -> Database:
    database = Database(f"sqlite+aiosqlite:///{home.database}/main.sqlite")
    await make_tables(database, MAIN)
    return database


def archivist_of(home: Home, database: Database) -> Archivist:
    return Archivist(home, database, CollectorRegistry())


def channel(path: Path, number: int) -> "array[int]":
    with wave.open(str(path), "rb") as file:
        return array("h", file.readframes(file.getnframes()))[number::2]


def test_the_caller_is_left_and_the_agent_right(home: Home, legs: Legs) -> None:
    kept = join_legs(legs, home.recordings_store)
    assert kept is not None
    path = home.recordings_store / kept.path
    left, right = channel(path, 0), channel(path, 1)
    assert (strength(left, 440) > 0.9, strength(left, 880) < 0.1) == (True, True)
    assert (strength(right, 880) > 0.9, strength(right, 440) < 0.1) == (True, True)
    assert kept.duration_ms == 1000
    assert not kept.damaged


def test_joining_again_after_a_crash_gives_the_same_recording(home: Home, legs: Legs) -> None:
    assert join_legs(legs, home.recordings_store) == join_legs(legs, home.recordings_store)


def test_the_shorter_side_ends_in_silence_and_the_recording_is_marked(home: Home, legs: Legs) -> None:
    write_leg(legs.agent, tone(880, 3.0))
    kept = join_legs(legs, home.recordings_store)
    assert kept is not None
    assert kept.damaged
    assert not any(channel(home.recordings_store / kept.path, 0)[RATE:])


def test_a_leg_that_a_crash_left_without_its_length_is_read_to_its_end(home: Home, legs: Legs) -> None:
    content = bytearray(legs.caller.read_bytes())
    content[4:8] = content[40:44] = bytes(4)
    legs.caller.write_bytes(content)
    kept = join_legs(legs, home.recordings_store)
    assert kept is not None
    assert kept.duration_ms == 1000
    assert strength(channel(home.recordings_store / kept.path, 0), 440) > 0.9


def test_nothing_is_kept_where_nobody_spoke(home: Home, legs: Legs) -> None:
    write_leg(legs.caller, array("h"))
    legs.agent.unlink()
    assert join_legs(legs, home.recordings_store) is None


def test_a_leg_that_is_still_written_is_not_finished(legs: Legs) -> None:
    with legs.agent.open("ab"):
        assert not legs.finished()
    assert legs.finished()


def test_only_legs_are_found(home: Home, legs: Legs) -> None:
    (home.recordings_raw / "notes.txt").write_text("x")
    assert list(find_legs(home.recordings_raw)) == [legs]


def test_a_file_of_another_kind_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(b"RIFF0000WAVEgarbage")
    with pytest.raises(BrokenSoundError, match=r"x\.wav"):
        read_mono(path)


async def test_a_recording_is_entered_once_even_when_the_legs_come_back(home: Home, legs: Legs) -> None:
    database = await main_store(home)
    archivist = archivist_of(home, database)
    sides = [(path, path.read_bytes()) for path in legs.files()]
    await archivist.look()
    assert legs.files() == []
    stored = next(home.recordings_store.rglob("*.wav")).read_bytes()
    for path, content in sides[1:]:  # as if killed after the first leg was removed
        path.write_bytes(content)
    await archivist.look()
    assert next(home.recordings_store.rglob("*.wav")).read_bytes() == stored
    assert legs.files() == []
    async with database.read() as connection:
        kept = await recordings_of(connection, [legs.call_id])
    assert [recording.id for recording in kept] == [legs.name]
    assert len(list(home.recordings_store.rglob("*.wav"))) == 1
    await database.close()


async def test_a_broken_leg_is_put_aside_and_the_others_go_on(home: Home, legs: Legs) -> None:
    database = await main_store(home)
    bad = Legs(home.recordings_raw, "a-1.1", "a-1.1", 1)
    bad.caller.write_bytes(b"not sound at all")
    await archivist_of(home, database).look()
    assert [path.name for path in (home.recordings_raw.parent / "broken").iterdir()] == [bad.caller.name]
    assert legs.files() == []
    await database.close()


def test_a_closed_file_is_known_without_asking_asterisk(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"1")
    with path.open("rb"):
        assert is_closed(path)


def test_recording_stops_below_the_limit_and_does_not_flutter() -> None:
    states = []
    allowed = True
    for free in (600, 499, 510, 620, 626):
        allowed = recording_allowed(free, 500, allowed_before=allowed)
        states.append(allowed)
    assert states == [True, False, False, False, True]


def test_a_scarce_disk_has_room_for_some_queues_and_a_full_one_for_none() -> None:
    limits = Disk(recordings_stop_below_megabytes=500, recordings_scarce_below_megabytes=1000)
    levels, room = [], Room()
    for free in (1100, 999, 1200, 1251, 900, 499, 620, 626, 1249, 1250):
        room = room_for(free * MEGABYTE, limits, room)
        levels.append(room.level)
    assert levels == [2, 1, 1, 2, 1, 0, 0, 1, 1, 2]


def test_what_is_not_recorded_is_said_again_and_again(capsys: pytest.CaptureFixture[str]) -> None:
    now = 1000.0
    voice = Voice(lambda: now, queues=["medical"])
    for level, seconds in ((Room(), 5), (Room(all=False), 5), (Room(all=False), AGAIN_SECONDS), (Room(all=False), 5),
                           (Room(some=False, all=False), 5), (Room(), 5)):
        voice.say(level, 5 * MEGABYTE, "/raw")
        now += seconds
    said = capsys.readouterr().out
    assert (said.count("DISK SCARCE"), said.count("DISK NEARLY FULL"), said.count("goes on")) == (2, 1, 1)


def test_where_no_queue_comes_first_a_scarce_disk_is_no_news(capsys: pytest.CaptureFixture[str]) -> None:
    Voice(lambda: 1000.0, queues=None).say(Room(all=False), 5, "/raw")
    assert capsys.readouterr().out == ""
