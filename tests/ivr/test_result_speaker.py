"""Results become sound before anybody is called, and are gone when nobody may hear them any more."""

import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followups.cases.case import ToldBy
from followups.cases.lifecycle import Closing
from followups.telling.result_sounds import UNSPOKEN, VOICE_NAME, ResultTexts
from ivr.prompts.sound import SoundError
from ivr.result_speaker import ResultSpeaker, parts_of, result_speaker
from tests.support.case_site import NATIONAL_ID, SARA, CaseSite, case_site
from tests.support.live_site import write_wav


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[CaseSite]:
    async with case_site(tmp_path) as made:
        yield made


def speaker(site: CaseSite) -> ResultSpeaker:
    return result_speaker(site.home, site.settings, site.database)


@given(st.text(max_size=400), st.integers(5, 60))
def test_a_text_in_parts_loses_nothing_and_no_part_is_too_long(text: str, longest: int) -> None:
    parts = parts_of(text, longest)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(0 < len(part) <= longest for part in parts)


def test_parts_end_with_sentences_where_they_can() -> None:
    assert parts_of("یافت شد. ثبت شد؟ بله.", 20) == ["یافت شد. ثبت شد؟", "بله."]


async def test_a_result_is_spoken_once_for_the_owner_alone_and_removed_when_it_is_closed(site: CaseSite) -> None:
    case = await site.opened(language="en")
    case = await site.office.desk.resolve(case.code, f"The months of {NATIONAL_ID} were found.", SARA)
    made = speaker(site)
    assert [await made.look(), await made.look()] == [1, 0]
    [part] = made.sounds.parts(case)
    found = {path.name for path in Path(part).parent.iterdir()}
    assert "part-01.alaw" in found
    assert stat.S_IMODE(Path(part).parent.stat().st_mode) == 0o700
    assert case.code not in part
    await site.office.desk.tell(case.code, ToldBy.DESK, SARA)
    await made.look()
    assert made.sounds.parts(case) == (part,)
    await site.office.desk.close(case.code, Closing.SOLVED, SARA)
    await made.look()
    assert list(site.home.result_sounds.iterdir()) == []


async def test_national_ids_are_spoken_by_their_last_digits_only(site: CaseSite) -> None:
    case = await site.opened()
    await site.office.desk.resolve(case.code, f"کد {NATIONAL_ID} ثبت شد", SARA)
    made = speaker(site)
    found = await made.texts.read(case.code, 0)
    assert found is not None
    assert found.text == "کد 9 4 8 ثبت شد"


async def test_a_specialists_voice_is_told_in_place_of_the_machines(site: CaseSite, tmp_path: Path) -> None:
    case = await site.opened()
    write_wav(tmp_path / "voice.wav", 700)
    content = (tmp_path / "voice.wav").read_bytes()
    kept = await site.office.desk.attach(case.code, VOICE_NAME, content, SARA)
    assert kept.media_type == "audio/wav"
    case = await site.office.desk.resolve(case.code, "as said", SARA)
    made = speaker(site)
    found = await made.texts.read(case.code, 0)
    assert (found is not None and found.voice) == content
    assert await made.look() == 1
    assert len(made.sounds.parts(case)) == 1
    site.clock.now += 1000
    await site.office.desk.reopen(case.code, "not so", SARA)
    await site.office.desk.resolve(case.code, "now it is", SARA)
    again = await made.texts.read(case.code, 1)
    assert again is not None
    assert again.voice is None


async def test_what_cannot_be_spoken_is_said_to_be_so_and_others_are_spoken(
    site: CaseSite, monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = await site.opened()
    case = await site.office.desk.resolve(case.code, "…", SARA)

    def fail(_self: object, _text: str) -> None:
        raise SoundError("silent")

    monkeypatch.setattr("ivr.prompts.rendering.Voice.say", fail)
    made = speaker(site)
    assert await made.look() == 1
    assert made.sounds.is_settled(case)
    assert made.sounds.parts(case) == ()
    assert [path.name for path in made.sounds.folder(case.code, 0).iterdir()] == [UNSPOKEN]


async def test_a_case_that_went_on_meanwhile_is_not_spoken(site: CaseSite) -> None:
    case = await site.opened()
    case = await site.office.desk.resolve(case.code, "found", SARA)
    texts: ResultTexts = speaker(site).texts
    await site.office.desk.reopen(case.code, "not so", SARA)
    assert (await texts.read(case.code, 0), await texts.read("000000000", 0)) == (None, None)

