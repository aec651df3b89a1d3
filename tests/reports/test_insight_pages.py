"""The pages of growth, blocked calls, first-contact resolution, channel shift and the pulse, in a real browser."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

import reports.web
from foundation.settings import Agent, Language, Queue, Settings, Site
from foundation.web.roles import Role
from tests.support.browser import DESK, PHONE, accessibility_faults, chromium, shoot
from tests.support.page_site import PageSite, page_site
from tests.support.report_site import DAY, eventful_year, tell_journal
from tests.support.wallboard_site import TITLES

QUEUES = ("operator", "insurance", "pensions")
PATIENCE_MS = 60_000


def day(number: int) -> str:
    return datetime.fromtimestamp(DAY + number * 86_400, UTC).date().isoformat()


REPORTS = {
    "growth": f"?from={day(-9)}&to={day(1)}", "blocked": f"?from={day(-6)}&step=day",
    "first-contact-resolution": f"?from={day(-13)}", "channel-shift": "", "pulse": f"?from={day(0)}&to={day(1)}",
}
SCREENS: tuple[tuple[Language, dict[str, int], tuple[str, ...]], ...] = (
    ("fa", DESK, tuple(REPORTS)), ("en", PHONE, ("growth", "blocked", "pulse")))


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[PageSite]:
    settings = Settings(
        site=Site(timezone="UTC"), queues={name: Queue(title=TITLES[name]) for name in QUEUES},
        agents={f"a10{n}": Agent(queues=dict.fromkeys(QUEUES, 0)) for n in range(1, 5)},
    )
    async with page_site(tmp_path, [reports.web.room()], settings=settings) as made:
        made.clock.at_ms = (DAY + 86_400 + 8 * 3600) * 1000
        rescued = [(DAY + 3600 * hour, f"r{hour}|NONE|NONE|RESCUED|r{hour}|FAILURE") for hour in (9, 10)]
        await tell_journal(made.web.ledger, tmp_path / "log", eventful_year(QUEUES), rescued)
        yield made


@pytest.mark.browser
async def test_every_page_can_be_used_by_everybody_on_every_screen(site: PageSite) -> None:
    async with site.served() as url, chromium() as browser:
        for language, size, name in ((language, size, name) for language, size, names in SCREENS for name in names):
            path = f"/reports/{name}{REPORTS[name]}"
            page = await site.open(browser, url, path, Role.MANAGER, language=language, size=size)
            await expect(page.locator("[data-lines]:not([data-drawn=yes])")).to_have_count(0, timeout=PATIENCE_MS)
            await shoot(page, f"insight-{name}-{language}{'-phone' if size == PHONE else ''}")
            assert not await accessibility_faults(page), name
            assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
            if name == "blocked":
                await each_value_is_drawn_over_its_own_interval(page)
            await page.close()
    assert not site.complaints.heard
    await words_of_growth_and_pulse(site)


DRAWN = """() => {
  const place = document.querySelector("[data-lines]"), chart = JSON.parse(place.dataset.lines);
  const canvas = place.querySelector("canvas"), over = place.querySelector(".u-over").getBoundingClientRect();
  const box = canvas.getBoundingClientRect(), scale = canvas.width / box.width;
  const ends = [...chart.times.slice(1), chart.end], span = chart.end - chart.times[0];
  const rows = Math.round(over.height * scale), top = Math.round((over.top - box.top) * scale);
  const height = (at, number) => {
    const part = ((at + ends[number]) / 2 - chart.times[0]) / span;
    const across = document.documentElement.dir === "rtl" ? 1 - part : part;
    const left = Math.round((over.left - box.left + across * over.width) * scale);
    const column = canvas.getContext("2d").getImageData(left, top, 1, rows + 4).data;
    for (let row = 0; row < rows + 4; row++)
      if (column[4 * row + 1] - column[4 * row] > 40) return 1 - row / rows;
    return null;
  };
  return {values: chart.series[0].values, heights: chart.times.map(height)};
}"""
"""How high the first line (a green one) stands in the middle of each interval, from 0 to 1."""


async def each_value_is_drawn_over_its_own_interval(page: Page) -> None:
    drawn: dict[str, Any] = await page.evaluate(DRAWN)
    most = max(drawn["values"])
    assert most > 0
    for value, height in zip(drawn["values"], drawn["heights"], strict=True):
        assert height == pytest.approx(value / most / 1.08, abs=0.05), drawn


async def words_of_growth_and_pulse(site: PageSite) -> None:
    """A growth has a sign that stays before it; a pulse says first what it found."""
    manager = await site.client(Role.MANAGER)
    growth = (await manager.get(f"/reports/growth{REPORTS['growth']}&lang=fa")).text
    assert "\u2066+" in growth
    assert '<option value="yazd">یزد</option>' in (await manager.get("/reports/channel-shift?lang=fa")).text
    pulse = (await manager.get(f"/reports/pulse{REPORTS['pulse']}&lang=en")).text
    assert pulse.index("Operator fell to") < pulse.index("<table")
    assert ".00<" not in pulse
