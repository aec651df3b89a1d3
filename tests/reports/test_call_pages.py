"""The page of one call's story: who may see what, what the audit log has of it, and how it looks."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

import followups.web
import reports.web
from followups.cases.office import case_office
from foundation.settings import Language
from foundation.web.audit_log import Wanted, read_audit
from foundation.web.roles import Role
from tests.support.browser import DESK, PHONE, accessibility_faults, chromium, shoot
from tests.support.case_site import SARA, WISH
from tests.support.evidence_site import AT
from tests.support.page_site import PageSite, page_site
from tests.support.story_site import KEPT, LEFT, LONG, NUMBER, keep_traces, tell_calls
from tests.support.wallboard_site import wallboard_settings

PATIENCE_MS = 60_000
VIEWS: dict[Language, dict[str, int]] = {"fa": DESK, "en": PHONE}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[PageSite]:
    rooms = [followups.web.room(), reports.web.room()]
    async with page_site(tmp_path, rooms, settings=wallboard_settings()) as made:
        made.clock.at_ms = (AT + 5000) * 1000
        office = case_office(made.web.home, made.web.settings, made.web.database, made.clock)
        case = await office.opening.open(WISH, SARA)
        await tell_calls(made.web.ledger, tmp_path / "log")
        await keep_traces(made.web.database, case.code)
        yield made


async def test_the_number_is_masked_until_one_who_may_call_asks_and_every_look_is_noted(site: PageSite) -> None:
    manager = await site.client(Role.MANAGER)
    assert NUMBER not in (await manager.get(f"/calls/{LONG}?lang=en")).text
    assert NUMBER in (await manager.post(f"/calls/{LONG}/number")).text
    auditor = await site.client(Role.AUDITOR)
    seen = (await auditor.get(f"/calls/{LONG}")).text
    assert NUMBER not in seen
    assert f"/calls/{LONG}/number" not in seen
    assert "/recordings/" not in seen
    assert (await auditor.post(f"/calls/{LONG}/number")).status_code == 403
    acts = [(entry.act.actor, entry.act.action, entry.act.subject)
            for entry in await read_audit(site.web.database, Wanted(action="call"))]
    assert acts == [("auditor", "call.story", LONG), ("manager", "call.number", LONG), ("manager", "call.story", LONG)]


async def test_agents_and_strangers_stay_out_and_an_unknown_call_is_refused_by_name(site: PageSite) -> None:
    assert (await (await site.client(Role.AGENT)).get(f"/calls/{LONG}")).status_code == 403
    manager = await site.client(Role.MANAGER)
    answer = await manager.get("/calls/s-99?lang=en")
    assert answer.status_code == 404
    assert "no record knows a call s-99" in answer.text


async def test_a_call_leads_to_its_sound_its_case_and_the_calls_that_kept_its_promise(site: PageSite) -> None:
    manager = await site.client(Role.MANAGER)
    long = (await manager.get(f"/calls/{LONG}?lang=en")).text
    assert 'href="/recordings/s-10_s-10_1"' in long
    assert "a transcript of 1 word" in long
    assert 'href="/cases/' in long
    assert f'href="/calls/{KEPT}"' in (await manager.get(f"/calls/{LEFT}")).text
    assert f'href="/calls/{LEFT}"' in (await manager.get(f"/calls/{KEPT}")).text


@pytest.mark.browser
async def test_the_story_is_seen_and_every_event_of_the_drawing_leads_to_its_row(site: PageSite) -> None:
    async with site.served() as url, chromium() as browser:
        for language, size in VIEWS.items():
            page = await site.open(browser, url, f"/calls/{LONG}", Role.MANAGER, language=language, size=size)
            assert not await accessibility_faults(page)
            await shoot(page, f"story-{language}")
            overflow = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert not overflow, f"{language} scrolls to the side"
            await page.close()
        page = await site.open(browser, url, f"/calls/{LONG}", Role.MANAGER, language="en", theme="dark")
        mark = page.get_by_role("link", name="Talked with a102")
        await mark.focus()
        await page.keyboard.press("Enter")
        row = page.locator("tr:target")
        await expect(row).to_contain_text("Talked with a102", timeout=PATIENCE_MS)
        await expect(row).to_contain_text("ended by a transfer", timeout=PATIENCE_MS)
        await shoot(page, "story-en-dark")
    assert not site.complaints.heard
