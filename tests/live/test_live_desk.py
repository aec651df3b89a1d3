"""A plain telephone and the desk's page together: a call of the public from ringing to the ledger."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from agent_softphone.desk.calls import DeskCall, calls_named
from bench.sipp import calling
from callqueue.ledger.stint import Ending, Outcome
from foundation.database import Database, Store, store_url
from tests.support.browser import DESK, Complaints, chromium, shoot
from tests.support.desk_phone import desk_phone
from tests.support.live_calls import settled_stints, to
from tests.support.live_line import LiveLine
from tests.support.live_site import QUEUES, QUICK
from tests.support.live_start import running_line
from tests.support.phone_page import session_of

pytestmark = [pytest.mark.live, pytest.mark.browser]

PATIENCE_MS = 30_000
WRAP_UP = 4
NUMBER, WAITER = "09126000001", "09126000002"


@pytest.fixture(scope="module")
def line(model: Path) -> Iterator[LiveLine]:
    slow = {**QUICK, "ring_seconds": 30, "wrap_up_seconds": WRAP_UP}
    queues = {name: {**QUICK, **own} for name, own in QUEUES.items()} | {"insurance": slow}
    with running_line(model, more={"queues": queues}, services=("web", "followups", "dialler")) as made:
        yield made


@asynccontextmanager
async def desk_page(line: LiveLine, browser: Browser, agent: str) -> AsyncIterator[tuple[Page, Complaints]]:
    address = f"https://127.0.0.1:{line.settings.ports.of('web')}"
    context = await browser.new_context(
        viewport={"width": DESK["width"], "height": DESK["height"]}, ignore_https_errors=True, reduced_motion="reduce",
    )
    await context.add_cookies([
        {"name": "__Host-pasokh-session", "value": await session_of(line, agent), "url": address, "secure": True},
        {"name": "pasokh-language", "value": "en", "url": address},
    ])
    page, complaints = await context.new_page(), Complaints()
    complaints.listen(page)
    page.set_default_timeout(PATIENCE_MS)
    try:
        await page.goto(f"{address}/desk")
        yield page, complaints
    finally:
        await context.close()


async def state_is(page: Page, state: str) -> None:
    await expect(page.locator(f".desk-bar.is-{state}")).to_be_visible(timeout=PATIENCE_MS)


async def noted(line: LiveLine, call_id: str) -> list[DeskCall]:
    database = Database(store_url(line.home, line.settings, Store.MAIN))
    try:
        async with database.read() as connection:
            return list(await calls_named(connection, [call_id]))
    finally:
        await database.close()


async def test_an_agent_with_a_plain_telephone_works_a_call_at_the_desk(line: LiveLine) -> None:
    since, password = line.now(), line.secrets.agents["a101"]
    async with (
        chromium("--ignore-certificate-errors") as browser,
        desk_phone(line.target, "a101", password, ring=5) as phone, desk_page(line, browser, "a101") as (page, heard),
    ):
        await state_is(page, "offline")
        await page.keyboard.press("Alt+KeyR")
        await state_is(page, "ready")
        async with calling(line.target, [to("insurance", NUMBER)], line.sipp):
            card = page.locator("#desk-call")
            await expect(card.locator("[data-phase=ringing]")).to_contain_text(NUMBER, timeout=PATIENCE_MS)
            await expect(card).to_contain_text("speaks فارسی")
            await shoot(page, "live-desk-ringing")
            spoken = await phone.rung()
            await expect(card.locator("[data-phase=talking]")).to_be_visible(timeout=PATIENCE_MS)
            await page.locator("#call-notes").fill("asked about two months")
            await expect(page.locator("#notes-kept")).to_have_text("Kept", timeout=PATIENCE_MS)
            await phone.hang_up(spoken)
        await state_is(page, "wrap-up")
        await expect(page.locator(".desk-hint")).to_be_visible(timeout=PATIENCE_MS)
        await page.wait_for_timeout(1000 * (WRAP_UP + 2))  # nothing shall happen: the result is not said
        await state_is(page, "wrap-up")
        await page.locator("#call-disposition").select_option("answered")
        await page.locator("#call-subject").select_option("insurance-records")
        await page.keyboard.press("Alt+Enter")
        await state_is(page, "ready")
        await expect(card).to_contain_text("No call on the desk", timeout=PATIENCE_MS)
        await shoot(page, "live-desk-ready")
        await page.keyboard.press("Alt+KeyP")
        await page.keyboard.press("Enter")
        await state_is(page, "paused")
        await page.get_by_role("button", name="Go offline").click()
        await state_is(page, "offline")
        assert not heard.heard
    [stint] = await settled_stints(line, since, [NUMBER])
    assert (stint.agent, stint.queue, stint.ending) == ("a101", "insurance", Ending.AGENT)
    [kept] = await noted(line, stint.call_id)
    assert (kept.notes, kept.disposition, kept.subject, kept.number) == (
        "asked about two months", "answered", "insurance-records", NUMBER)
    mine = [one for one in line.journal(since) if one.agent == "a101"]
    assert [one.event for one in mine if one.event.startswith("AGENT_")] == ["AGENT_LOGIN", "AGENT_LOGOUT"]
    paused = [(one.event, one.data[0] if one.data else "") for one in mine if one.event in {"PAUSE", "UNPAUSE"}]
    assert paused == [("PAUSE", "wrap-up"), ("UNPAUSE", ""), ("PAUSE", "break")]


async def test_a_waiting_caller_is_seen_on_the_wall_until_he_goes_and_then_in_the_days_figures(line: LiveLine) -> None:
    since, address = line.now(), f"https://127.0.0.1:{line.settings.ports.of('web')}"
    line.command("user", "add", "hall", "--role", "screen")
    key = line.command("token", "add", "hall", "--title", "Hall", "--role", "screen").strip()
    async with chromium("--ignore-certificate-errors") as browser:
        context = await browser.new_context(ignore_https_errors=True)
        page, heard = await context.new_page(), Complaints()
        heard.listen(page)
        page.set_default_timeout(PATIENCE_MS)
        await page.goto(f"{address}/wallboard/screen?lang=en#{key}")
        card = page.locator("[data-queue=insurance]")
        waiting, abandonment = card.locator("[data-waiting]"), card.locator(".wall-day div", has_text="Abandonment")
        await expect(waiting).to_have_text("0", timeout=PATIENCE_MS)
        await expect(page.locator("[data-stale]")).to_be_hidden(timeout=PATIENCE_MS)
        async with calling(line.target, [to("insurance", WAITER, patience=12)], line.sipp):
            await expect(waiting).to_have_text("1", timeout=PATIENCE_MS)
            await expect(card.locator("[data-since]")).to_be_visible(timeout=PATIENCE_MS)
            await shoot(page, "live-wallboard")
            await expect(waiting).to_have_text("0", timeout=PATIENCE_MS)
        [stint] = await settled_stints(line, since, [WAITER])
        assert stint.outcome is Outcome.ABANDONED
        await expect(abandonment.locator("dd")).not_to_have_text("0.0%", timeout=PATIENCE_MS)
        await expect(abandonment.locator("dd")).not_to_have_text("–", timeout=PATIENCE_MS)
        assert not heard.heard
