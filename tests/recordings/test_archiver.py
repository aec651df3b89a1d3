"""What was recorded is packed and encrypted behind the calls, and no kill loses it, doubles it or leaves it open."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import delete, update

from foundation.database import Database
from foundation.settings.secrets import add_recording_key
from recordings.archive.archive import fingerprint_of
from recordings.archive.kept_file import Codec
from recordings.archive.rotation import count_others, keys_in_use, seal_anew
from recordings.archive.sealing import SiteKeys, fingerprint
from recordings.keeping.deletion import delete_sound
from recordings.measuring.loudness import SILENCE
from recordings.sound import SoundGoneError, read_sound
from recordings.tables import recording
from recordings.wav import RATE
from tests.support.sound_store import Fate, KilledError, SoundStore, beeps


@pytest.fixture
async def store(tmp_path: Path, database_url: str) -> AsyncIterator[SoundStore]:
    database = Database(database_url)
    yield await SoundStore.make(tmp_path / "home", database)
    await database.close()


async def seal_all_anew(store: SoundStore) -> list[str]:
    """Returns why some were not."""
    newest = store.repacker().keys().newest
    assert newest is not None
    return [one.why async for one in seal_anew(store.database, store.repacker(), newest) if one]


@pytest.mark.parametrize(("codec", "smaller"), [("flac", 0.6), ("opus", 0.4), ("wav", 1.1)])
async def test_a_call_is_packed_and_encrypted_and_sounds_as_it_did(
    store: SoundStore, codec: str, smaller: float,
) -> None:
    store.follow(codec=codec)
    store.speak()
    await store.serve()
    row = await store.row()
    assert (row.codec, row.key) == (codec, store.repacker().keys().newest)
    assert store.files() == [f"{row.id}.{codec}.{row.key}.age"]
    assert row.bytes == (store.home.recordings_store / row.path).stat().st_size < 2 * 2 * RATE * smaller + 1000
    sides = await store.sides(row)
    for got, said in ((sides.caller, beeps(440)), (sides.agent, beeps(880))):
        assert np.array_equal(got, said) if codec != "opus" else np.corrcoef(got, said)[0, 1] > 0.8
    assert beeps(440)[:400].tobytes() not in (store.home.recordings_store / row.path).read_bytes()


async def test_a_site_may_keep_its_sound_plain(store: SoundStore) -> None:
    store.follow(encrypt=False)
    store.speak()
    await store.serve()
    row = await store.row()
    assert (row.key, store.files()) == (None, [f"{row.id}.flac"])
    assert row.sha256 == row.sound_sha256


async def test_how_loud_each_side_is_and_how_long_each_leg_was_is_known(store: SoundStore) -> None:
    at = np.arange(2 * RATE) / RATE
    store.speak(caller=np.asarray(16384 * np.sin(2 * np.pi * 500 * at), np.int16), agent=np.zeros(RATE, np.int16))
    await store.serve()
    row = await store.row()
    assert (row.caller_peak, row.caller_rms) == (-6.0, -9.0)  # half of full scale; a sine's rms is 3 dB below its peak
    assert (row.agent_peak, row.agent_rms) == (SILENCE, SILENCE)
    assert (row.legs, row.damaged) == ('{"caller": 2000, "agent": 1000}', False)


async def test_recordings_of_an_earlier_version_are_archived_too(store: SoundStore) -> None:
    store.speak()
    await store.archivist().look()
    async with store.database.write() as connection:
        await connection.execute(update(recording).values(sound_sha256=None, caller_peak=None, legs=None))
    before = await store.row()
    await store.serve()
    after = await store.row()
    assert (after.codec, after.caller_peak is not None, after.key is not None) == ("flac", True, True)
    assert (after.id, after.duration_ms, after.started_ms) == (before.id, before.duration_ms, before.started_ms)
    assert np.array_equal((await store.sides(after)).agent, beeps(880))


@pytest.mark.parametrize("harm", ["gone", "altered"])
async def test_a_sound_that_is_gone_or_altered_is_left_as_it_is_and_the_others_go_on(
    store: SoundStore, harm: str,
) -> None:
    for number in (0, 1):
        store.speak(number)
    await store.archivist().look()
    [bad, _] = await store.rows()
    path = store.home.recordings_store / bad.path
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-2] + b"\1\1")
    await store.serve()
    [bad, good] = await store.rows()
    assert (bad.archived_ms, bad.codec, good.codec) == (None, "wav", "flac")
    assert path.exists() is (harm == "altered")


async def test_sound_that_cannot_be_decoded_is_kept_as_it_is_but_encrypted(store: SoundStore) -> None:
    store.speak()
    await store.archivist().look()
    row = await store.row()
    noise = b"RIFF....WAVE and nothing that anybody knows"
    await replace_content(store, noise)
    await store.serve()
    after = await store.row()
    assert (after.damaged, after.codec, after.key is not None) == (True, "wav", True)
    assert (await read_sound(store.home, store.settings, after)).content == noise
    assert store.files() == [f"{row.id}.wav.{after.key}.age"]


async def replace_content(store: SoundStore, content: bytes) -> None:
    (store.home.recordings_store / (await store.row()).path).write_bytes(content)
    digest = fingerprint_of(content)
    async with store.database.write() as connection:
        await connection.execute(update(recording).values(sha256=digest, sound_sha256=digest, caller_peak=None))


async def test_wherever_the_service_is_killed_a_call_is_kept_once_and_can_be_heard_at_once(
    tmp_path: Path, database_url: str,
) -> None:
    for step in range(1000):
        fate = Fate(step)
        database = Database(database_url)
        store = await SoundStore.make(tmp_path / str(step), database)
        legs = store.speak(step % 10)
        if not await killed(store, fate):
            break
        await assert_nothing_is_lost(store, legs.name)
        await store.serve()
        await assert_kept_once(store, legs.name)
        await empty(store)
    assert step >= 10  # as many as there are writes, moves, removals and commits


async def killed(store: SoundStore, fate: Fate) -> bool:
    with fate.reigns():
        try:
            await store.serve()
        except KilledError:
            return True
    assert not fate.struck
    await store.database.close()
    return False


async def assert_nothing_is_lost(store: SoundStore, name: str) -> None:
    if rows := await store.rows():
        assert np.array_equal((await store.sides(rows[0])).caller, beeps(440))
    else:
        assert len(list(store.home.recordings_raw.glob(f"{name}-*.wav"))) == 2


async def assert_kept_once(store: SoundStore, name: str) -> None:
    row = await store.row()
    assert (row.id, row.codec) == (name, "flac")
    assert store.files() == [Path(row.path).name]
    assert list(store.home.recordings_raw.iterdir()) == []
    assert np.array_equal((await store.sides(row)).agent, beeps(880))


async def empty(store: SoundStore) -> None:
    async with store.database.write() as connection:
        await connection.execute(delete(recording))
    await store.database.close()


async def test_a_new_key_takes_over_every_file_and_the_old_one_opens_none_any_more(store: SoundStore) -> None:
    for number in range(3):
        store.speak(number)
    await store.serve()
    old = store.repacker().keys().newest
    hashes = {row.id: row.sound_sha256 for row in await store.rows()}
    add_recording_key(store.home, store.settings)
    new = store.repacker().keys().newest
    assert new is not None
    assert await count_others(store.database, new) == 3
    assert await seal_all_anew(store) == []
    assert (await keys_in_use(store.database), await count_others(store.database, new)) == ({new}, 0)
    rows = await store.rows()
    assert {row.id: row.sound_sha256 for row in rows} == hashes
    assert store.files() == [Path(row.path).name for row in rows]
    assert old is not None
    assert all(old not in name for name in store.files())
    keys = store.repacker().keys().identities
    alone = SiteKeys(tuple(key for key in keys if fingerprint(key) == new))
    content = (store.home.recordings_store / rows[0].path).read_bytes()
    assert alone.unseal(content, rows[0].path)[:4] == b"fLaC"


async def test_a_rotation_that_is_killed_anywhere_goes_on_and_every_sound_can_be_heard_meanwhile(
    store: SoundStore,
) -> None:
    numbers = range(2)
    for number in numbers:
        store.speak(number)
    await store.serve()
    for step in range(1000):
        add_recording_key(store.home, store.settings)
        fate = Fate(step)
        with fate.reigns(), suppress(KilledError):
            await seal_all_anew(store)
        for row in await store.rows():
            assert np.array_equal((await store.sides(row)).caller, beeps(440))
        if not fate.struck:
            break
        await store.archiver().clean_up()
        assert await seal_all_anew(store) == []
        newest = store.repacker().keys().newest
        assert store.files() == [f"{row.id}.flac.{newest}.age" for row in await store.rows()]
    assert step >= 10


async def test_a_deletion_that_is_killed_anywhere_is_ended_and_the_call_never_comes_back(
    tmp_path: Path, database_url: str,
) -> None:
    for step in range(1000):
        store = await SoundStore.make(tmp_path / str(step), Database(database_url))
        legs = store.speak(step % 10)
        sides = [(path, path.read_bytes()) for path in legs.files()]
        await store.serve()
        fate = Fate(step)
        with fate.reigns(), suppress(KilledError):
            await delete_sound(store.home, store.database, legs.name, 5)
        if (await store.row()).deleted_ms is None:
            assert len((await store.sides(await store.row())).caller) == RATE
            await delete_sound(store.home, store.database, legs.name, 5)
        for path, content in sides:  # as if they had been left over
            path.write_bytes(content)
        await store.serve()
        row = await store.row()
        assert (row.deleted_ms, row.caller, store.files(), legs.files()) == (5, None, [], [])
        with pytest.raises(SoundGoneError):
            await read_sound(store.home, store.settings, row)
        await empty(store)
        if not fate.struck:
            break
    assert step >= 4


async def test_what_is_deleted_while_it_is_archived_stays_deleted(store: SoundStore) -> None:
    legs = store.speak()
    await store.archivist().look()
    repacker = store.repacker()
    rewrite = repacker._rewrite

    def slowly(*arguments: object, **named: object) -> object:
        after = rewrite(*arguments, **named)  # type: ignore[arg-type]
        asyncio.run(delete_elsewhere())
        return after

    async def delete_elsewhere() -> None:
        database = Database(store.database.engine.url.render_as_string(hide_password=False))
        await delete_sound(store.home, database, legs.name, 5)
        await database.close()

    repacker._rewrite = slowly  # type: ignore[method-assign,assignment]
    assert await repacker.repack(legs.name, Codec.FLAC, sealed=True) is None
    assert store.files() == []


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Of 128 KiB, at that place within the block."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k,mode=700", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root may mount a small disk, and not in every container")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


async def test_a_full_disk_keeps_the_sound_as_it_is_until_there_is_room(store: SoundStore) -> None:
    folder = store.home.recordings_store
    with small_disk(folder):
        store.follow(codec="wav")  # as large again as the plain file
        store.speak(caller=beeps(440, 2), agent=beeps(880, 2))
        await store.archivist().look()
        filler = folder / "filler"
        filler.write_bytes(bytes(40_000))
        with pytest.raises(OSError, match="No space left"):
            await store.archiver().archive_some()
        row = await store.row()
        assert (row.archived_ms, store.files()) == (None, ["filler", f"{row.id}.wav"])
        assert np.array_equal((await store.sides(row)).caller, beeps(440, 2))
        filler.unlink()
        await store.serve()
        assert store.files() == [f"{row.id}.wav.{store.repacker().keys().newest}.age"]
