"""The pieces of pages as people meet them: figures with passports, dialogs, toasts, charts, the present moment."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import pytest
import yaml
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from playwright.async_api import Page, expect

from foundation.bus import instant
from foundation.settings import LANGUAGES
from foundation.web.guards import signed_in
from foundation.web.live import FLOOR, LiveEvent, Pictures, live_response
from foundation.web.pages import page
from foundation.web.refusals import NameTakenError
from foundation.web.roles import Role, User
from foundation.web.rooms import NavItem, WebRoom
from foundation.web.site import web_of
from tests.support.browser import accessibility_faults, chromium, shoot
from tests.support.page_site import PageSite, page_site

pytestmark = pytest.mark.browser
Manager = Annotated[User, Depends(signed_in(Role.MANAGER))]
PARTS = """
{% extends "layout.html" %}
{% import "parts.html" as ui with context %}
{% block title %}{{ t("sample.nav") }}{% endblock %}
{% block styles %}<link rel="stylesheet" href="{{ asset('bundles/charts.css') }}">{% endblock %}
{% block scripts %}<script src="{{ asset('bundles/charts.js') }}" defer></script>{% endblock %}
{% block main %}
<h1>{{ t("sample.nav") }}</h1>
{% call ui.live("/sample/live") %}
<div class="tiles">
  {{ ui.tile("level", t("sample.level"), 0.9312 | percent, passport, note=t("sample.note"), kind="good") }}
  {{ ui.tile("wait", t("sample.wait"), 75 | duration, passport) }}
  {{ ui.tile("none", t("sample.level"), none | percent, passport, kind="warn") }}
</div>
<p>{{ t("sample.waiting") }}: <b id="waiting" sse-swap="waiting">–</b></p>
{% endcall %}
<div class="sheet"><div class="chart" data-chart="{{ chart | tojson | forceescape }}"></div></div>
<div class="row">
  {{ ui.ask("sure", "/sample/deed", t("sample.deed"), t("sample.sure")) }}
  <button class="button" hx-post="/sample/refused" hx-swap="none" id="refused">{{ t("sample.refused") }}</button>
  <button class="button" hx-post="/sample/piece" hx-target="#piece" id="ask">{{ t("sample.piece") }}</button>
</div>
<p id="piece"></p>
{{ ui.empty(t("sample.empty"), t("sample.note")) }}
{% endblock %}
"""
TEXTS = {
    "sample.nav": ("نمونه", "Örnek", "Sample"), "sample.level": ("سطح سرویس", "Hizmet düzeyi", "Service level"),
    "sample.wait": ("میانگین انتظار", "Ortalama bekleme", "Mean wait"), "sample.note": ("امروز", "Bugün", "Today"),
    "sample.waiting": ("منتظران", "Bekleyen", "Waiting"), "sample.deed": ("پاک کردن", "Sil", "Remove"),
    "sample.sure": ("آیا مطمئن هستید؟", "Emin misiniz?", "Are you sure?"), "sample.refused": ("نه", "Hayır", "No"),
    "sample.piece": ("تکه", "Parça", "Piece"), "sample.empty": ("چیزی نیست", "Bir şey yok", "Nothing here"),
    "sample.formula": ("پاسخ در ۲۰ ثانیه ÷ همه", "20 saniyede yanıt ÷ tümü", "answered in 20 s ÷ all"),
}


def sample_room(folder: Path) -> WebRoom:
    router = APIRouter(prefix="/sample")

    @router.get("", response_model=None)
    async def show(request: Request, _user: Manager) -> HTMLResponse:
        t = web_of(request).catalogue.texts("fa")
        passport = {"title": t("sample.level"), "formula": t("sample.formula"), "lines": [("T", "۲۰"), ("S", "۵")]}
        chart = {
            "times": [1_795_300_000 + 900 * number for number in range(20)], "zone": "Asia/Tehran",
            "series": [{"label": "one", "values": [number % 7 for number in range(20)]},
                       {"label": "two", "values": [None, *(number % 5 for number in range(19))]}],
        }
        return page(request, "sample/parts.html", passport=passport, chart=chart)

    @router.get("/live", response_model=None)
    async def stream(request: Request, _user: Manager) -> StreamingResponse:
        def render(pictures: Pictures) -> Iterable[LiveEvent]:
            yield LiveEvent("waiting", str(pictures.get(FLOOR, {}).get("waiting", "–")))

        return live_response(request, web_of(request).live, render)

    @router.post("/deed", response_model=None)
    async def do(_user: Manager) -> HTMLResponse:
        return HTMLResponse("<h1>done</h1>")

    @router.post("/refused", response_model=None)
    async def refuse(_user: Manager) -> Response:
        raise NameTakenError(user="omid")

    @router.post("/piece", response_model=None)
    async def give(user: Manager, text: Annotated[str, Form()] = "") -> HTMLResponse:
        return HTMLResponse(f"<i>{user.id}{text}</i>")

    (folder / "templates").mkdir(parents=True)
    (folder / "templates/parts.html").write_text(PARTS, encoding="utf-8")
    texts = {key: dict(zip(LANGUAGES, said, strict=True)) for key, said in TEXTS.items()}
    (folder / "texts.yaml").write_text(yaml.safe_dump(texts, allow_unicode=True), encoding="utf-8")
    nav = NavItem("/sample", "sample.nav", (Role.MANAGER,))
    return WebRoom("sample", router, templates=folder / "templates", texts=[folder / "texts.yaml"], nav=[nav])


async def _show_floor(site: PageSite, *, waiting: int, status: str = "live") -> None:
    at = instant(site.clock() / 1000)
    await site.web.live.take(FLOOR, {"status": status, "at": at, "waiting": waiting})


async def _console_only_refusals(site: PageSite) -> None:
    # Chromium tells of every answer from 400 on; one of them is asked for.
    assert all("409" in one for one in site.complaints.heard), site.complaints.heard


async def test_pieces_work_by_hand_and_are_clear_to_everybody(tmp_path: Path) -> None:
    async with page_site(tmp_path, [sample_room(tmp_path / "room")]) as site, site.served() as url:
        async with chromium() as browser:
            await _show_floor(site, waiting=3)
            shown = await site.open(browser, url, "/sample", Role.MANAGER)
            await _passport_opens(shown)
            await _dialog_asks(shown)
            await _refusal_is_a_toast(shown)
            await shown.click("#ask")
            await expect(shown.locator("#piece i")).to_have_text("manager")
            await expect(shown.locator(".chart canvas")).to_be_visible()
            await shoot(shown, "parts-fa-light")
            faults = await accessibility_faults(shown)
            dark = await site.open(browser, url, "/sample", Role.MANAGER, theme="dark", language="en")
            await expect(dark.locator(".chart canvas")).to_be_visible()
            await shoot(dark, "parts-en-dark")
            faults += await accessibility_faults(dark)
            assert not faults
        await _console_only_refusals(site)


async def _passport_opens(shown: Page) -> None:
    popover = shown.locator("#level-passport")
    await expect(popover).to_be_hidden()
    await shown.click("[popovertarget=level-passport]")
    await expect(popover).to_be_visible()
    await shoot(shown, "passport-fa-light")
    await shown.keyboard.press("Escape")
    await expect(popover).to_be_hidden()


async def _dialog_asks(shown: Page) -> None:
    dialog = shown.locator("#sure")
    await shown.click("[data-opens=sure]")
    await expect(dialog).to_be_visible()
    await shoot(shown, "dialog-fa-light")
    await shown.click("#sure [data-closes]")
    await expect(dialog).to_be_hidden()


async def _refusal_is_a_toast(shown: Page) -> None:
    await shown.click("#refused")
    toast = shown.locator(".toast.refused")
    await expect(toast).to_contain_text("نام کاربری omid گرفته شده است")
    await toast.locator("button").click()
    await expect(toast).to_have_count(0)


async def test_a_page_says_within_moments_that_its_picture_is_old_and_why(tmp_path: Path) -> None:
    async with page_site(tmp_path, [sample_room(tmp_path / "room")]) as site, chromium() as browser:
        async with site.served() as url:
            await _show_floor(site, waiting=3)
            shown = await site.open(browser, url, "/sample", Role.MANAGER)
            stale, waiting = shown.locator("[data-stale]"), shown.locator("#waiting")
            await expect(waiting).to_have_text("3")
            await _show_floor(site, waiting=4)
            await expect(waiting).to_have_text("4")
            await expect(stale).to_contain_text("به‌روز نیست")  # nothing more comes
            await shoot(shown, "stale-fa-light")
            await _show_floor(site, waiting=5, status="blind")
            await expect(stale).to_contain_text("دیده نمی‌شود")
            await _keep_fresh(site, stale_gone=shown)
        await expect(stale).to_contain_text("به‌روز نیست")  # the server is gone
        await expect(shown.locator(".live.is-stale")).to_be_visible()
        async with site.served(int(url.rpartition(":")[2])):
            await _keep_fresh(site, stale_gone=shown)


async def _keep_fresh(site: PageSite, *, stale_gone: Page) -> None:
    for waiting in range(300):
        await _show_floor(site, waiting=waiting)
        if await stale_gone.locator("[data-stale]").is_hidden():
            return
        await stale_gone.wait_for_timeout(100)
    raise AssertionError("a fresh picture is still called old")
