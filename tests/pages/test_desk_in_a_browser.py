"""The desk as an agent sees and uses it, in a real Chromium: with the keyboard, with the network away, in fa and en."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from agent_softphone.desk.calls import find_call
from callqueue.work_plan.tables import WORK_PLAN
from foundation.settings import Agent, Language
from foundation.text import digits
from foundation.web.roles import Role
from tests.support.browser import DESK, SOUND, accessibility_faults, chromium, shoot
from tests.support.cut_wire import cables
from tests.support.desk_site import CALL_ID, NUMBER, DeskSite, desk_settings, desk_site, instant
from tests.support.waiting import eventually

pytestmark = pytest.mark.browser

PATIENCE_MS = 30_000


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[DeskSite]:
    async with desk_site(tmp_path) as made:
        await made.fill()
        await plan_work(made)
        await made.show_queue("operator", 0)
        await made.show_queue("insurance", 3, seconds=95)
        await made.show_queue("pensions", 1, seconds=4)
        yield made


async def plan_work(site: DeskSite) -> None:
    """He is at work, his lunch begins in nine minutes, and in two days he works again."""
    present, minute, hour = site.pages.clock(), 60_000, 3_600_000
    now = present - present % minute
    day = datetime.fromtimestamp(present / 1000, site.pages.web.zone).date()
    rows = [
        ("work", 0, now - 4 * hour, now + 4 * hour, ""), ("break", 0, now + 9 * minute, now + 39 * minute, "lunch"),
        ("work", 2, now + 44 * hour, now + 52 * hour, ""), ("absent", 3, now + 68 * hour, now + 76 * hour, ""),
    ]
    async with site.pages.web.database.write() as connection:
        await connection.execute(WORK_PLAN.insert(), [
            {"agent": "a101", "day": day + timedelta(days=days), "activity": activity, "start_ms": start, "end_ms": end,
             "reason": reason, "imported_ms": now} for activity, days, start, end, reason in rows])


async def desk(site: DeskSite, browser: object, url: str, language: Language = "en", theme: str = "light") -> Page:
    return await site.pages.open(
        browser, url, "/desk", Role.AGENT, user_id="sara", agent="a101", language=language, theme=theme,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(("language", "theme"), [("fa", "light"), ("tr", "light"), ("en", "dark"), ("fa", "dark")])
async def test_the_desk_is_clear_to_everybody_in_each_state(site: DeskSite, language: Language, theme: str) -> None:
    async with site.pages.served() as url, chromium() as browser:
        await site.show(state="ready")
        await site.write_down("سلام خسته نباشید مستمری من دو ماه است که واریز نشده است لطفاً رسیدگی کنید")
        page = await desk(site, browser, url, language, theme)
        await expect(page.locator(".desk-bar.is-ready")).to_be_visible()
        await expect(page.locator("#desk-list .desk-task")).to_have_count(3)
        await expect(page.locator("#desk-times .desk-near")).to_be_visible()
        await page.locator("#desk-times summary").click()
        await expect(page.locator("#desk-times dd")).to_have_count(2)
        await shoot(page, f"desk-times-{language}-{theme}")
        assert not await accessibility_faults(page)
        await page.locator("#desk-times summary").click()
        for state in ("idle", "ringing", "talking"):
            if state != "idle":
                await site.show_call(state)
                await expect(page.locator(f"#desk-call [data-phase={state}]")).to_be_visible()
                await expect(page.locator(f".desk-bar.is-{state}")).to_be_visible()
                await expect(page.locator("#call-title")).to_have_text(digits(NUMBER, language))
            await shoot(page, f"desk-{state}-{language}-{theme}")
            assert not await accessibility_faults(page)
        await expect(page.locator("#desk-knowledge .note")).to_have_count(1)
        await site.show_call("talking", masked_seconds=3000)
        await expect(page.locator("#desk-mask .desk-masked strong")).to_be_visible()
        await expect(page.locator("[data-post='/desk/unmask']")).to_be_visible()
        await shoot(page, f"desk-masked-{language}-{theme}")
        assert not await accessibility_faults(page)
        await site.show_call("talking")
        await expect(page.locator("#desk-mask .desk-unmasked")).to_be_visible()
        await expect(page.locator("[data-post='/desk/mask']")).to_be_visible()
        await page.keyboard.press("Alt+KeyX")
        await site.manager.received("MixMonitorMute", 1)
        width = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width == 0
        await page.locator("#desk-list .desk-task").first.click()
        await page.locator("#desk-task .button.primary").click()
        await expect(page.locator("#desk-task [data-owner=mine]")).to_be_visible()
        await expect(page.locator("#desk-task .task-said .clue")).to_have_count(2)
        await shoot(page, f"desk-work-{language}-{theme}")
        assert not await accessibility_faults(page)
        assert not site.pages.complaints.heard


@pytest.mark.parametrize("language", ["fa", "en"])
async def test_phone_queues_and_the_own_day_are_in_sight_without_scrolling(tmp_path: Path, language: Language) -> None:
    agents = {"a101": Agent(queues={"operator": 0, "insurance": 0, "pensions": 5}, device="webrtc")}
    async with desk_site(tmp_path, desk_settings(agents=agents)) as site, site.pages.served() as url:
        await plan_work(site)
        for queue in ("operator", "insurance", "pensions"):
            await site.show_queue(queue, 2, seconds=2)
        async with chromium(*SOUND) as browser:
            await site.show(state="paused", reason="lunch")
            page = await desk(site, browser, url, language)
            await expect(page.locator(".desk-queues li")).to_have_count(3)
            await expect(page.locator(".desk-levels dd")).to_have_count(3)
            await expect(page.locator("#desk-times .desk-near")).to_be_visible()
            # On a slow machine the picture is old, and says so at the top.
            await page.evaluate("document.querySelector('[data-stale]').remove()")
            await shoot(page, f"desk-with-phone-{language}")
            for part in (".desk-today", ".desk-phone", ".desk-queues"):
                box = await page.locator(part).bounding_box()
                assert box
                assert box["y"] + box["height"] <= DESK["height"], part
            assert not await accessibility_faults(page)


async def test_a_whole_call_by_keyboard_alone(site: DeskSite) -> None:
    async with site.pages.served() as url, chromium() as browser:
        await site.show(state="offline")
        page = await desk(site, browser, url)
        await expect(page.locator(".desk-bar.is-offline")).to_be_visible()
        await page.keyboard.press("Alt+KeyR")
        await site.manager.received("QueueAdd", 3)
        await site.show_call("talking")
        await page.locator("#call-notes").wait_for()
        await page.keyboard.press("Alt+KeyN")
        await page.keyboard.type("two months")
        await page.keyboard.press("Alt+KeyJ")
        await page.keyboard.type("Record")
        await page.keyboard.press("Alt+KeyK")
        await expect(page.locator("#knowledge-title")).to_be_focused()
        await page.keyboard.press("Shift+Slash")
        await expect(page.locator("#desk-help")).to_be_visible()
        await shoot(page, "desk-help-en")
        assert not await accessibility_faults(page)
        await page.keyboard.press("Escape")
        await page.keyboard.press("Alt+KeyF")
        await expect(page.locator("#deed-case")).to_be_visible()
        await expect(page.locator("#case-summary")).to_have_value("two months")
        await shoot(page, "desk-case-en")
        assert not await accessibility_faults(page)
        await page.keyboard.press("Escape")
        await site.show(state="wrap-up", reason="wrap-up")
        await expect(page.locator("#desk-call [data-phase=after]")).to_be_visible()
        await expect(page.locator("#call-notes")).to_have_value("two months")
        await shoot(page, "desk-after-en")
        await page.keyboard.press("Alt+KeyD")
        await page.keyboard.type("Answered")
        await page.keyboard.press("Alt+Enter")
        await expect(page.locator(".toast")).to_contain_text("saved")
        await site.show(state="ready")
        await expect(page.locator("#desk-call")).to_contain_text("No call on the desk")
        assert (await kept(site)).endswith("two months answered")
        assert not site.pages.complaints.heard


async def kept(site: DeskSite) -> str:
    async with site.pages.web.database.read() as connection:
        call = await find_call(connection, CALL_ID, "a101")
    return f"{call.notes} {call.disposition}" if call else ""


async def test_notes_survive_a_lost_network_and_a_reload(site: DeskSite) -> None:
    async with site.pages.served() as url, chromium() as browser:
        await site.show_call("talking")
        page = await desk(site, browser, url)
        await page.locator("#call-notes").fill("before")
        await expect(page.locator("#notes-kept")).to_have_text("Kept")
        await page.context.set_offline(True)
        await page.locator("#call-notes").fill("while away")
        await expect(page.locator("#notes-kept")).to_contain_text("No connection")
        await expect(page.locator("[data-stale]")).to_be_visible()
        assert await kept(site) == "before None"
        await page.context.set_offline(False)

        async def arrived() -> bool:
            return await kept(site) == "while away None"

        await eventually(arrived, "the notes have come")
        await page.locator("#call-notes").fill("and a reload at once")
        await page.reload()
        await expect(page.locator("#call-notes")).to_have_value("and a reload at once")
        await site.show_call("talking")


async def test_a_message_is_played_and_its_picture_follows(site: DeskSite) -> None:
    async with site.pages.served() as url, chromium("--autoplay-policy=no-user-gesture-required") as browser:
        await site.show(state="paused", reason="lunch")
        page = await desk(site, browser, url, "fa")
        await page.locator("#desk-list .desk-task").first.click()
        wave = page.locator(".wave")
        await wave.click(position={"x": 20, "y": 10})
        await expect(wave).to_have_attribute("style", re.compile("--played"))
        assert await page.evaluate("document.querySelector('audio').duration") == pytest.approx(4, abs=0.1)
        await page.locator("[data-clears]").click()
        await expect(page.locator("#desk-task")).to_be_empty()
        assert not site.pages.complaints.heard


@asynccontextmanager
async def fresh(site: DeskSite) -> AsyncIterator[None]:
    """The floor is seen all the time."""
    async def show() -> None:
        while True:
            await site.pages.web.live.take("pasokh/floor", {"status": "live", "at": instant(site.pages.clock())})
            await asyncio.sleep(0.2)

    showing = asyncio.create_task(show(), name="floor")
    try:
        yield
    finally:
        showing.cancel()


async def test_a_piece_that_does_not_come_is_old_though_the_floor_is_seen(site: DeskSite) -> None:
    async with site.pages.served() as url, chromium() as browser, fresh(site):
        await site.show(state="ready")
        page = await desk(site, browser, url)
        await expect(page.locator(".desk-bar.is-ready")).to_be_visible()
        await expect(page.locator("[data-stale]")).to_be_hidden()
        await page.route("**/desk/state", lambda route: route.abort())
        await site.show(state="paused", reason="lunch")
        await expect(page.locator("[data-stale]")).to_be_visible(timeout=PATIENCE_MS)
        await page.unroute("**/desk/state")
        await expect(page.locator(".desk-bar.is-paused")).to_be_visible(timeout=PATIENCE_MS)
        await expect(page.locator("[data-stale]")).to_be_hidden(timeout=PATIENCE_MS)


async def test_a_stream_that_is_dead_without_a_word_is_begun_anew(site: DeskSite) -> None:
    async with site.pages.served() as url, chromium() as browser, fresh(site):
        await site.show(state="ready")
        async with cables(int(url.rpartition(":")[2])) as wires:
            page = await desk(site, browser, f"http://127.0.0.1:{wires.pages.port}")
            await expect(page.locator(".desk-bar.is-ready")).to_be_visible()
            await expect(page.locator("[data-stale]")).to_be_hidden()
            wires.pages.lose()
            await expect(page.locator("[data-stale]")).to_be_visible(timeout=PATIENCE_MS)
            await expect(page.locator("[data-stale]")).to_be_hidden(timeout=3 * PATIENCE_MS)


async def test_what_the_desk_shows_is_never_old_without_a_word(site: DeskSite) -> None:
    async with site.pages.served() as url, chromium() as browser:
        await site.show(state="ready")
        page = await desk(site, browser, url)
        await expect(page.locator(".desk-bar.is-ready")).to_be_visible()
        await expect(page.locator("[data-stale]")).to_be_visible()
