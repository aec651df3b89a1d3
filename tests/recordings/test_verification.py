"""What is wrong with the store is found and named; what needs nobody's judgement is put right."""

import json
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyrage
import pytest
from sqlalchemy import delete, update

from foundation.database import Database
from recordings.archive.manifest import Place, manifest_of
from recordings.archive.mending import mend
from recordings.archive.sealing import SiteKeys
from recordings.archive.verification import YOUNG_SECONDS, Fault, verify
from recordings.keeping.deletion import delete_sound
from recordings.store import Recording
from recordings.tables import recording
from recordings.wav import RATE
from tests.support.sound_store import SoundStore, beeps

Faults = dict[Fault, str]


@pytest.fixture
async def store(tmp_path: Path, database_url: str) -> AsyncIterator[SoundStore]:
    database = Database(database_url)
    made = await SoundStore.make(tmp_path / "home", database)
    made.speak(1)
    await made.serve()
    yield made
    await database.close()


async def faults(store: SoundStore, keys: SiteKeys | None = None, *, deep: bool = False) -> Faults:
    asked = verify(store.home, store.database, keys or store.repacker().keys(), deep=deep)
    return {finding.fault: Path(finding.subject).name async for finding in asked}


def kept_file(store: SoundStore, row: Recording) -> Path:
    return store.home.recordings_store / row.path


def age(path: Path) -> None:
    """As if it had lain there for a while."""
    at = path.stat().st_mtime - 2 * YOUNG_SECONDS
    os.utime(path, (at, at))


async def test_a_store_in_order_has_no_faults(store: SoundStore) -> None:
    store.speak(2)
    await store.archivist().look()  # not archived yet
    assert await faults(store, deep=True) == {}


@pytest.mark.parametrize(("harm", "fault"), [
    (lambda path: path.unlink(), Fault.MISSING),
    (lambda path: path.write_bytes(path.read_bytes()[:-1]), Fault.ALTERED),
    (lambda path: path.write_bytes(path.read_bytes()[:-1] + b"\0"), Fault.ALTERED),
])
async def test_sound_that_is_missing_or_altered_is_named(
    store: SoundStore, harm: Callable[[Path], None], fault: Fault,
) -> None:
    row = await store.row()
    harm(kept_file(store, row))
    assert await faults(store) == {fault: row.id}


async def test_sound_whose_key_is_lost_is_named_by_the_deep_look(store: SoundStore) -> None:
    row = await store.row()
    others = SiteKeys((str(pyrage.x25519.Identity.generate()),))
    assert await faults(store, others) == {}
    assert await faults(store, others, deep=True) == {Fault.LOCKED: row.id}


async def test_silence_and_an_early_end_are_the_calls_own_faults(store: SoundStore) -> None:
    store.speak(2, agent=np.zeros(RATE, np.int16))
    store.speak(3, caller=np.zeros(RATE, np.int16), agent=np.zeros(RATE, np.int16))
    store.speak(4, caller=beeps(440, 4))
    await store.serve()
    found = await faults(store, deep=True)
    assert found == {
        Fault.ONE_SIDED: "pasokh-1795310642.0_pasokh-1795310642.0_1",
        Fault.SILENT: "pasokh-1795310643.0_pasokh-1795310643.0_1",
        Fault.CUT_SHORT: "pasokh-1795310644.0_pasokh-1795310644.0_1",
    }
    assert all(fault.is_of_the_call for fault in found)


async def test_what_a_crash_left_over_is_named_after_a_while_and_mended(store: SoundStore) -> None:
    row = await store.row()
    folder = kept_file(store, row).parent
    left = [folder / f"{row.id}.wav", folder / f"{row.id}.opus.00000000.age.half", folder / "notes.txt"]
    for path in left:
        path.write_bytes(b"x")
    assert await faults(store) == {}
    for path in left:
        age(path)
    assert await faults(store) == {
        Fault.LEFT_OVER: left[0].name, Fault.HALF_WRITTEN: left[1].name, Fault.ORPHAN: left[2].name}
    await mend_all(store)
    assert await faults(store) == {Fault.ORPHAN: "notes.txt"}
    assert (await store.sides(row)).caller.tolist() == beeps(440).tolist()


async def mend_all(store: SoundStore) -> None:
    keys = store.repacker().keys()
    for finding in [one async for one in verify(store.home, store.database, keys)]:
        await mend(store.home, store.database, keys, finding)


async def test_a_call_that_the_database_has_forgotten_is_entered_again(store: SoundStore) -> None:
    before = await store.row()
    age(kept_file(store, before))
    async with store.database.write() as connection:
        await connection.execute(delete(recording))
    assert await faults(store) == {Fault.ORPHAN: Path(before.path).name}
    await mend_all(store)
    assert await faults(store, deep=True) == {}
    after = await store.row()
    same = {"started_ms": 0, "legs": None, "archived_ms": None}
    assert replace(after, **same) == replace(before, **same)  # type: ignore[arg-type]


async def test_sound_that_comes_back_after_its_deletion_is_left_over(store: SoundStore) -> None:
    row = await store.row()
    content = kept_file(store, row).read_bytes()
    await delete_sound(store.home, store.database, row.id, 5)
    assert await faults(store) == {}
    kept_file(store, row).write_bytes(content)
    age(kept_file(store, row))
    assert await faults(store) == {Fault.LEFT_OVER: Path(row.path).name}
    await mend_all(store)
    assert store.files() == []


async def test_what_was_put_aside_is_named(store: SoundStore) -> None:
    legs = store.speak(2)
    legs.caller.write_bytes(b"no sound at all")
    await store.serve()
    assert await faults(store) == {Fault.PUT_ASIDE: legs.caller.name}  # the last of the two


async def test_a_manifest_tells_which_moment_of_the_call_each_place_is(store: SoundStore) -> None:
    begun = (await store.row()).started_ms - 30_000
    parts = json.dumps([[0, begun + 30_000], [400, begun + 45_000]])
    async with store.database.write() as connection:
        await connection.execute(update(recording).values(call_started_ms=begun, parts=parts, agent="a101"))
    row = await store.row()
    found = manifest_of(row.call_id, [row])
    [piece] = found.recordings
    assert (found.call_started_ms, piece.begins_ms, piece.ends_ms, piece.length_ms) == (begun, 30_000, 45_600, 1000)
    assert piece.places == (Place(0, 30_000), Place(400, 45_000))
    assert (piece.legs, piece.codec, piece.agent) == ({"caller": 1000, "agent": 1000}, "flac", "a101")
    [untold] = manifest_of(row.call_id, [replace(row, call_started_ms=None, parts=None)]).recordings
    assert (untold.begins_ms, untold.ends_ms, untold.places) == (None, None, ())
