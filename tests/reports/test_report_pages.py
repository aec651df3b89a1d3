"""The reports' pages: an address is a report, figures lead to calls and calls to stories, and what moved is shown."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

import reports.web
import reports.web.report_pages
from foundation.settings import Agent, Language, Queue, Settings, Site
from foundation.web.roles import Role
from reports.catalog import REPORTS
from reports.frame.sheets import Sheet
from reports.web.asking import made_sheet
from tests.support.browser import PHONE, accessibility_faults, chromium, shoot
from tests.support.page_site import PageSite, page_site
from tests.support.report_site import DAY, HONEST, busy_days, calls_of, shifts, tell_journal
from tests.support.wallboard_site import TITLES

QUEUES = ("operator", "insurance", "pensions")
PATIENCE_MS = 60_000
AFTER = DAY + 2 * 86_400 + 8 * 3600


def settings() -> Settings:
    return Settings(
        site=Site(timezone="UTC"), queues={name: Queue(title=TITLES[name]) for name in QUEUES},
        agents={f"a10{n}": Agent(queues=dict.fromkeys(QUEUES, 0)) for n in range(1, 5)},
    )


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[PageSite]:
    async with page_site(tmp_path, [reports.web.room()], settings=settings()) as made:
        made.clock.at_ms = AFTER * 1000
        yield made


def day(number: int) -> str:
    return datetime.fromtimestamp(DAY + number * 86_400, UTC).date().isoformat()


async def seen(client: httpx.AsyncClient, path: str, status: int = 200) -> str:
    answer = await client.get(path)
    assert answer.status_code == status, answer.text[:2000]
    return unescape(answer.text)


async def test_every_report_stands_in_the_index_and_opens(site: PageSite, tmp_path: Path) -> None:
    await tell_journal(site.web.ledger, tmp_path / "log", calls_of(HONEST))
    manager = await site.client(Role.MANAGER)
    index = await seen(manager, "/reports?lang=en")
    for report in REPORTS:
        assert f'href="/reports/{report.name}"' in index
        await seen(manager, f"/reports/{report.name}")
    assert (await (await site.client(Role.AGENT)).get("/reports/queue")).status_code == 403
    assert (await manager.get("/reports/weather")).status_code == 404


async def test_a_figure_leads_to_its_calls_and_a_call_to_its_story(site: PageSite, tmp_path: Path) -> None:
    await tell_journal(site.web.ledger, tmp_path / "log", calls_of(HONEST))
    manager = await site.client(Role.MANAGER)
    page = await seen(manager, f"/reports/queue?from={day(0)}&to={day(1)}&columns=all&lang=en")
    total = re.search(r'<tr class=" total">.*?</tr>', page, re.DOTALL)
    assert total
    figures = dict(re.findall(r'<a href="(/reports/calls[^"]*)">([^<]*)</a>', total[0]))
    for path, count in figures.items():
        calls = await seen(manager, path)
        assert len(set(re.findall(r'href="/calls/([^"]+)"', calls))) == int(count), path
    abandoned = next(path for path in figures if path.endswith("outcome=abandoned"))
    [story] = set(re.findall(r'href="(/calls/[^"]+)"', await seen(manager, abandoned)))
    assert "abandoned" in await seen(manager, f"{story}?lang=en")


async def test_an_address_is_short_and_what_cannot_be_is_told_beside_the_form(site: PageSite) -> None:
    await tell_journal(site.web.ledger, site.web.home.root / "log", calls_of(HONEST))
    manager = await site.client(Role.MANAGER)
    sent = await manager.get(f"/reports/queue?period=&from={day(0)}&to=&step=day&queue=operator&compare=")
    assert (sent.status_code, sent.headers["location"]) == (
        303, f"/reports/queue?from={day(0)}&step=day&queue=operator")
    for query, said in (
        ("from=soon", "'soon' is no time"), ("step=fortnight", "there is no fortnight"),
        ("queue=taxes", "queue taxes: neither in the settings nor in the ledger"),
        ("weather=fine", "no parameter weather"), (f"from={day(1)}&to={day(0)}", "nothing lies between"),
    ):
        page = await seen(manager, f"/reports/queue?{query}&lang=en", 422)
        assert said in page, query
        assert '<form method="get" action="/reports/queue"' in page
        assert "data-balance" not in page
    assert 'value="۱۴۰۵/۰۹/۰۱"' in await seen(manager, "/reports/queue?from=۱۴۰۵/۰۹/۰۱&lang=fa")


async def test_auditors_get_no_whole_numbers(site: PageSite) -> None:
    await tell_journal(site.web.ledger, site.web.home.root / "log", calls_of(HONEST))
    asked = f"/reports/calls?from={day(0)}&whole-numbers=yes"
    assert ">۰۹۰۳۰<" in (await seen(await site.client(Role.MANAGER), asked)).replace("…", "")
    auditor = await site.client(Role.AUDITOR)
    assert (await auditor.get(asked)).status_code == 403
    assert (await auditor.get(f"/api/v1{asked}")).status_code == 403
    assert 'name="whole-numbers"' not in await seen(auditor, f"/reports/calls?from={day(0)}")


async def test_a_report_that_contradicts_itself_is_red_on_its_page(
    site: PageSite, monkeypatch: pytest.MonkeyPatch,
) -> None:
    await tell_journal(site.web.ledger, site.web.home.root / "log", calls_of(HONEST))
    manager = await site.client(Role.MANAGER)
    assert 'class="balance good"' in await seen(manager, f"/reports/queue?from={day(0)}")

    async def unbalanced(*asked: Any) -> Sheet:
        sheet = await made_sheet(*asked)
        return replace(sheet, balanced=False, balance="it does not balance",
                       rows=[replace(row, red=True) for row in sheet.rows])

    monkeypatch.setattr(reports.web.report_pages, "made_sheet", unbalanced)
    page = await seen(manager, f"/reports/queue?from={day(0)}")
    assert re.search(r'class="balance bad" role="alert" data-balance>it does not balance', page)
    assert '<tr class="red' in page


TRICKS = {
    "callbacks are offered early": (
        """
        08:00:00 operator answered 10 60 0901
        08:01:00 operator callback 10 -  0902
        08:02:00 operator callback 10 -  0903
        08:03:00 operator answered 15 60 0904
        """, {"Service level": ("50.0%", "100.0%"), "Left for a callback": ("0", "2")},
    ),
    "the queue is shortened": (
        """
        08:00:00 operator answered     10 60 0901
        08:01:00 operator REFUSED_FULL 0  -  0902
        08:02:00 operator REFUSED_FULL 0  -  0903
        08:03:00 operator answered     15 60 0904
        """, {"Service level": ("50.0%", "100.0%"), "Refused: queue full": ("0", "2")},
    ),
    "callers overflow just before the threshold": (
        """
        08:00:00 operator answered  10 60 0901
        08:01:00 operator timed_out 19 -  0902
        08:02:00 operator abandoned 90 -  0903
        08:03:00 operator answered  15 60 0904
        """, {"Timed out": ("0", "1")},
    ),
    "Asterisk is begun anew": (
        """
        08:00:00 operator answered 10 60 0901
        08:01:00 operator answered 60 60 0902
        08:02:10 operator answered 15 60 0904
        08:03:30 operator restart  4  -  0903
        """, {"Interrupted by us": ("0", "1")},
    ),
    "callers are hung up": (
        """
        08:00:00 operator answered  10 60 0901
        08:01:00 operator withdrawn 4  -  0902
        08:02:00 operator withdrawn 4  -  0903
        08:03:00 operator answered  15 60 0904
        """, {"Withdrawn": ("0", "2")},
    ),
    "people are made to give up at once": (
        """
        08:00:00 operator answered  10 60 0901
        08:01:00 operator answered  60 60 0902
        08:02:00 operator abandoned 3  -  0903
        08:03:00 operator answered  15 60 0904
        """, {"Service level": ("50.0%", "66.7%"), "Short abandoned": ("0", "1")},
    ),
}


@pytest.mark.parametrize("trick", TRICKS)
async def test_who_raises_the_headline_dishonestly_sees_on_the_page_what_moved(site: PageSite, trick: str) -> None:
    table, expected = TRICKS[trick]
    calls = [*calls_of(HONEST), *calls_of(table, day=1)]
    await tell_journal(site.web.ledger, site.web.home.root / "log", calls)
    manager = await site.client(Role.MANAGER)
    asked = f"/reports/queue?from={day(1)}&to={day(2)}&compare=before&lang=en"
    page = await seen(manager, asked)
    assert "data-incomplete" in page, "the ledger's first call came after the beginning of the earlier day"
    moved = re.search(r"<section[^>]*data-moved>(.*?)</section>", page, re.DOTALL)
    assert moved
    rows = re.findall(r'<th scope="row">([^<]*?) ?(?:<span[^>]*>[^<]*</span>)?</th>(.*?)</tr>', moved[1], re.DOTALL)
    shown = {}
    for title, cells in rows:
        before, now, *_ = re.findall(r"<td[^>]*>(.*?)</td>", cells, re.DOTALL)
        shown[title.strip()] = (re.sub(r"<[^>]+>", "", before), re.sub(r"<[^>]+>", "", now))
    for title, values in expected.items():
        assert shown.get(title) == values, (title, shown)


async def test_gaps_are_declared_and_what_may_still_change_is_called_provisional(site: PageSite) -> None:
    began = calls_of("08:02:00 operator restart 4 - 0903")
    await tell_journal(site.web.ledger, site.web.home.root / "log", [*calls_of(HONEST), *began])
    manager = await site.client(Role.MANAGER)
    asked = f"/reports/queue?from={day(0)}&to={day(1)}&lang=en"
    gaps = re.search(r'<section class="gaps".*?</section>', await seen(manager, asked), re.DOTALL)
    assert gaps
    assert "Asterisk was not running" in gaps[0]
    assert "are provisional until" not in await seen(manager, asked)
    site.clock.at_ms = (DAY + 10 * 3600) * 1000
    assert "are provisional until" in await seen(manager, asked)


WEEK = f"from={day(-6)}&to={day(1)}"
VIEWS: dict[Language, tuple[tuple[str, str, dict[str, int] | None], ...]] = {
    "fa": (
        ("/reports", "index", None), (f"/reports/queue?{WEEK}&step=day&compare=before", "queue", None),
        (f"/reports/intervals?from={day(-13)}&to={day(1)}&step=day&draw=agents_needed", "intervals", None),
    ),
    "en": (
        (f"/reports/queue?{WEEK}&step=day&compare=before", "queue", PHONE),
        (f"/reports/agents?{WEEK}", "agents", PHONE),
    ),
}


@pytest.fixture
async def busy(site: PageSite, tmp_path: Path) -> PageSite:
    others = shifts(13, ("a101", "a102", "a103", "a104"))
    await tell_journal(site.web.ledger, tmp_path / "log", busy_days(13, QUEUES), others)
    return site


@pytest.mark.browser
@pytest.mark.parametrize("language", VIEWS)
async def test_the_pages_fit_every_screen_and_everybody(busy: PageSite, language: Language) -> None:
    async with busy.served() as url, chromium() as browser:
        for path, name, size in VIEWS[language]:
            page = await busy.open(browser, url, path, Role.MANAGER, language=language, size=size)
            await are_drawn(page, 0 if name in {"index", "agents"} else 1)
            assert not await accessibility_faults(page), name
            await shoot(page, f"report-{name}-{language}{'-phone' if size else ''}")
            wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{name} scrolls to the side by {wide}"
            await page.close()
    assert not busy.complaints.heard


async def are_drawn(page: Page, lines: int) -> None:
    await expect(page.locator("[data-lines][data-drawn=yes]")).to_have_count(lines, timeout=PATIENCE_MS)


@pytest.mark.browser
async def test_a_passport_opens_by_key_in_the_dark_and_paper_has_no_form(busy: PageSite) -> None:
    async with busy.served() as url, chromium() as browser:
        asked = f"/reports/queue?{WEEK}&step=day"
        page = await busy.open(browser, url, asked, Role.MANAGER, language="en", theme="dark")
        await are_drawn(page, 1)
        assert not await accessibility_faults(page)
        await shoot(page, "report-queue-en-dark")
        button = page.get_by_role("button", name="Definition of Service level", exact=True).first
        await button.focus()
        await page.keyboard.press("Enter")
        passport = page.locator("#passport-service_level")
        await expect(passport).to_be_visible(timeout=PATIENCE_MS)
        await expect(passport).to_contain_text("service threshold (T): 20 seconds", timeout=PATIENCE_MS)
        await page.keyboard.press("Escape")
        await expect(passport).to_be_hidden(timeout=PATIENCE_MS)
        await page.emulate_media(media="print")
        await shoot(page, "report-print")
        await expect(page.get_by_role("button", name="Show")).to_be_hidden(timeout=PATIENCE_MS)
    assert not busy.complaints.heard
