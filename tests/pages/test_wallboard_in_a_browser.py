"""The wallboard as people see and hear it, in a real Chromium: big screen and telephone, dark and light."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from foundation.settings import Language
from foundation.web.accounts import By
from foundation.web.roles import Role
from tests.support.browser import PHONE, accessibility_faults, chromium, shoot
from tests.support.desk_site import instant
from tests.support.page_site import PageSite
from tests.support.wallboard_site import beat, fill_day, show_floor, wallboard_site

pytestmark = pytest.mark.browser

WALL = {"width": 1920, "height": 1080}
BEAT_SECONDS = 0.5


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[PageSite]:
    async with wallboard_site(tmp_path) as (made, keeper):
        await fill_day(made)
        await show_floor(made)
        await keeper.renew(made.web)
        yield made


@asynccontextmanager
async def living(site: PageSite) -> AsyncIterator[None]:
    """The floor is published again and again."""
    async def live() -> None:
        while True:
            await beat(site)
            await asyncio.sleep(BEAT_SECONDS)

    beating = asyncio.create_task(live(), name="beats")
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


async def fits(page: Page) -> bool:
    return bool(await page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize(("language", "theme"), [("fa", "dark"), ("fa", "light"), ("en", "dark"), ("tr", "light")])
async def test_the_board_is_clear_on_a_wall_and_on_a_telephone(
    site: PageSite, language: Language, theme: str,
) -> None:
    async with site.served() as url, chromium() as browser, living(site):
        page = await site.open(browser, url, "/wallboard", Role.MANAGER, language=language, theme=theme, size=WALL)
        insurance = page.locator("[data-queue=insurance]")
        await expect(insurance).to_have_class("wall-card is-long is-low")
        await expect(page.locator("[data-queue=operator]")).to_have_class("wall-card")
        await expect(insurance.locator("[data-long]")).to_be_visible()
        await expect(page.locator("[data-alarms]")).to_contain_text(" · ")
        await expect(page.locator("[data-stale]")).to_be_hidden()
        await shoot(page, f"wallboard-{language}-{theme}")
        assert not await accessibility_faults(page)
        assert await fits(page)
        assert await page.evaluate("document.documentElement.scrollHeight") <= WALL["height"]
        await page.locator("[data-opens=wall-passports]").click()
        await shoot(page, f"wallboard-passports-{language}-{theme}")
        assert not await accessibility_faults(page)
        await page.keyboard.press("Escape")
        await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        await shoot(page, f"wallboard-phone-{language}-{theme}")
        assert await fits(page)
        assert not await accessibility_faults(page)
        assert not site.complaints.heard


async def test_callers_come_wait_too_long_and_go_and_only_who_pressed_a_key_hears_it(site: PageSite) -> None:
    async with site.served() as url, chromium() as browser, living(site):
        await site.web.live.take("pasokh/queues/insurance", None)
        page = await site.open(browser, url, "/wallboard", Role.SUPERVISOR, language="en", size=WALL)
        card, sound = page.locator("[data-queue=operator]"), page.locator("[data-sound]")
        await expect(card.locator("[data-waiting]")).to_have_text("2")
        await expect(sound).to_have_attribute("aria-pressed", "false")
        await wait_in(site, "operator", 3, 118)
        await expect(card.locator("[data-waiting]")).to_have_text("3")
        await expect(card).not_to_have_class("wall-card is-long")
        await page.keyboard.press("s")
        await expect(sound).to_have_text("Sound is on")
        before = int(await sound.get_attribute("data-sounded") or 0)
        await expect(card).to_have_class("wall-card is-long")  # by the page's own clock, without any news
        await expect(page.locator("[data-alarms]")).to_contain_text("Operator: long wait")
        await expect(sound).to_have_attribute("data-sounded", str(before + 1))
        await wait_in(site, "operator", 0, 0)
        await expect(card).to_have_class("wall-card")
        await expect(card.locator("[data-waiting]")).to_have_text("0")
        assert not site.complaints.heard


async def wait_in(site: PageSite, queue: str, waiting: int, seconds: int) -> None:
    await site.web.live.take(f"pasokh/queues/{queue}", {
        "queue": queue, "waiting": [{"position": n} for n in range(1, waiting + 1)], "agents": {},
        "longest_wait_since": instant(site.clock() - 1000 * seconds) if waiting else None,
    })


async def test_a_screen_comes_in_by_its_link_and_says_when_its_picture_is_old_or_its_key_is_gone(
    site: PageSite, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("foundation.web.live.ADMISSION_SECONDS", 0.5)
    await site.add_user(Role.SCREEN, user_id="hall")
    key = await site.web.tokens.add("hall", "Hall", [Role.SCREEN], 365, By("test"))
    async with site.served() as url, chromium() as browser:
        async with living(site):
            page = await site.open(browser, url, f"/wallboard/screen?lang=en#{key}", size=WALL)
            await page.wait_for_url("**/wallboard")
            assert key not in page.url
            await expect(page.locator("[data-queue=operator] [data-waiting]")).to_have_text("2")
            await expect(page.locator("[data-stale]")).to_be_hidden()
        await expect(page.locator("[data-stale]")).to_be_visible()
        await shoot(page, "wallboard-stale-en")
        assert not await accessibility_faults(page)
        [token] = await site.web.tokens.list()
        await site.web.tokens.revoke(token.id, By("test"))
        await expect(page.locator("[data-stale]")).to_contain_text(site.web.catalogue.texts("en")("web.live.over"))
