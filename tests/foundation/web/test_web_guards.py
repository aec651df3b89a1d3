"""Who comes in where, from which pages, with which headers: the whole table of routes, by an HTTP client."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, ClassVar

import pytest
import yaml
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from foundation.paths import Home
from foundation.settings import LANGUAGES
from foundation.web.accounts import By, NewUser
from foundation.web.app import UnguardedRouteError, web_site
from foundation.web.guards import Guard, OpenGuard, guard_of, note, routes_of, signed_in
from foundation.web.pages import page
from foundation.web.roles import Role, User
from foundation.web.room import room as own_room
from foundation.web.rooms import NavItem, Refusals, WebRoom
from pasokh.web_rooms import web_rooms
from tests.support.page_site import HTTPS, PASSWORD, PageSite, form_token, page_site, small_settings

OPEN = {
    "GET /health", "GET /sign-in", "POST /sign-in", "POST /preferences",
    "GET /sign-in/openid", "GET /sign-in/openid/back",
    "GET /ask", "POST /ask", "GET /ask/status", "POST /ask/status",  # callers, on their own cases
    "GET /call-me", "POST /call-me",  # callers ask for a call
    "GET /call-me/cancel", "POST /call-me/cancel",  # and take it back by its code
    "GET /wallboard/screen", "POST /wallboard/screen",  # the door for screens, which have a key
}
"""What strangers may do; everything else needs a sign-in. Who adds to it says why."""
Reader = Annotated[User, Depends(signed_in(Role.MANAGER))]


class NoSuchDayError(Exception):
    name: ClassVar[str] = "no-such-day"

    def __init__(self, **values: str) -> None:
        super().__init__(str(values))
        self.values = values


def sample_room(folder: Path) -> WebRoom:
    """A room as others write them."""
    router, api = APIRouter(prefix="/days"), APIRouter(prefix="/days")

    @router.get("/{day}", response_model=None)
    async def show(request: Request, user: Reader, day: str) -> HTMLResponse:
        if day == "never":
            raise NoSuchDayError(day=day)
        if day == "broken":
            raise ZeroDivisionError
        return page(request, "days/day.html", day=day, at_ms=1_795_328_712_345)

    @router.post("/{day}", response_model=None)
    async def change(request: Request, user: Reader, day: str, text: Annotated[str, Form()]) -> Response:
        await note(request, "day.note", day, text=text)
        return PlainTextResponse(f"{user.id}: {text}")

    @api.get("/{day}")
    async def tell(_user: Reader, day: int) -> dict[str, int]:
        return {"day": day}

    @api.post("/{day}")
    async def put(_user: Reader, day: int) -> dict[str, int]:
        return {"day": day}

    (folder / "templates").mkdir(parents=True)
    (folder / "templates/day.html").write_text(
        '{% extends "layout.html" %}{% block main %}<p id="at">{{ at_ms | moment }}</p>'
        '<p id="n">{{ 12345.6 | number(1) }}</p><b>{{ day }}</b>{% endblock %}',
    )
    texts = {
        "days.nav": dict.fromkeys(LANGUAGES, "Days"),
        "days.refused.no-such-day": {"fa": "روز {day} نیست", "tr": "{day} günü yok", "en": "there is no day {day}"},
    }
    (folder / "texts.yaml").write_text(yaml.safe_dump(texts, allow_unicode=True))
    return WebRoom(
        "days", router, api, folder / "templates", texts=[folder / "texts.yaml"],
        nav=[NavItem("/days/today", "days.nav", (Role.MANAGER,))],
        refusals=[Refusals(NoSuchDayError, "days.refused", 404)],
        connect_sources=lambda settings: [f"wss://*:{settings.ports.of('asterisk_http')}"],
    )


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[PageSite]:
    async with page_site(tmp_path, [sample_room(tmp_path / "days")]) as made:
        yield made


def test_every_route_of_the_house_says_who_may_come_in() -> None:
    for room in (own_room(), *web_rooms()):
        for router in (room.router, room.api_router or APIRouter()):
            for route in routes_of(router):
                name = f"{','.join(route.methods or ())} {route.path}"
                guard = guard_of(route)
                assert guard is not None, name
                assert isinstance(guard, Guard) or name in OPEN, f"{name} is open to strangers"


def test_a_room_with_a_route_that_says_nothing_is_refused(tmp_path: Path) -> None:
    inner, outer = APIRouter(), APIRouter()

    @inner.get("/secret", response_model=None)
    async def show() -> str:
        return "secret"

    outer.include_router(inner, prefix="/deep")
    with pytest.raises(UnguardedRouteError, match="GET /secret"):
        web_site(Home(tmp_path), small_settings(), [WebRoom("leak", outer)])


async def test_every_page_sends_strangers_to_the_door_and_every_interface_says_401(site: PageSite) -> None:
    stranger = site.stranger()
    asked = 0
    for room in site.web.rooms:
        for prefix, router in (("", room.router), ("/api/v1", room.api_router or APIRouter())):
            for route in routes_of(router):
                if isinstance(guard_of(route), OpenGuard) or "GET" not in (route.methods or ()):
                    continue
                path = prefix + route.path.replace("{day}", "1").replace("{user_id}", "mina")
                answer = await stranger.get(path)
                asked += 1
                if prefix:
                    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), path
                    assert answer.json()["name"] == "not-signed-in"
                else:
                    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path}")
    assert asked > 8


ROLES_OF = {
    "/": set(Role), "/account": set(Role), "/users": {Role.ADMINISTRATOR}, "/users/new": {Role.ADMINISTRATOR},
    "/users/boss": {Role.ADMINISTRATOR}, "/audit": {Role.AUDITOR}, "/days/today": {Role.MANAGER},
    "/api/v1/me": set(Role), "/api/v1/users": {Role.ADMINISTRATOR}, "/api/v1/audit": {Role.AUDITOR},
    "/api/v1/days/1": {Role.MANAGER},
}


async def test_each_role_opens_its_own_pages_and_no_other(site: PageSite) -> None:
    await site.add_user(Role.ADMINISTRATOR, user_id="boss")
    for role in Role:
        client = await site.client(role)
        for path, roles in ROLES_OF.items():
            answer = await client.get(path)
            assert answer.status_code == (200 if role in roles else 403), f"{role} {path}"


async def test_the_navigation_shows_what_the_user_may_open(site: PageSite) -> None:
    manager, auditor = await site.client(Role.MANAGER), await site.client(Role.AUDITOR)
    assert 'href="/days/today"' in (await manager.get("/")).text
    assert 'href="/audit"' not in (await manager.get("/")).text
    assert 'href="/days/today"' not in (await auditor.get("/")).text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"sec-fetch-site": "same-origin", "origin": HTTPS}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://evil.test"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "https://pasokh.test.evil.test"}, 403),
        ({"x-csrf-token": ""}, 403),
        ({"x-csrf-token": "0" * 64}, 403),
    ],
)
async def test_a_change_comes_from_our_own_pages_alone(site: PageSite, headers: dict[str, str], status: int) -> None:
    client = await site.client(Role.MANAGER)
    answer = await client.post("/days/today", data={"text": "quiet"}, headers=headers)
    assert answer.status_code == status
    if status == 200:
        assert answer.text == "manager: quiet"
    assert (await client.post("/api/v1/days/1", headers=headers)).status_code == status


async def test_a_form_carries_its_token_and_anothers_is_worthless(site: PageSite) -> None:
    mine, other = await site.client(Role.MANAGER), await site.client(Role.AUDITOR)
    foreign = other.headers["x-csrf-token"]
    token = mine.headers.pop("x-csrf-token")
    for given, status in ((token, 200), (foreign, 403), ("", 403)):
        answer = await mine.post("/days/today", data={"text": "quiet", "csrf": given})
        assert answer.status_code == status
    assert (await mine.post("/days/today", data={"text": "quiet"})).status_code == 403


async def test_a_program_needs_no_token_of_a_form_and_may_not_open_pages(site: PageSite) -> None:
    user_id = await site.add_user(Role.MANAGER)
    token = await site.web.tokens.add(user_id, "test", [Role.MANAGER], 1, By("test"))
    program = site.stranger(authorization=f"Bearer {token}")
    assert (await program.post("/api/v1/days/3")).json() == {"day": 3}
    assert (await program.get("/days/today")).status_code == 303
    await site.web.tokens.revoke((await site.web.tokens.list())[0].id, By("test"))
    assert (await program.post("/api/v1/days/3")).status_code == 401


async def test_a_wrong_token_is_not_helped_by_a_session(site: PageSite) -> None:
    client = await site.client(Role.MANAGER)
    answer = await client.post("/api/v1/days/3", headers={"authorization": "Bearer nonsense"})
    assert answer.status_code == 401


async def test_the_door_needs_its_own_forms_token_and_gives_a_bound_cookie(site: PageSite) -> None:
    await site.add_user(Role.MANAGER, user_id="mina")
    stranger = site.stranger()
    form = {"name": "mina", "password": PASSWORD, "wanted": "/days/today"}
    assert (await stranger.post("/sign-in", data=form)).status_code == 403
    token = form_token(await stranger.get("/sign-in"))
    answer = await stranger.post("/sign-in", data={**form, "csrf": token})
    assert (answer.status_code, answer.headers["location"]) == (303, "/days/today")
    cookie = next(one for one in answer.headers.get_list("set-cookie") if "session" in one)
    assert cookie.startswith("__Host-pasokh-session=")
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert "Max-Age" not in cookie


@pytest.mark.parametrize("wanted", ["https://evil.test", "//evil.test", "/\\evil.test", "evil", "", "/\r\nx: y"])
async def test_the_door_leads_to_no_other_site(site: PageSite, wanted: str) -> None:
    await site.add_user(Role.MANAGER, user_id="mina")
    stranger = site.stranger()
    token = form_token(await stranger.get("/sign-in", params={"next": wanted}))
    form = {"name": "mina", "password": PASSWORD, "wanted": wanted, "csrf": token}
    assert (await stranger.post("/sign-in", data=form)).headers["location"] == "/"


async def test_a_given_password_opens_nothing_but_its_own_change(site: PageSite) -> None:
    given = await site.web.accounts.add(NewUser("mina", "", frozenset({Role.MANAGER})), By("test"))
    stranger = site.stranger()
    form = {"name": "mina", "password": given, "csrf": form_token(await stranger.get("/sign-in"))}
    await stranger.post("/sign-in", data=form)
    for path in ("/", "/days/today", "/account"):
        assert (await stranger.get(path)).headers["location"] == "/account/password"
    assert (await stranger.get("/api/v1/me")).json()["name"] == "must-change-password"
    form = {"old": given, "new": PASSWORD, "again": PASSWORD}
    token = form_token(await stranger.get("/account/password"))
    assert (await stranger.post("/account/password", data={**form, "again": "x", "csrf": token})).status_code == 400
    assert (await stranger.post("/account/password", data={**form, "csrf": token})).status_code == 303
    assert (await stranger.get("/days/today")).status_code == 200


async def test_after_signing_out_the_key_is_worthless(site: PageSite) -> None:
    client = await site.client(Role.MANAGER)
    key = client.cookies["__Host-pasokh-session"]
    assert (await client.post("/sign-out")).headers["location"] == "/sign-in"
    assert await site.web.sessions.find(key) is None


@pytest.mark.parametrize("path", ["/sign-in", "/", "/nowhere", "/health", "/api/v1/me", "/static/x/web/pasokh.css"])
async def test_every_answer_carries_the_security_headers(site: PageSite, path: str) -> None:
    headers = (await site.stranger().get(path)).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"] == "'self' wss://*:8088"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "cache-control" in headers


async def test_refusals_speak_to_people_to_scripts_and_to_programs(site: PageSite) -> None:
    client = await site.client(Role.MANAGER, language="en")
    shown = await client.get("/days/never")
    assert (shown.status_code, "there is no day never" in shown.text) == (404, True)
    heard = await client.get("/days/never", headers={"hx-request": "true"})
    assert json.loads(heard.headers["hx-trigger"])["toast"]["text"] == "there is no day never"
    assert (heard.status_code, heard.text) == (404, "")
    told = await client.get("/days/never", headers={"accept": "application/json"})
    assert told.headers["content-type"] == "application/problem+json"
    assert told.json() == {
        "type": "urn:pasokh:problem:no-such-day", "title": "Not Found", "status": 404,
        "detail": "there is no day never", "name": "no-such-day", "values": {"day": "never"},
    }
    assert (await client.get("/api/v1/days/x")).json()["name"] == "invalid"
    assert (await client.get("/api/v1/nowhere")).json()["name"] == "not-found"
    persian = await client.get("/days/never?lang=fa")
    assert "روز never نیست" in persian.text


async def test_a_fault_tells_nothing_of_the_inside(site: PageSite) -> None:
    client = await site.client(Role.MANAGER)
    answer = await client.get("/days/broken")
    assert answer.status_code == 500
    assert "Zero" not in answer.text


async def test_an_expired_session_sends_htmx_to_the_door_and_streams_away(site: PageSite) -> None:
    client = site.stranger()
    redirected = await client.get("/days/today", headers={"hx-request": "true"})
    assert redirected.headers["hx-redirect"].startswith("/sign-in")
    assert (await client.get("/days/today", headers={"accept": "text/event-stream"})).status_code == 401


async def test_what_is_written_by_others_is_never_code(site: PageSite) -> None:
    client = await site.client(Role.MANAGER)
    answer = await client.get("/days/%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    assert answer.status_code in {200, 404}
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    ("language", "moment", "number"),
    [
        ("fa", "۱۴۰۵/۰۹/۰۱ ۰۹:۵۵", "۱۲٬۳۴۵٫۶"), ("tr", "22.11.2026 09:55", "12.345,6"),
        ("en", "2026-11-22 09:55", "12,345.6"),
    ],
)
async def test_times_and_numbers_are_written_as_the_language_does(
    site: PageSite, language: str, moment: str, number: str,
) -> None:
    client = await site.client(Role.MANAGER)
    text = (await client.get(f"/days/today?lang={language}")).text
    assert f'<p id="at">{moment}</p>' in text
    assert f'<p id="n">{number}</p>' in text


async def test_the_language_is_the_links_then_the_users_then_the_browsers_then_the_sites(site: PageSite) -> None:
    async def language(**asked: str) -> str:
        client = await site.client(Role.MANAGER, user_id="mina", language="tr")
        client.headers.update(asked)
        return (await client.get("/")).text.split('lang="')[1][:2]

    assert await language() == "tr"
    stranger = site.stranger(**{"accept-language": "de, en-GB;q=0.8, tr;q=0.9"})
    assert '<html lang="tr"' in (await stranger.get("/sign-in")).text
    assert '<html lang="en" dir="ltr"' in (await stranger.get("/sign-in?lang=en")).text
    assert '<html lang="en"' in (await stranger.get("/sign-in")).text, "a cookie remembers the link's"
    assert '<html lang="fa" dir="rtl"' in (await site.stranger().get("/sign-in")).text


async def test_static_files_are_kept_for_ever_under_their_contents_hash(site: PageSite) -> None:
    client = site.stranger()
    url = site.web.assets.url("web/pasokh.css")
    kept = await client.get(url)
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert kept.headers["content-encoding"] == "gzip"
    assert (await client.get("/static/old/web/pasokh.css")).headers["cache-control"] == "no-cache"
    for name in ("web/../texts.yaml", "web/%2e%2e/texts.yaml", "nope/a", "web/"):
        assert (await client.get(f"/static/x/{name}")).status_code == 404, name


async def test_too_large_a_question_is_refused(site: PageSite) -> None:
    client = await site.client(Role.MANAGER)
    answer = await client.post("/days/today", content=b"x", headers={"content-length": str(30 * 1024 * 1024)})
    assert answer.status_code == 413


async def test_the_interface_describes_itself(site: PageSite) -> None:
    described = (await site.stranger().get("/api/v1/openapi.json")).json()
    assert "/days/{day}" in described["paths"]
    assert described["servers"] == [{"url": "/api/v1"}]


async def test_an_administrator_adds_changes_and_locks_a_user(site: PageSite) -> None:
    client = await site.client(Role.ADMINISTRATOR)
    form = {"user_id": "Sara", "name": "سارا", "roles": ["agent", "manager"], "agent": "a101"}
    made = await client.post("/users", data=form)
    assert made.status_code == 201
    assert (await client.post("/users", data=form)).status_code == 409
    assert (await client.post("/users", data={"user_id": "x1", "agent": "a999"})).status_code == 400
    user = (await site.web.accounts.find("sara")).user
    assert (user.roles, user.agent) == (frozenset({Role.AGENT, Role.MANAGER}), "a101")
    await client.post("/users/sara", data={"name": "Sara", "roles": ["agent"], "agent": ""})
    assert (await site.web.accounts.find("sara")).user.agent is None
    for deed in ("lock", "unlock", "sign-out"):
        assert (await client.post(f"/users/sara/{deed}")).status_code == 303
    assert (await client.post("/users/sara/password")).status_code == 200
    assert (await client.post("/users/administrator/lock")).status_code == 409
    assert (await client.post("/users/ghost/lock")).status_code == 404
    told = (await client.get("/api/v1/users")).json()
    assert [one["id"] for one in told] == ["administrator", "sara"]
    assert "argon2" not in json.dumps(told)


async def test_the_audit_log_is_read_page_by_page(site: PageSite) -> None:
    manager, auditor = await site.client(Role.MANAGER), await site.client(Role.AUDITOR)
    for number in range(5):
        await manager.post("/days/today", data={"text": str(number)})
    first = (await auditor.get("/api/v1/audit?action=day&limit=3")).json()
    assert [one["detail"]["text"] for one in first["entries"]] == ["4", "3", "2"]
    second = (await auditor.get(f"/api/v1/audit?action=day&limit=3&before={first['before']}")).json()
    assert ([one["detail"]["text"] for one in second["entries"]], second["before"]) == (["1", "0"], None)
    assert "day.note" in (await auditor.get("/audit?actor=manager")).text
    assert "day.note" not in (await auditor.get("/audit?actor=nobody")).text


async def test_health_is_told_to_everybody(site: PageSite) -> None:
    assert (await site.stranger().get("/health")).json() == {"status": "good"}
