"""A specialist says a result at his telephone: it is kept with a case that has no result yet, and told for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from followups.telling.result_sounds import VOICE_NAME
from ivr.result_voice import record_result
from tests.support.case_site import SARA, case_site
from tests.support.live_site import write_wav
from tests.support.result_line import Line, ResultSite


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[ResultSite]:
    async with case_site(tmp_path) as cases:
        yield ResultSite.of(cases)


@pytest.fixture
def takes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[float]:
    """Height of each take's tone in turn; 0: nothing could be recorded."""
    heights: list[float] = []

    @asynccontextmanager
    async def record(_call: object, _home: object) -> AsyncIterator[Path | None]:
        height = heights.pop(0)
        path = tmp_path / f"take-{len(heights)}.wav"
        write_wav(path, height, 0.5 if height > 1 else 0.01)
        yield path if height else None

    monkeypatch.setattr("ivr.result_voice.record_take", record)
    return heights


async def said(site: ResultSite, *keys: str) -> list[str]:
    line: Any = Line(list(keys))
    await record_result(line, site.resources, "a101")
    assert line.keys == []
    return [prompt for prompt in line.played if "/" not in prompt]


async def voices(site: ResultSite, code: str) -> int:
    view = await site.cases.office.reading.view(code, SARA)
    return len([one for one in view.attachments if one.name == VOICE_NAME and one.added_by == "a101"])


async def test_what_he_likes_is_kept_with_the_case(site: ResultSite, takes: list[float]) -> None:
    case = await site.cases.opened()
    takes += [500, 700]
    played = await said(site, case.code, "2", "*", "1")
    assert played == ["result-voice-code", "result-voice-record", "studio-keep", "studio-keep", "result-voice-record",
                      "studio-keep", "result-voice-kept", "goodbye"]
    assert await voices(site, case.code) == 1


async def test_only_cases_without_a_result_take_a_voice(site: ResultSite, takes: list[float]) -> None:
    case = await site.resolved()
    assert (await said(site, case.code, "123", "")).count("result-voice-unknown") == 2
    assert (await voices(site, case.code), takes) == (0, [])


async def test_silence_is_refused_and_a_telephone_that_records_nothing_ends_it(
    site: ResultSite, takes: list[float],
) -> None:
    case = await site.cases.opened()
    takes += [1, 0]
    assert "studio-refused" in await said(site, case.code, "1")
    assert (await said(site, case.code))[-2:] == ["result-voice-record", "goodbye"]
    assert await voices(site, case.code) == 0
