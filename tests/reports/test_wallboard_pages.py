"""The wallboard's page, its figures of the day, and who may see it."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from foundation.calendars import Interval
from foundation.database import Store
from foundation.web.accounts import By
from foundation.web.roles import Role
from reports.frame.stores import StoreError, open_store
from reports.queues.queue import QueueQuery, build_queue_report
from reports.web.wallboard_day import DayKeeper, Owed, make_day
from tests.support.page_site import PageSite, form_token
from tests.support.waiting import eventually
from tests.support.wallboard_site import beat, fill_day, show_floor, wallboard_site

NOON_MS = 1_795_336_200_000
"""22 November 2026, 12:00 in Tehran."""


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[tuple[PageSite, DayKeeper]]:
    async with wallboard_site(tmp_path) as (site, keeper):
        site.clock.at_ms = NOON_MS
        yield site, keeper


async def screen_key(site: PageSite) -> str:
    await site.add_user(Role.SCREEN, user_id="hall")
    return await site.web.tokens.add("hall", "Hall", [Role.SCREEN], 365, By("test"))


async def screen(site: PageSite, key: str) -> tuple[httpx.AsyncClient, httpx.Response]:
    """A browser on a wall that was given the key."""
    client = site.stranger()
    token = form_token(await client.get("/wallboard/screen"))
    return client, await client.post("/wallboard/screen", data={"key": key, "csrf": token})


async def test_supervisors_managers_and_auditors_see_the_board_and_nobody_else(
    made: tuple[PageSite, DayKeeper],
) -> None:
    site, _ = made
    for role in (Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR, Role.SCREEN):
        assert (await (await site.client(role)).get("/wallboard")).status_code == 200
    for role in (Role.AGENT, Role.PARTNER, Role.ADMINISTRATOR):
        for path in ("/wallboard", "/wallboard/live"):
            assert (await (await site.client(role)).get(path)).status_code == 403
    assert (await site.stranger().get("/wallboard")).headers["location"] == "/sign-in?next=/wallboard"


async def test_a_screens_key_opens_the_board_and_nothing_else_for_as_long_as_it_holds(
    made: tuple[PageSite, DayKeeper],
) -> None:
    site, _ = made
    client, entered = await screen(site, await screen_key(site))
    assert (entered.status_code, entered.headers["location"]) == (303, "/wallboard")
    cookie = entered.headers["set-cookie"]
    assert cookie.startswith("__Host-pasokh-screen=")
    assert "HttpOnly" in cookie
    assert "Secure" in cookie
    site.clock.go_on(60 * 24 * 30)  # long after any session has ended
    assert (await client.get("/wallboard")).status_code == 200
    for path in ("/", "/account", "/pulse", "/audit", "/users"):
        assert (await client.get(path)).headers["location"].startswith("/sign-in"), path
    for path in ("/api/v1/me", "/api/v1/actions"):
        assert (await client.get(path)).status_code == 401
    [token] = await site.web.tokens.list()
    await site.web.tokens.revoke(token.id, By("test"))
    assert (await client.get("/wallboard")).status_code == 303
    assert (await client.get("/wallboard/live")).status_code == 303


async def test_a_key_that_ended_or_was_not_made_for_a_screen_opens_nothing(made: tuple[PageSite, DayKeeper]) -> None:
    site, _ = made
    await site.add_user(Role.MANAGER, user_id="boss")
    reports_key = await site.web.tokens.add("boss", "Reports", [Role.MANAGER], 365, By("test"))
    hall_key = await screen_key(site)
    site.clock.go_on(60 * 24 * 366)
    for key in ("pasokh_00000000_nothing", reports_key, hall_key):
        client, answer = await screen(site, key)
        assert answer.status_code == 403
        assert "pasokh-screen" not in str(answer.headers)
        assert (await client.get("/wallboard")).status_code == 303


async def test_a_screens_key_is_taken_from_our_own_page_alone(made: tuple[PageSite, DayKeeper]) -> None:
    site, _ = made
    answer = await site.stranger(origin="https://elsewhere.test").post(
        "/wallboard/screen", data={"key": await screen_key(site)})
    assert (answer.status_code, "pasokh-screen" in str(answer.headers)) == (403, False)


async def test_the_days_figures_are_those_of_the_queue_report(made: tuple[PageSite, DayKeeper]) -> None:
    site, _ = made
    await fill_day(site)
    home, settings, now = site.web.home, site.web.settings, NOON_MS // 1000
    day = await asyncio.to_thread(make_day, home, settings, now)
    async with open_store(home, settings, Store.LEDGER) as ledger:
        report = await build_queue_report(ledger, QueueQuery(Interval(day.start, now + 1)), settings, now)
    assert day.start == now - 12 * 3600
    assert day.total == report.total.figures.values()
    assert day.queues == {row.queue: row.figures.values() for row in report.rows}
    assert day.queues["insurance"]["service_level"] == 0.6
    assert day.balanced
    assert day.owed == {"insurance": Owed(2, 1)}


async def test_the_page_shows_every_queue_with_its_headline_and_what_stands_beside_it(
    made: tuple[PageSite, DayKeeper],
) -> None:
    site, keeper = made
    await fill_day(site)
    await show_floor(site)
    await keeper.renew(site.web)
    manager = await site.client(Role.MANAGER)
    english = words((await manager.get("/wallboard?lang=en")).text)
    assert "Service level · 20 s 60.0% ▼ below 80.0%" in english
    assert "Human service level 60.0% provisional Abandonment 40.0%" in english
    assert "Callbacks due 2 1 overdue" in english
    assert "Medical No picture of this queue yet" in english
    assert "service_level v1" in english
    page = (await manager.get("/wallboard?lang=fa")).text
    persian = words(page)
    assert "سطح خدمت در ۲۰ ثانیه ۶۰٫۰٪ ▼ کمتر از ۸۰٫۰٪" in persian
    assert not re.findall("[0-9]", words(page[page.index('<div class="wall"'):page.index("</main>")]))
    turkish = words((await manager.get("/wallboard?lang=tr")).text)
    assert "Hizmet düzeyi · 20 sn %60,0 ▼ %80,0 altında" in turkish


async def test_figures_are_made_once_for_all_who_look_and_not_at_all_when_nobody_does(tmp_path: Path) -> None:
    made: list[int] = []

    def make(home: object, settings: object, now: int) -> object:
        made.append(now)
        raise StoreError("away")

    async def figures_asked() -> bool:
        return bool(made)

    keeper = DayKeeper(make)  # type: ignore[arg-type]
    async with wallboard_site(tmp_path) as (site, _):
        working = asyncio.create_task(keeper.run(site.web))
        await asyncio.sleep(0)
        assert not made
        for _viewer in range(50):
            assert keeper.look() is None
        await eventually(figures_asked, "figures are made")
        for _viewer in range(50):
            keeper.look()
        assert len(made) == 1
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def test_a_ledger_that_is_away_leaves_the_last_figures_and_tells_that_they_are_old(
    made: tuple[PageSite, DayKeeper],
) -> None:
    site, keeper = made
    await fill_day(site)
    await keeper.renew(site.web)

    def fail(*_: object) -> object:
        raise StoreError("away")

    keeper.make = fail  # type: ignore[assignment]
    site.clock.go_on(2)
    await keeper.renew(site.web)
    await beat(site)
    text = words((await (await site.client(Role.MANAGER)).get("/wallboard?lang=en")).text)
    assert "60.0%" in text
    assert "12:00:00 (Asia/Tehran) ▲ these figures are old" in text


def words(html: str) -> str:
    """What stands on a page, without its marks."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())
