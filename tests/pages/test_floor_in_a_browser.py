"""The floor in a real browser: live, by keyboard, in every language; what a supervisor does stays in his window."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from agent_softphone import supervisor_messages as messages
from agent_softphone.supervisor_keeper import Floor
from agent_softphone.web.desk_room import desk_room
from agent_softphone.web.supervisor_room import supervisor_room
from foundation.bus import instant
from foundation.settings import Agent, Queue, Settings
from foundation.web.roles import Role
from tests.support.browser import accessibility_faults, chromium, shoot
from tests.support.page_site import PageSite, page_site

pytestmark = pytest.mark.browser

WHISPER = {"fa": "نجوا", "tr": "Fısılda", "en": "Whisper"}
SETTINGS = Settings(
    queues={
        "operator": Queue(title={"fa": "اپراتور", "tr": "Operatör", "en": "Operator"}),
        "insurance": Queue(title={"fa": "بیمه", "tr": "Sigorta", "en": "Insurance"}),
    },
    agents={
        "a101": Agent(name="سارا", queues={"operator": 0}), "a102": Agent(name="Mina", queues={"insurance": 0}),
        "a103": Agent(queues={"operator": 0}), "s1": Agent(queues={"operator": 5}),
    },
)


@asynccontextmanager
async def site_of(tmp_path: Path) -> AsyncIterator[PageSite]:
    async with page_site(tmp_path, [desk_room(), supervisor_room(Floor())], settings=SETTINGS) as site:
        await _beat(site)
        now = site.clock() / 1000
        await site.web.live.take("pasokh/agents/a101", _agent("a101", "talking", now - 95, {
            "call_id": "x-1", "queue": "operator", "since": instant(now - 95), "number": "***567",
        }))
        await site.web.live.take("pasokh/agents/a102", _agent("a102", "paused", now - 610, None, "prayer"))
        await site.web.live.take("pasokh/queues/operator", {
            "queue": "operator", "agents": {"ready": []}, "longest_wait_since": instant(now - 75),
            "waiting": [_caller(1, now - 75, "***121"), _caller(2, now - 5, None)],
        })
        yield site


def _agent(name: str, state: str, since: float, call: Any, reason: str | None = None) -> dict[str, Any]:
    return {"agent": name, "state": state, "reason": reason, "since": instant(since), "call": call,
            "queues": {"operator": 0}}


def _caller(position: int, joined: float, number: str | None) -> dict[str, Any]:
    return {"call_id": f"w-{position}", "position": position, "joined": instant(joined), "number": number}


async def _beat(site: PageSite) -> None:
    await site.web.live.take("pasokh/floor", {"status": "live", "at": instant(site.clock() / 1000)})


@asynccontextmanager
async def beating(site: PageSite) -> AsyncIterator[None]:
    """The floor goes on being published."""
    async def beat() -> None:
        while True:
            await _beat(site)
            await asyncio.sleep(0.5)

    task = asyncio.create_task(beat(), name="beats")
    try:
        yield
    finally:
        task.cancel()


@pytest.mark.parametrize("language", ["fa", "en"])
async def test_the_floor_is_clear_to_everybody(tmp_path: Path, language: Any) -> None:
    async with site_of(tmp_path) as site, beating(site), site.served() as url, chromium() as browser:
        page = await site.open(browser, url, "/floor", Role.SUPERVISOR, language=language, user_id="lale", agent="s1")
        await expect(page.locator("#call-w-1")).to_be_visible()
        await expect(page.locator("#agent-a101")).to_be_visible()
        assert await accessibility_faults(page) == []
        await shoot(page, f"floor-{language}")
        await page.locator("#agent-a101").click()
        await expect(page.locator("#floor-panel[open]")).to_be_visible()
        await expect(page.locator("#floor-panel button", has_text=WHISPER[language])).to_be_visible()
        assert await accessibility_faults(page) == []
        await shoot(page, f"floor-agent-{language}")
        await page.keyboard.press("Escape")
        await page.locator("#call-w-1").click()
        await expect(page.locator("#floor-position")).to_be_visible()
        assert await accessibility_faults(page) == []
        await shoot(page, f"floor-caller-{language}")
        assert not site.complaints.heard


async def test_everything_is_reached_by_keyboard_and_keeps_the_focus(tmp_path: Path) -> None:
    async with site_of(tmp_path) as site, beating(site), site.served() as url, chromium() as browser:
        page = await site.open(browser, url, "/floor", Role.SUPERVISOR, language="en", user_id="lale", agent="s1")
        await page.locator("#agent-a102").focus()
        await site.web.live.take("pasokh/agents/a103", _agent("a103", "ready", site.clock() / 1000, None))
        await expect(page.locator("tr.is-ready #agent-a103")).to_be_visible()
        await expect(page.locator("#agent-a102")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator("#floor-panel[open]")).to_be_visible()
        await page.locator("#floor-text").fill("Your break is over soon")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Escape")
        await expect(page.locator("#floor-panel")).to_be_hidden()
        await expect(page.locator("#agent-a102")).to_be_focused()


async def test_a_message_lies_on_the_desk_until_it_is_read(tmp_path: Path) -> None:
    async with site_of(tmp_path) as site, beating(site), site.served() as url, chromium() as browser:
        async with site.web.database.write() as connection:
            await messages.send(connection, "a102", "lale", "لطفاً با من تماس بگیرید", site.clock())
        desk = await site.open(browser, url, "/desk", Role.AGENT, language="fa", user_id="mina", agent="a102")
        await expect(desk.locator(".floor-message")).to_contain_text("لطفاً با من تماس بگیرید")
        await shoot(desk, "desk-message-fa")
        async with site.web.database.write() as connection:
            await messages.send(connection, "a102", "lale", "دوباره", site.clock())
            shown = await messages.pictures(connection)
        await site.web.live.take("pasokh/messages/a102", shown["pasokh/messages/a102"])
        await expect(desk.locator(".floor-message")).to_have_count(2)
        await _read_first(desk)
        await expect(desk.locator(".floor-message")).to_have_count(1)


async def _read_first(desk: Page) -> None:
    button = desk.locator(".floor-message button").first
    await button.focus()
    await desk.keyboard.press("Enter")


async def test_a_picture_that_grows_old_says_so(tmp_path: Path) -> None:
    async with site_of(tmp_path) as site, site.served() as url, chromium() as browser:
        page = await site.open(browser, url, "/floor", Role.MANAGER, language="en")
        await expect(page.locator("[data-stale]")).to_be_visible()
        await expect(page.locator("button.floor-open")).to_have_count(0)
