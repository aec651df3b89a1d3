"""Callbacks by the interface for programs, and by the public's own form."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

import callqueue.web
from callqueue.agents.refusals import AsteriskAwayError
from callqueue.callbacks.desk import CallbackDesk
from callqueue.callbacks.office import Journal
from callqueue.outbound.model import CallbackRequest, Channel, OutboundCall, State
from callqueue.web import access
from foundation.settings import Sip, Trunk
from foundation.web.accounts import By
from foundation.web.roles import Role
from foundation.web.site import Web
from tests.support.page_site import PageSite, form_token, page_site, small_settings

NUMBER = "09121234567"
QUEUE = "operator"
CALLS_OUT = Sip(trunk=Trunk(proxy="127.0.0.1:5099"))


class Paper:
    """Takes the journal's place."""

    def __init__(self) -> None:
        self.written: list[CallbackRequest] = []
        self.away = False

    @asynccontextmanager
    async def open(self, _web: Web) -> AsyncIterator[Journal]:
        if self.away:
            raise AsteriskAwayError(reason="test")

        async def write(request: CallbackRequest) -> None:
            self.written.append(request)

        yield write


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> Paper:
    made = Paper()
    monkeypatch.setattr(access, "open_journal", made.open)
    return made


@pytest.fixture
async def site(tmp_path: Path, paper: Paper) -> AsyncIterator[PageSite]:
    async with page_site(tmp_path, [callqueue.web.room()], settings=small_settings(sip=CALLS_OUT)) as made:
        yield made


async def program(site: PageSite, *roles: Role) -> httpx.AsyncClient:
    user = await site.add_user(*roles)
    token = await site.web.tokens.add(user, "test", roles, 1, By("test"))
    return site.stranger(accept="application/json", authorization=f"Bearer {token}")


async def visitor(site: PageSite) -> httpx.AsyncClient:
    """One of the public, with the form open."""
    client = site.stranger()
    client.headers["x-csrf-token"] = form_token(await client.get("/call-me"))
    return client


async def owed(site: PageSite) -> list[OutboundCall]:
    return list(await CallbackDesk(site.web.database, site.web.settings).list(state=State.OPEN))


async def test_a_program_promises_finds_and_takes_back(site: PageSite, paper: Paper) -> None:
    boss = await program(site, Role.SUPERVISOR)
    made = await boss.post("/api/v1/callbacks", json={"number": "+98 912 123 4567", "language": "tr", "priority": 3})
    assert made.status_code == 201, made.text
    record = made.json()
    assert (record["number"], record["state"], record["channel"], record["language"]) == ("…4567", "open", "api", "tr")
    [line], [promise] = paper.written, await owed(site)
    assert (line.id, line.number, line.tracking) == (promise.id, NUMBER, promise.tracking)
    assert (promise.id, promise.tracking) == (record["id"], record["code"])
    listed = (await boss.get("/api/v1/callbacks")).json()
    assert [each["id"] for each in listed] == [promise.id]
    assert (await boss.get(f"/api/v1/callbacks/{record['code']}")).json()["id"] == promise.id
    ended = await boss.delete(f"/api/v1/callbacks/{promise.id}")
    assert (ended.status_code, ended.json()["result"]) == (200, "cancelled")
    assert await owed(site) == []


@pytest.mark.parametrize(("wish", "name"), [
    ({"number": "09091234567"}, "number-premium"),
    ({"number": "00905321112233"}, "number-foreign"),
    ({"number": "12"}, None),
    ({"number": NUMBER, "queue": "nowhere"}, "no-such-queue"),
])
async def test_refusals_have_names(site: PageSite, paper: Paper, wish: dict[str, str], name: str | None) -> None:
    boss = await program(site, Role.SUPERVISOR)
    answer = await boss.post("/api/v1/callbacks", json=wish)
    assert answer.status_code == (422 if name is None else 409)
    assert name is None or answer.json()["type"] == f"urn:pasokh:problem:{name}"
    assert (paper.written, await owed(site)) == ([], [])


async def test_one_promise_stands_and_without_asterisk_there_is_none(site: PageSite, paper: Paper) -> None:
    boss = await program(site, Role.SUPERVISOR)
    assert (await boss.post("/api/v1/callbacks", json={"number": NUMBER})).status_code == 201
    again = await boss.post("/api/v1/callbacks", json={"number": NUMBER})
    assert (again.status_code, again.json()["type"]) == (409, "urn:pasokh:problem:already-promised")
    paper.away = True
    away = await boss.post("/api/v1/callbacks", json={"number": "02144445555"})
    assert (away.status_code, len(await owed(site))) == (503, 1)


async def test_readers_promise_nothing(site: PageSite) -> None:
    auditor = await program(site, Role.AUDITOR)
    assert (await auditor.get("/api/v1/callbacks")).status_code == 200
    assert (await auditor.post("/api/v1/callbacks", json={"number": NUMBER})).status_code == 403
    assert (await site.stranger(accept="application/json").get("/api/v1/callbacks")).status_code == 401


async def test_a_stranger_asks_for_a_call_and_takes_it_back_by_its_code(site: PageSite) -> None:
    client = await visitor(site)
    asked = await client.post("/call-me", data={"number": "۰۹۱۲۱۲۳۴۵۶۷", "queue": QUEUE})
    assert asked.status_code == 201, asked.text
    [promise] = await owed(site)
    assert (promise.number, promise.channel) == (NUMBER, Channel.WEB)
    assert str(promise.tracking) in asked.text
    wrong = await client.post("/call-me/cancel", data={"code": "123456789"})
    assert (wrong.status_code, len(await owed(site))) == (404, 1)
    done = await client.post("/call-me/cancel", data={"code": str(promise.tracking)})
    assert (done.status_code, await owed(site)) == (200, [])


async def test_nobody_learns_whether_a_number_is_owed_a_call_nor_cancels_it_by_asking_again(site: PageSite) -> None:
    client = await visitor(site)
    first = await client.post("/call-me", data={"number": NUMBER, "queue": QUEUE})
    second = await client.post("/call-me", data={"number": NUMBER, "queue": QUEUE})
    assert (first.status_code, second.status_code) == (201, 201)
    [promise] = await owed(site)
    assert str(promise.tracking) not in second.text
    desk = CallbackDesk(site.web.database, site.web.settings)
    [merged] = [each for each in await desk.list() if each.id != promise.id]
    assert str(merged.tracking) in second.text
    await client.post("/call-me/cancel", data={"code": str(merged.tracking)})
    assert [each.id for each in await owed(site)] == [promise.id]


async def test_who_asks_or_guesses_without_end_is_shut_out(site: PageSite) -> None:
    client = await visitor(site)
    codes = [(await client.post("/call-me/cancel", data={"code": "000000000"})).status_code for _ in range(12)]
    assert (codes[0], codes[-1]) == (404, 429)
    data = {"number": "09091234567", "queue": QUEUE}
    asked = [(await client.post("/call-me", data=data)).status_code for _ in range(12)]
    assert (asked[0], asked[-1]) == (409, 429)
    assert await owed(site) == []


async def test_a_site_without_calls_out_says_so(tmp_path: Path) -> None:
    async with page_site(tmp_path, [callqueue.web.room()], settings=small_settings()) as made:
        shown = await made.stranger().get("/call-me")
        assert (shown.status_code, 'name="number"' in shown.text) == (200, False)
