"""Judging in a real browser: the form keeps itself while the sound plays beside it, in every language."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from foundation.settings import Agent, Queue, Settings
from foundation.web.roles import Role
from quality.web import room
from tests.support.browser import PHONE, accessibility_faults, chromium, shoot
from tests.support.page_site import PageSite, page_site
from tests.support.sound_site import conversation, keep_sound

pytestmark = pytest.mark.browser

SETTINGS = Settings(
    queues={"operator": Queue(title={"fa": "اپراتور", "tr": "Operatör", "en": "Operator"})},
    agents={"a101": Agent(name="سارا", queues={"operator": 0}), "a102": Agent(name="Mina", queues={"operator": 0})},
)
ANSWERS = {
    "greeting": "yes", "identity": "na", "understanding": "5", "answer": "3", "next-step": "no", "respect": "yes",
    "clearness": "4",
}


@asynccontextmanager
async def site_of(tmp_path: Path) -> AsyncIterator[PageSite]:
    async with page_site(tmp_path, [room()], settings=SETTINGS) as site:
        for number in range(5):
            await keep_sound(site, f"call-{number}", *conversation(), agent=f"a10{1 + number % 2}",
                             started_ms=site.clock() - (number + 1) * 3_600_000, duration_ms=60_000)
        yield site


async def fill(page: Page, **more: str) -> None:
    for question, answer in (ANSWERS | more).items():
        await page.locator(f"#question-{question} label", has=page.locator(f"[value='{answer}']")).click()


async def say_why(page: Page) -> None:
    await page.locator("input[value=quality]").check()
    await page.locator("form.narrow button.primary").click()
    await expect(page.locator("[data-evaluation]")).to_be_visible()


@pytest.mark.parametrize("language", ["fa", "en"])
async def test_a_conversation_is_drawn_judged_and_replied_to(tmp_path: Path, language: Any) -> None:
    async with site_of(tmp_path) as site, site.served() as url, chromium() as browser:
        page = await site.open(browser, url, "/quality", Role.MANAGER, language=language, user_id="mina")
        assert await accessibility_faults(page) == []
        await page.locator("form[action='/quality/draw'] button").click()
        await expect(page.locator("tbody tr")).to_have_count(4)
        await shoot(page, f"quality-draw-{language}")
        await page.goto(url + "/quality/evaluate/call-0")
        await say_why(page)
        await fill(page)
        await page.locator("#evaluation-comment").fill("آرام و روشن")
        await expect(page.locator("#evaluation-saved .soft")).to_be_visible()
        await expect(page.locator("#evaluation-saved .warn")).to_have_count(0)
        assert await accessibility_faults(page) == []
        await shoot(page, f"quality-form-{language}")
        await page.locator("[data-evaluation] button.primary").click()
        await expect(page).to_have_url(f"{url}/quality/evaluations/1")
        sara = await site.open(browser, url, "/my-quality", Role.AGENT, language=language, user_id="sara", agent="a101")
        await shoot(sara, f"quality-mine-{language}")
        await sara.locator("tbody a").click()
        await sara.locator("#reply-text").fill("مشتری قطع کرد")
        assert await accessibility_faults(sara) == []
        await shoot(sara, f"quality-mine-one-{language}")
        await sara.locator("form button.primary").click()
        await expect(sara.locator("#reply-text")).to_have_count(0)
        await page.reload()
        await expect(page.locator("#answer-text")).to_be_visible()
        await shoot(page, f"quality-evaluation-{language}")
        await page.goto(url + "/quality")
        await expect(page.locator("[aria-labelledby=waiting-title] a")).to_have_count(1)
        await shoot(page, f"quality-{language}")
        await page.goto(url + "/quality/scorecards")
        assert await accessibility_faults(page) == []
        await shoot(page, f"quality-scorecards-{language}")
        assert site.complaints.heard == []


async def test_what_is_missing_is_shown_and_evaluators_are_compared(tmp_path: Path) -> None:
    async with site_of(tmp_path) as site, site.served() as url, chromium() as browser:
        mina = await site.open(
            browser, url, "/quality/evaluate/call-0", Role.MANAGER, language="en", user_id="mina", theme="dark",
            size=PHONE)
        await say_why(mina)
        await fill(mina)
        await expect(mina.locator("#evaluation-saved .soft")).to_be_visible()
        await mina.locator("form[action='/quality/calibrations'] button").click()
        session = mina.url
        await mina.locator("main a.primary").click()
        await mina.locator("[data-evaluation] button.primary").click()
        await expect(mina.locator(".is-missing")).to_have_count(7)
        assert await mina.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await shoot(mina, "quality-missing-phone-dark")
        await fill(mina)
        await mina.locator("[data-evaluation] button.primary").click()
        await expect(mina).to_have_url(session)
        path = session.removeprefix(url)
        omid = await site.open(browser, url, path, Role.MANAGER, language="en", user_id="omid")
        await omid.locator("main a.primary").click()
        await say_why(omid)
        await fill(omid, answer="1")
        await omid.locator("[data-evaluation] button.primary").click()
        await expect(omid).to_have_url(session)
        await omid.locator("[data-opens=close-calibration]").click()
        await omid.locator("dialog[open] form button:not([type=button])").click()
        await expect(omid.locator("tbody tr")).to_have_count(8)
        assert await accessibility_faults(omid) == []
        await shoot(omid, "quality-calibration-en")
        assert [text for text in site.complaints.heard if "422" not in text] == []
