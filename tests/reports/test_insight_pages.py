"""The pages of growth, blocked calls, first-contact resolution, channel shift and the pulse, in a real browser."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

import reports.web
from foundation.settings import Agent, Language, Queue, Settings, Site
from foundation.web.roles import Role
from tests.support.browser import DESK, PHONE, accessibility_faults, chromium, shoot
from tests.support.page_site import PageSite, page_site
from tests.support.report_site import DAY, eventful_years, tell_journal
from tests.support.wallboard_site import TITLES

pytestmark = pytest.mark.browser
QUEUES = ("operator", "insurance", "pensions")
PATIENCE_MS = 60_000


def day(number: int) -> str:
    return datetime.fromtimestamp(DAY + number * 86_400, UTC).date().isoformat()


REPORTS = {
    "growth": f"?from={day(-100)}&to={day(1)}", "blocked": f"?from={day(-6)}&step=day", "first-contact-resolution": f"?from={day(-13)}",
    "channel-shift": "", "pulse": f"?from={day(0)}&to={day(1)}",
}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[PageSite]:
    settings = Settings(
        site=Site(timezone="UTC"), queues={name: Queue(title=TITLES[name]) for name in QUEUES},
        agents={f"a10{n}": Agent(queues=dict.fromkeys(QUEUES, 0)) for n in range(1, 5)},
    )
    async with page_site(tmp_path, [reports.web.room()], settings=settings) as made:
        made.clock.at_ms = (DAY + 86_400 + 8 * 3600) * 1000
        rescued = [(DAY + 3600 * hour, f"r{hour}|NONE|NONE|RESCUED|r{hour}|FAILURE") for hour in (9, 10)]
        await tell_journal(made.web.ledger, tmp_path / "log", eventful_years(QUEUES), rescued)
        yield made


async def test_every_page_can_be_used_by_everybody_on_every_screen(site: PageSite) -> None:
    async with site.served() as url, chromium() as browser:
        for language, size in SCREENS:
            for name, query in REPORTS.items():
                path = f"/reports/{name}{query}"
                page = await site.open(browser, url, path, Role.MANAGER, language=language, size=size)
                await expect(page.locator("[data-lines]:not([data-drawn=yes])")).to_have_count(0, timeout=PATIENCE_MS)
                await shoot(page, f"insight-{name}-{language}{'-phone' if size == PHONE else ''}")
                assert not await accessibility_faults(page), name
                assert await too_wide(page) <= 0, name
                await page.close()
    assert not site.complaints.heard


SCREENS: tuple[tuple[Language, dict[str, int]], ...] = (("fa", DESK), ("en", PHONE))


async def too_wide(page: Page) -> int:
    found: int = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return found
