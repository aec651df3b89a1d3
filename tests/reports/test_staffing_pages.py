"""The staffing pages: an address is a plan, its sliders reckon at once, and little history is told as such."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from openpyxl import load_workbook
from playwright.async_api import Page, expect

import reports.web
from callqueue.work_plan.book import import_plan
from callqueue.work_plan.file import read_plan_file
from foundation.settings import Agent, Language, Queue, Settings, Site
from foundation.text import persian_digits
from foundation.web.roles import Role
from reports.staffing.erlang import ErlangC, Traffic
from reports.staffing.need import TARGETS, agents_needed, scheduled
from tests.support.browser import PHONE, accessibility_faults, chromium, shoot
from tests.support.page_site import PageSite, page_site
from tests.support.report_site import DAY, PlayedCall, busy_days, tell_journal
from tests.support.wallboard_site import TITLES

QUEUES = ("operator", "pensions")
PATIENCE_MS = 60_000
MORNING = DAY + 86_400 + 8 * 3600
WEEKS = 28


def settings() -> Settings:
    return Settings(
        site=Site(timezone="UTC"), queues={name: Queue(title=TITLES[name]) for name in QUEUES},
        agents={"a101": Agent(queues=dict.fromkeys(QUEUES, 0))},
    )


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[PageSite]:
    async with page_site(tmp_path, [reports.web.room()], settings=settings()) as made:
        made.clock.at_ms = MORNING * 1000
        yield made


def even_days() -> list[PlayedCall]:
    """Twelve calls at eight every day; every fourth caller gives up after 25 s, the others wait 10 s and talk 170 s."""
    return [
        PlayedCall(f"e{day}.{place}", DAY + day * 86_400 + 8 * 3600 + place * 60, "pensions",
                   *(("abandoned", 25, 0) if place % 4 == 3 else ("answered", 10, 170)), f"0912{place:07}")
        for day in range(1 - WEEKS, 1) for place in range(12)
    ]


@pytest.fixture
async def line(site: PageSite, tmp_path: Path) -> PageSite:
    await tell_journal(site.web.ledger, tmp_path / "log", even_days())
    return site


async def seen(client: httpx.AsyncClient, path: str, status: int = 200) -> str:
    answer = await client.get(path)
    assert answer.status_code == status, answer.text[:2000]
    return unescape(answer.text)


async def test_managers_and_supervisors_look_and_nobody_else(line: PageSite) -> None:
    for role in (Role.MANAGER, Role.SUPERVISOR):
        client = await line.client(role)
        page = await seen(client, "/staffing?lang=en")
        assert 'href="/staffing" aria-current="page"' in page
        await seen(client, "/staffing/what-if")
    agent = await line.client(Role.AGENT)
    for path in ("/staffing", "/staffing/what-if", "/api/v1/staffing/plan", "/api/v1/staffing/what-if"):
        assert (await agent.get(path)).status_code == 403, path


async def test_page_and_files_have_the_same_plan(line: PageSite) -> None:
    asked = urlencode([("queue", "pensions"), ("growth", "2"), ("aht", "340"), ("shrinkage", "0.5"),
                       ("hourly-cost", "8"), ("model", "erlang-c")])
    manager = await line.client(Role.MANAGER)
    found = (await manager.get(f"/api/v1/staffing/plan?{asked}")).json()
    [busy] = [row for row in found["rows"] if row["calls"]]
    traffic = Traffic(busy["calls"], 340)
    assert busy["calls"] == pytest.approx(24)
    for target in TARGETS:
        needed = agents_needed(ErlangC(), traffic, target)
        assert busy[f"agents_c_{target.name}"] == needed
        assert busy[f"scheduled_{target.name}"] == scheduled(needed, 0.5)
        assert busy[f"cost_{target.name}"] == scheduled(needed, 0.5) * 2
    page = await seen(manager, f"/staffing?{asked}&lang=en")
    assert f'<td class="figure goal">{busy["agents_c_80"]}</td>' in page
    assert f"/api/v1/staffing/plan?{asked}&format=xlsx" in page
    text = (await manager.get(f"/api/v1/staffing/plan?{asked}&format=csv")).text
    rows = list(csv.DictReader(each for each in io.StringIO(text) if not each.startswith("#")))
    assert [row["agents_c_99"] for row in rows] == [str(row["agents_c_99"]) for row in found["rows"]]
    assert "# agents_erlang_a: " in text
    answer = await manager.get(f"/api/v1/staffing/plan?{asked}&format=xlsx&lang=fa")
    sheet = load_workbook(io.BytesIO(answer.content)).worksheets[0]
    assert sheet.sheet_view.rightToLeft
    [heading] = sheet.iter_rows(min_row=5, max_row=5, values_only=True)
    column = heading.index("۸۰٪ C")
    kept = [cells for cells in sheet.iter_rows(min_row=6, values_only=True) if cells[column]]
    assert [(cells[0], cells[column]) for cells in kept] == [
        (datetime.fromisoformat(busy["start"]).replace(tzinfo=None), busy["agents_c_80"])]


async def test_page_and_files_have_the_same_working_times_beside_the_need(line: PageSite) -> None:
    manager = await line.client(Role.MANAGER)
    page = await seen(manager, "/staffing?lang=en")
    assert "data-no-plan" in page
    assert "bin/pasokh plan import FILE" in page
    await plan_work(line, 2)
    asked = "shrinkage=0&model=erlang-c&days=3&day=1"
    found = (await manager.get(f"/api/v1/staffing/cover?{asked.removesuffix('&day=1')}")).json()
    total = found["totals"][0]
    assert (total["planned_hours"], found["agents"]) == (15, 1)
    assert len(found["unplanned_days"]) == 1
    busy = next(row for row in found["rows"] if row["calls"])
    assert busy["lack_80"] == busy["needed_80"] - 1 > 0
    page = await seen(manager, f"/staffing?{asked}&lang=en")
    assert "data-no-plan" not in page
    assert f'<td class="figure lacks">{busy["lack_80"]:.0f}</td>' in page
    assert "No working times are imported for: " in page
    for figure in ("planned_agents", "lacking_agents", "lacking_hours", "shrinkage_left"):
        assert f'id="passport-{figure}"' in page
    assert "these days" in await seen(manager, "/staffing?days=3&day=2&lang=en")
    answer = await manager.get(f"/api/v1/staffing/cover?{asked.removesuffix('&day=1')}&format=xlsx&lang=fa")
    rows = load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows(min_row=5, values_only=True)
    place = next(rows).index("در برنامه")
    assert sum(float(str(cells[place] or 0)) for cells in rows) / 4 == total["planned_hours"]


async def plan_work(site: PageSite, days: int) -> None:
    """From eight to four with half an hour of break, on the days after this one."""
    first = datetime.fromtimestamp(MORNING, UTC).date()
    table = "".join(
        f"a101,{first + timedelta(days=day)},08:00,16:00,work,\na101,{first + timedelta(days=day)},12:00,12:30,break,\n"
        for day in range(1, days + 1))
    lines = read_plan_file(f"agent,day,from,to,activity,reason\n{table}".encode(), site.web.settings)
    async with site.web.database.write() as connection:
        await import_plan(connection, lines, 1, "test")


async def test_the_error_on_held_back_weeks_stands_beside_the_naive_one(line: PageSite) -> None:
    manager = await line.client(Role.MANAGER)
    page = await seen(manager, "/staffing?lang=en")
    errors = (await manager.get("/api/v1/staffing/forecast")).json()["errors"]
    assert errors["weeks"] == 2
    assert "Error in 2 held-back weeks" in page
    assert 'data-mistake="forecast_wape"' in page
    assert 'popovertarget="passport-naive_wape"' in page
    assert "data-guess" not in page


async def test_an_address_is_short_and_what_cannot_be_is_told_beside_the_form(line: PageSite) -> None:
    manager = await line.client(Role.MANAGER)
    sent = await manager.get("/staffing?from=&days=7&growth=&queue=pensions")
    assert (sent.status_code, sent.headers["location"]) == (303, "/staffing?days=7&queue=pensions")
    for query, said in (
        ("growth=lots", "growth: lots cannot be"), ("shrinkage=1", "shrinkage: 1 cannot be"), ("days=1.5", "days: 1.5"),
        ("from=yesterday", "from: yesterday is over"), ("from=soon", "'soon' is no time"),
        ("queue=taxes", "queue taxes: neither"), ("model=guess", "there is no guess"), ("weather=fine", "no parameter"),
        ("growth=1&growth=2", "given more than once"),
    ):
        page = await seen(manager, f"/staffing?{query}&lang=en", 422)
        assert said in page, query
        assert '<form method="get" action="/staffing"' in page
        problem = await manager.get(f"/api/v1/staffing/plan?{query}", headers={"accept": "application/json"})
        assert problem.status_code == 422, query
    assert "patience: 1e-300 cannot be" in await seen(manager, "/staffing/what-if?patience=1e-300&lang=en", 422)
    assert "erlangs are more" in await seen(manager, "/staffing/what-if?calls=1000000&aht=9000&lang=en", 422)
    persian = (await manager.get(f"/api/v1/staffing/forecast?{urlencode({'growth': '۱٫۵'})}")).json()
    assert persian["calls"] == pytest.approx(18)


async def test_a_site_without_history_is_told_so_and_can_ask_what_if(site: PageSite) -> None:
    manager = await site.client(Role.MANAGER)
    page = await seen(manager, "/staffing?lang=en")
    assert "No history to forecast from yet" in page
    assert 'class="refusal"' not in page
    assert "112 agents" in await seen(manager, "/staffing/what-if?calls=390&aht=240&patience=0&lang=en")


async def test_little_history_is_called_a_guess(site: PageSite, tmp_path: Path) -> None:
    await tell_journal(site.web.ledger, tmp_path / "log", even_days()[-60:])
    page = await seen(await site.client(Role.MANAGER), "/staffing?lang=en")
    assert "data-guess" in page
    assert "data-mistake" not in page


@pytest.fixture
async def busy(site: PageSite, tmp_path: Path) -> PageSite:
    await tell_journal(site.web.ledger, tmp_path / "log", busy_days(WEEKS, QUEUES))
    return site


async def are_drawn(page: Page) -> None:
    await expect(page.locator("[data-lines][data-drawn=yes]")).to_have_count(3, timeout=PATIENCE_MS)


VIEWS: dict[Language, tuple[tuple[str, str, dict[str, int] | None, str], ...]] = {
    "fa": (("/staffing?hourly-cost=12", "plan", None, "light"),
           ("/staffing/what-if?calls=40", "what-if", None, "light"),
           ("/staffing?days=7", "week", PHONE, "dark")),
    "en": (("/staffing?hourly-cost=12", "plan", None, "dark"),
           ("/staffing/what-if?calls=40", "what-if", PHONE, "light")),
}


@pytest.mark.browser
@pytest.mark.parametrize("language", VIEWS)
async def test_the_staffing_pages_fit_every_screen_and_everybody(busy: PageSite, language: Language) -> None:
    await plan_work(busy, 5)
    async with busy.served() as url, chromium() as browser:
        for path, name, size, theme in VIEWS[language]:
            page = await busy.open(browser, url, path, Role.MANAGER, language=language, size=size, theme=theme)
            if "what-if" not in path:
                await are_drawn(page)
            assert not await accessibility_faults(page), name
            await shoot(page, f"staffing-{name}-{language}{'-phone' if size else ''}")
            wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{name} scrolls to the side by {wide}"
            await page.close()
    assert not busy.complaints.heard


@pytest.mark.browser
async def test_a_slider_moved_by_key_reckons_anew_and_the_address_holds_it(site: PageSite) -> None:
    asked = {"calls": "30", "aht": "240", "patience": "0", "threshold": "20", "agents": "12", "shrinkage": "0.3"}
    async with site.served() as url, chromium() as browser:
        page = await site.open(browser, url, f"/staffing/what-if?{urlencode(asked)}", Role.MANAGER, language="fa")
        said = page.locator("#what-if-said [data-goal]").first
        before = agents_needed(ErlangC(), Traffic(30, 240), TARGETS[0])
        await expect(said).to_contain_text(persian_digits(f": {before} "), timeout=PATIENCE_MS)
        await page.locator("#slider-calls").focus()
        await page.keyboard.press("End")
        after = agents_needed(ErlangC(), Traffic(100, 240), TARGETS[0])
        await expect(page.locator("#shown-calls")).to_have_text("۱۰۰", timeout=PATIENCE_MS)
        await expect(said).to_contain_text(persian_digits(f": {after} "), timeout=PATIENCE_MS)
        await expect(page.locator(f"#what-if-result tr[data-agents='{after}'].chosen")).to_be_visible(
            timeout=PATIENCE_MS)
        await page.wait_for_url("**calls=100**", timeout=PATIENCE_MS)
        await page.locator("#slider-patience").focus()
        await page.keyboard.press("ArrowLeft")  # to the left is more, from the right to the left
        await expect(page.locator("#shown-patience")).to_have_text("۰:۰۱", timeout=PATIENCE_MS)
        await page.wait_for_url("**patience=1**", timeout=PATIENCE_MS)
        assert not await accessibility_faults(page)
    assert not site.complaints.heard
