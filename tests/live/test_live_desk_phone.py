"""The desk and the phone on one page: a call of the public from ringing to the ledger, with a reload in the middle."""

import json
import math
import wave
from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from agent_softphone.desk.calls import DeskCall, calls_named
from bench.sipp import calling
from bench.tones import write_tone
from callqueue.cel.conversation_store import read_conversations
from callqueue.cel.conversations import Kind, Talk
from callqueue.ledger.stint import Outcome, Stint
from foundation.database import Database, Store, store_url
from foundation.text import digits
from recordings.store import Recording
from tests.support.browser import accessibility_faults, chromium, shoot
from tests.support.kept_sound import kept_recordings, kept_sides
from tests.support.live_calls import settled_stints, to
from tests.support.live_line import LiveLine, Moment
from tests.support.live_site import AGENTS, QUEUES, QUICK
from tests.support.live_start import running_line
from tests.support.phone_page import PhonePage, phone_browser, phone_page
from tests.support.raw_phone import RATE, tone_share
from tests.support.waiting import eventually

pytestmark = [pytest.mark.live, pytest.mark.browser]

AGENT, NUMBER, WRAP_UP = "a101", "09126000001", 4
AGENT_HERTZ, CALLER_HERTZ = 700, 440
PATIENCE_MS = 30_000
SPOKEN_MS = 3_000
SLACK_MS = 500
SHOWN = digits(NUMBER, "fa")
EARLY, LATE = "دو ماه از بیمه را پرسید", "دو ماه از بیمه را پرسید؛ نامه فرستاده شد"


@pytest.fixture(scope="module")
def line(model: Path) -> Iterator[LiveLine]:
    agents = {
        agent: {"queues": dict.fromkeys(queues, 0), "device": "webrtc" if agent == AGENT else "sip"}
        for agent, queues in AGENTS.items()
    }
    # No media_address: a browser offers no address of the loopback, so Asterisk answers from another of this machine.
    sip = {"address": "127.0.0.1", "trunk": {"networks": ["127.0.0.0/8"], "codecs": ["alaw"]}}
    slow = {**QUICK, "ring_seconds": 30, "wrap_up_seconds": WRAP_UP}
    queues = {name: {**QUICK, **own} for name, own in QUEUES.items()} | {"insurance": slow}
    with running_line(model, more={"agents": agents, "sip": sip, "queues": queues}, services=("web",)) as made:
        yield made


async def test_an_agent_works_a_call_on_one_page_through_a_reload(line: LiveLine, tmp_path: Path) -> None:
    since = line.now()
    tone = write_tone(tmp_path / "caller.al", CALLER_HERTZ)
    async with (
        chromium(*phone_browser(_voice(tmp_path / "voice.wav"))) as browser,
        phone_page(line, browser, AGENT, path="/desk") as phone,
    ):
        page = phone.page
        await phone.is_line("ready")
        await state_is(page, "offline")
        await page.keyboard.press("Alt+KeyR")
        await state_is(page, "ready")
        async with calling(line.target, [to("insurance", NUMBER)], line.sipp, tone=tone):
            await _answer(phone)
            assert await accessibility_faults(page) == []
            await _hold_and_resume(phone)
            await _note_and_reload(phone)
            await page.wait_for_timeout(1000 * (WRAP_UP + 2))  # longer than the wrap-up of the talk before the reload
            await state_is(page, "talking")
            await expect(page.locator(".desk-hint")).to_have_count(0)
            # No other call may reach him before the wrap-up of this one.
            assert await _pauses(line) == {"wrap-up"}
            await shoot(page, "desk-phone-resumed-fa")
            await page.keyboard.press("Alt+KeyE")
            await phone.is_free()
        await _say_the_result(page)
        await page.get_by_role("button", name="خروج از صف").click()
        await state_is(page, "offline")
        assert phone.complaints.heard == []
    [stint] = await settled_stints(line, since, [NUMBER])
    await _check_the_ledger(line, since, stint)
    await _check_the_recording(line, stint.call_id)
    [kept] = await _noted(line, stint.call_id)
    assert (kept.agent, kept.queue, kept.number, kept.language) == (AGENT, "insurance", NUMBER, "fa")
    assert (kept.notes, kept.disposition, kept.settled_ms is not None) == (LATE, "answered", True)


async def _answer(phone: PhonePage) -> None:
    """It rings in the phone and on the card; a key answers it."""
    page = phone.page
    await phone.shows("ringing")
    await expect(_card(page, "ringing")).to_contain_text(SHOWN, timeout=PATIENCE_MS)
    await state_is(page, "ringing")
    await shoot(page, "desk-phone-ringing-fa")
    await page.keyboard.press("Alt+KeyA")
    await phone.shows("talking")
    await expect(_card(page, "talking")).to_contain_text(SHOWN, timeout=PATIENCE_MS)
    await expect(page.locator("[data-part=quality][data-fault=none]")).to_be_visible(timeout=PATIENCE_MS)
    await shoot(page, "desk-phone-talking-fa")


async def _hold_and_resume(phone: PhonePage) -> None:
    for phase in ("held", "talking"):
        await phone.page.keyboard.press("Alt+KeyO")
        await phone.shows(phase)
        await phone.page.wait_for_timeout(SPOKEN_MS)
    await state_is(phone.page, "talking")


async def _note_and_reload(phone: PhonePage) -> None:
    """What was typed last stands in the browser alone when the page is reloaded."""
    page = phone.page
    await page.keyboard.press("Alt+KeyN")
    await page.keyboard.insert_text(EARLY)
    await expect(page.locator("#notes-kept")).not_to_be_empty(timeout=PATIENCE_MS)
    await page.locator("#call-notes").fill(LATE)
    await page.reload()
    await phone.shows("ringing")
    await expect(_card(page, "ringing")).to_contain_text(SHOWN, timeout=PATIENCE_MS)
    await page.keyboard.press("Alt+KeyA")
    await phone.shows("talking")
    await expect(_card(page, "talking")).to_contain_text(SHOWN, timeout=PATIENCE_MS)
    await expect(page.locator("#call-notes")).to_have_value(LATE, timeout=PATIENCE_MS)


async def _say_the_result(page: Page) -> None:
    await state_is(page, "wrap-up")
    await expect(page.locator(".desk-hint")).to_be_visible(timeout=PATIENCE_MS)
    await page.wait_for_timeout(1000 * (WRAP_UP + 2))  # nothing shall happen: the result is not said
    await state_is(page, "wrap-up")
    await expect(page.locator("#call-notes")).to_have_value(LATE)
    await page.locator("#call-disposition").select_option("answered")
    await page.keyboard.press("Alt+Enter")
    await state_is(page, "ready")
    await expect(page.locator("#desk-call [data-phase]")).to_have_count(0, timeout=PATIENCE_MS)


async def _check_the_ledger(line: LiveLine, since: Moment, stint: Stint) -> None:
    assert (stint.agent, stint.queue, stint.outcome) == (AGENT, "insurance", Outcome.ANSWERED)


    async def both() -> list[Talk]:
        found = await _talks(line, since, stint.call_id)
        return found if len(found) > 1 else []

    first, second = await eventually(both, "CEL tells of the talk before the reload and of the one after it")
    assert (first.agent, first.kind, first.stint) == (AGENT, Kind.DIRECT, (stint.channel_id, stint.number))
    assert (second.agent, second.kind) == (AGENT, Kind.TRANSFER)
    [(began, ended)] = first.holds
    assert ended - began >= SPOKEN_MS - SLACK_MS
    assert first.end <= second.start
    assert second.end - second.start >= 1000 * WRAP_UP
    _check_the_times(line, first, second)


def _check_the_times(line: LiveLine, first: Talk, second: Talk) -> None:
    """Both talks are his time, of one conversation; the wrap-up between and after them too."""
    report = json.loads(line.command("report", "agents", "--agent", AGENT, "--format", "json"))
    [row] = report["rows"]
    held = sum(end - start for start, end in first.holds)
    talked = first.end - first.start + second.end - second.start - held
    assert (row["conversations"], row["rings_unanswered"], row["sums_up"]) == (1, 0, True)
    assert row["talk_time"] == pytest.approx(talked / 1000, abs=0.01)
    assert row["hold_time"] == pytest.approx(held / 1000, abs=0.01)
    assert row["wrap_up_time"] >= WRAP_UP


async def _check_the_recording(line: LiveLine, call_id: str) -> None:
    """Both sides before the reload and after it, each time in a recording of its own."""
    async def both() -> list[Recording]:
        found = await kept_recordings(line, call_id)
        return found if len(found) > 1 else []

    for recording in await eventually(both, "both recordings are kept", 60):
        left, right = await kept_sides(line, recording)
        assert tone_share(left, AGENT_HERTZ) < 0.05
        assert tone_share(right, CALLER_HERTZ) < 0.05
        end = slice(-3 * RATE, -RATE // 2)  # no music of the hold is in it
        assert tone_share(left[end], CALLER_HERTZ) > 0.6
        assert tone_share(right[end], AGENT_HERTZ) > 0.6


async def _noted(line: LiveLine, call_id: str) -> list[DeskCall]:
    database = Database(store_url(line.home, line.settings, Store.MAIN))
    try:
        async with database.read() as connection:
            return list(await calls_named(connection, [call_id]))
    finally:
        await database.close()


async def _talks(line: LiveLine, since: Moment, call_id: str) -> list[Talk]:
    async with line.ledger() as connection:
        found = await read_conversations(connection, None, since.at, since.at + 3600)
    return [talk for talk in found if talk.call_id == call_id]


async def _pauses(line: LiveLine) -> set[str]:
    async with line.desk() as desk:
        return {member.reason if member.paused else "" for member in (await desk.members(AGENT)).values()}


def _card(page: Page, phase: str) -> Locator:
    return page.locator(f"#desk-call [data-phase={phase}]")


async def state_is(page: Page, state: str) -> None:
    await expect(page.locator(f".desk-bar.is-{state}")).to_be_visible(timeout=PATIENCE_MS)


def _voice(path: Path, rate: int = 48000) -> Path:
    samples = array("h", (int(9000 * math.sin(2 * math.pi * AGENT_HERTZ * n / rate)) for n in range(rate * 2)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path
