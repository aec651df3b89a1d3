"""The player in a real browser: why first, then sound by keys and pointer, in every language and on a telephone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from foundation.settings import Agent, Queue, Settings
from foundation.web.roles import Role
from quality.web import room
from recordings.listening.notes import SoundNote, add_note
from recordings.transcripts.tables import transcript
from recordings.transcripts.transcripts import Side, Word, pack, spoken
from tests.support.browser import PHONE, accessibility_faults, chromium, shoot
from tests.support.page_site import PageSite, page_site
from tests.support.sound_site import conversation, keep_sound

pytestmark = pytest.mark.browser

SETTINGS = Settings(
    queues={
        "operator": Queue(title={"fa": "اپراتور", "tr": "Operatör", "en": "Operator"}),
        "insurance": Queue(title={"fa": "بیمه", "tr": "Sigorta", "en": "Insurance"}),
    },
    agents={"a101": Agent(name="سارا", queues={"operator": 0}), "a102": Agent(name="Mina", queues={"insurance": 0})},
)
WORDS = [
    Word(Side.AGENT, 0, 600, "سلام", 96), Word(Side.AGENT, 700, 1500, "بفرمایید", 91),
    Word(Side.CALLER, 2100, 2700, "مستمری", 88), Word(Side.CALLER, 2800, 3900, "نیامده", 42),
    Word(Side.AGENT, 7600, 8400, "بررسی", 90), Word(Side.AGENT, 9100, 9900, "می‌کنم", 93),
]


@asynccontextmanager
async def site_of(tmp_path: Path) -> AsyncIterator[PageSite]:
    async with page_site(tmp_path, [room()], settings=SETTINGS) as site:
        await keep_sound(site, "call-1", masked="[[4200, 6400]]")
        await keep_sound(site, "call-2", agent="a102", queue="insurance", caller=None, measured=False, damaged=True)
        await keep_sound(site, "message-1", conversation()[0], kind="voice_message", queue=None, agent=None)
        async with site.web.database.write() as connection:
            await add_note(connection, SoundNote("0" * 16, "call-1", 5200, "mina", site.clock(), "سکوت دراز"))
            await connection.execute(transcript.insert().values(
                recording_id="call-1", language="fa", model="test", state="made", tries=1, begun_ms=1, made_ms=2,
                word_count=len(WORDS), confidence=83, words=pack(WORDS), spoken=spoken(WORDS)))
        yield site


async def opened(page: Page) -> None:
    """Say why, and wait for the player."""
    await page.locator("input[value=quality]").check()
    await page.locator("#field-reason").fill("هفتگی")
    await page.locator("form.narrow button.primary").click()
    await expect(page.locator("[data-player]")).to_be_visible()


async def place(page: Page) -> float:
    """Seconds from the sound's beginning."""
    return float(await page.evaluate("document.querySelector('[data-sound]').currentTime"))


async def reached(page: Page, seconds: float) -> None:
    """The sound stands at this place, or has gone on from it."""
    await page.wait_for_function(
        "at => Math.abs(document.querySelector('[data-sound]').currentTime - at) < 0.2", arg=seconds, timeout=60_000)


@pytest.mark.parametrize("language", ["fa", "en"])
async def test_recordings_are_clear_to_everybody(tmp_path: Path, language: Any) -> None:
    async with site_of(tmp_path) as site, site.served() as url, chromium() as browser:
        page = await site.open(browser, url, "/recordings", Role.MANAGER, language=language, user_id="mina")
        await expect(page.locator("tbody tr")).to_have_count(3)
        assert await accessibility_faults(page) == []
        await shoot(page, f"recordings-{language}")
        await page.goto(url + "/recordings/call-1")
        assert await accessibility_faults(page) == []
        await shoot(page, f"recording-why-{language}")
        await opened(page)
        await expect(page.locator(".wave-masked")).to_have_count(1)
        await expect(page.locator(".player-masked strong")).to_be_visible()
        assert await accessibility_faults(page) == []
        await shoot(page, f"recording-{language}")
        await page.goto(url + "/recordings?words=مستمري")
        await expect(page.locator("tbody mark")).to_have_text("مستمری")
        await shoot(page, f"recordings-words-{language}")
        auditor = await site.open(browser, url, "/listens", Role.AUDITOR, language=language, user_id="amir")
        await expect(auditor.locator("tbody tr")).to_have_count(1)
        assert await accessibility_faults(auditor) == []
        await shoot(auditor, f"listens-{language}")
        assert site.complaints.heard == []


async def test_the_sound_is_heard_by_keys_and_pointer(tmp_path: Path) -> None:
    async with site_of(tmp_path) as site, site.served() as url, chromium() as browser:
        page = await site.open(browser, url, "/recordings/call-1?at=1000", Role.MANAGER, language="en", user_id="mina")
        await opened(page)
        await reached(page, 1.0)
        for key, seconds in (("n", 2.0), ("n", 7.5), ("p", 2.0), ("s", 7.0), ("ArrowLeft", 2.0), ("ArrowRight", 7.0)):
            await page.keyboard.press(key)
            await reached(page, seconds)
        await page.locator("[data-seek='5200']").click()
        await reached(page, 5.2)
        await page.locator("[data-speech] span", has_text="نیامده").click()
        await reached(page, 2.8)
        await expect(page.locator("[data-speech] .now")).to_have_text("نیامده")
        await page.keyboard.press("2")
        await expect(page.locator("[data-sides] [value=caller]")).to_have_attribute("aria-pressed", "true")
        await page.keyboard.press("+")
        await expect(page.locator("[data-speed]")).to_have_value("1.25")
        await page.locator("#main").focus()
        await page.keyboard.press("Space")
        await expect(page.locator("[data-do=play]")).to_have_attribute("aria-label", "Pause")
        await page.wait_for_function(
            "at => document.querySelector('[data-sound]').currentTime > at", arg=2.9, timeout=60_000)
        await page.keyboard.press("Space")
        await expect(page.locator("[data-do=play]")).to_have_attribute("aria-label", "Play")
        await expect(page.locator("[data-failed]")).to_be_hidden()
        assert site.complaints.heard == []


async def test_a_note_is_written_at_the_moment_that_is_heard(tmp_path: Path) -> None:
    async with site_of(tmp_path) as site, site.served() as url, chromium() as browser:
        page = await site.open(
            browser, url, "/recordings/call-1", Role.MANAGER, language="en", user_id="mina", theme="dark", size=PHONE)
        await opened(page)
        await page.keyboard.press("n")
        await reached(page, 2.0)
        await page.keyboard.press("m")
        await page.keyboard.type("asks for s, n and 1")
        await expect(page.locator("[data-note-place]")).to_have_text("0:02")
        await page.locator("[data-note] button").click()
        await expect(page.locator(".sound-notes li")).to_have_count(2)
        await expect(page.locator(".sound-notes li").first).to_contain_text("asks for s, n and 1")
        await expect(page.locator("#note-text")).to_have_value("")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await shoot(page, "recording-phone-dark")
        assert site.complaints.heard == []
