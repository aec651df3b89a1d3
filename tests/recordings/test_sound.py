"""Kept sound is read the same whatever it is packed in, and only with the site's keys."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from foundation.paths import CHECKOUT, Home
from foundation.settings import Settings, load_secrets, load_settings
from foundation.settings.secrets import add_recording_key, drop_recording_keys
from recordings.archive.kept_file import Codec, KeptName, parse_name
from recordings.archive.sealing import SiteKeys, fingerprint
from recordings.sound import (
    BrokenSoundError,
    Sound,
    SoundGoneError,
    SoundLockedError,
    decode,
    open_sound,
    read_sound,
)
from recordings.store import Recording
from recordings.wav import RATE
from tests.support.sound_store import beeps, packed

ID = "pasokh-1795310642.0_pasokh-1795310642.0_1"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    found.make()
    found.settings_file.write_bytes((CHECKOUT / "foundation" / "site.yaml").read_bytes())
    return found


@pytest.fixture
def settings(home: Home) -> Settings:
    return load_settings(home)


def recording(name: str) -> Recording:
    return Recording(ID, "call", "c", "c", 1, 0, 3000, f"2026/11/22/{name}", 1, "0" * 64)


def keep(home: Home, name: str, content: bytes) -> Recording:
    row = recording(name)
    path = home.recordings_store / row.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return row


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("sealed", [False, True])
async def test_both_sides_come_back_from_every_codec_plain_or_sealed(
    home: Home, settings: Settings, codec: Codec, sealed: bool,
) -> None:
    caller, agent = beeps(440, 3), beeps(880, 3)
    content = packed(codec, caller, agent)
    keys = SiteKeys(load_secrets(home, settings).recording_keys)
    name = KeptName(ID, codec, keys.newest if sealed else None)
    row = keep(home, str(name), keys.seal(content) if sealed else content)
    sound = await read_sound(home, settings, row)
    assert (sound.content, sound.media_type) == (content, f"audio/{'ogg' if codec is Codec.OPUS else codec.value}")
    sides = decode(sound)
    for got, said in ((sides.caller, caller), (sides.agent, agent)):
        assert len(got) == len(said)
        if codec is Codec.OPUS:
            assert np.corrcoef(got, said)[0, 1] > 0.8  # it loses nothing that is heard, and stays in its place
        else:
            assert np.array_equal(got, said)


def test_a_voice_message_has_the_callers_side_alone() -> None:
    sides = decode(Sound(packed(Codec.FLAC, beeps(440, 3)), Codec.FLAC))
    assert (len(sides.caller), len(sides.agent)) == (3 * RATE, 0)


async def test_sound_that_got_another_name_since_its_row_was_read_is_found(home: Home, settings: Settings) -> None:
    keys = SiteKeys(load_secrets(home, settings).recording_keys)
    content = packed(Codec.FLAC, beeps(440), beeps(880))
    keep(home, str(KeptName(ID, Codec.FLAC, keys.newest)), keys.seal(content))
    keep(home, f"{ID[:-1]}12.wav", b"another recording's")
    keep(home, f"{ID}.flac.half", b"unfinished")
    assert (await read_sound(home, settings, recording(f"{ID}.wav"))).content == content
    with pytest.raises(SoundGoneError, match="nowhere"):
        await read_sound(home, settings, recording("nowhere.wav"))


async def test_a_new_key_seals_and_the_old_one_still_opens_until_it_is_dropped(home: Home, settings: Settings) -> None:
    before = load_secrets(home, settings)
    row = keep(home, f"{ID}.wav.00000000.age", SiteKeys(before.recording_keys).seal(b"sound"))
    after = add_recording_key(home, settings)
    assert after.recording_keys[1:] == before.recording_keys
    assert load_secrets(home, settings) == after
    assert (await read_sound(home, settings, row)).content == b"sound"
    drop_recording_keys(home, settings, after.recording_keys)
    assert load_secrets(home, settings).recording_keys == after.recording_keys[:1]
    with pytest.raises(SoundLockedError, match=r"recording_keys.*secrets\.yaml"):
        await read_sound(home, settings, row)
    assert home.secrets_file.stat().st_mode & 0o077 == 0


def test_keys_tell_apart_and_their_fingerprints_open_nothing(home: Home, settings: Settings) -> None:
    keys = add_recording_key(home, settings).recording_keys
    prints = [fingerprint(key) for key in keys]
    assert len(set(prints)) == 2
    assert all(len(one) == 8 and one not in key for one, key in zip(prints, keys, strict=True))
    assert yaml.safe_load(home.secrets_file.read_text())["recording_keys"] == list(keys)


@pytest.mark.parametrize("harm", [lambda sealed: sealed[:-20], lambda sealed: sealed[:-9] + bytes(9), lambda _: b""])
def test_sealed_sound_that_was_altered_or_cut_off_is_not_played(home: Home, settings: Settings, harm: object) -> None:
    keys = SiteKeys(load_secrets(home, settings).recording_keys)
    assert callable(harm)
    with pytest.raises(BrokenSoundError, match="altered or cut off"):
        open_sound(harm(keys.seal(bytes(100))), f"{ID}.wav.00000000.age", keys)


@pytest.mark.parametrize("codec", list(Codec))
def test_what_is_no_sound_is_refused(codec: Codec) -> None:
    with pytest.raises(BrokenSoundError):
        decode(Sound(b"no sound at all, not even a little", codec))


def test_names_of_kept_files_are_read_as_they_are_written() -> None:
    for name in (KeptName(ID, Codec.WAV), KeptName(ID, Codec.OPUS, "0a1b2c3d")):
        assert parse_name(str(name)) == name
    for other in (f"{ID}.flac.half", f"{ID}.mp3", ".wav", f"{ID}.flac.age"):
        assert parse_name(other) is None
