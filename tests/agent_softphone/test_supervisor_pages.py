"""Who may see the floor, who may act on it, and what a refusal looks like in the page's language."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from agent_softphone import supervisor_messages as messages
from agent_softphone.web.desk_room import desk_room
from agent_softphone.web.supervisor_room import supervisor_room
from foundation.bus import instant
from foundation.web.roles import Role
from tests.support.page_site import PageSite, page_site

LOOKS = (Role.SUPERVISOR, Role.MANAGER, Role.ADMINISTRATOR)
ACTS = (Role.SUPERVISOR, Role.ADMINISTRATOR)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[PageSite]:
    async with page_site(tmp_path, [desk_room(), supervisor_room()]) as made:
        yield made


@pytest.mark.parametrize("role", [Role.AGENT, Role.AUDITOR, Role.PARTNER, *LOOKS])
async def test_the_floor_is_for_those_who_lead_it(site: PageSite, role: Role) -> None:
    client = await site.client(role)
    looks = {200} if role in LOOKS else {403}
    assert {(await client.get(path)).status_code for path in ("/floor", "/floor/shift")} == looks
    acts = {200} if role in ACTS else {403}
    assert {(await client.get("/floor/agents/a101")).status_code} == acts
    for path in ("agents/a101/join/listen", "agents/a101/pause", "agents/a101/unpause", "agents/a101/log-out",
                 "agents/a101/message", "calls/x/pick-up", "calls/x/move", "calls/x/priority", "calls/x/withdraw"):
        answer = await client.post(f"/floor/{path}", data={"position": "1", "priority": "1"})
        assert (answer.status_code == 403) == (role not in ACTS), path


async def test_before_asterisk_is_there_it_is_said_so_and_nothing_breaks(site: PageSite) -> None:
    client = await site.client(Role.SUPERVISOR, language="en")
    refused = await client.post("/floor/agents/a101/pause", data={"reason": "break"})
    assert refused.status_code in {409, 503}
    assert "Asterisk" in refused.text


async def test_a_form_from_elsewhere_changes_nothing(site: PageSite) -> None:
    client = await site.client(Role.SUPERVISOR)
    del client.headers["x-csrf-token"]
    assert (await client.post("/floor/agents/a101/log-out")).status_code == 403


async def test_the_floor_shows_who_waits_and_who_works(site: PageSite) -> None:
    now = site.clock() / 1000
    await site.web.live.take("pasokh/queues/operator", {
        "waiting": [{"call_id": "w-1", "position": 1, "joined": instant(now - 9), "number": "***567"}],
        "agents": {"ready": ["a101"]}, "longest_wait_since": instant(now - 9),
    })
    client = await site.client(Role.SUPERVISOR, language="en")
    panel = await client.get("/floor/calls/w-1")
    assert "***567" in panel.text
    assert (await client.get("/floor/calls/w-2")).status_code == 409


async def test_an_agent_reads_his_own_messages_and_no_others(site: PageSite) -> None:
    async with site.web.database.write() as connection:
        sent = await messages.send(connection, "a101", "lale", "<b>call me</b>", site.clock())
    own = await site.client(Role.AGENT, user_id="sara", agent="a101", language="en")
    other = await site.client(Role.AGENT, user_id="mina", agent="a102", language="en")
    assert "&lt;b&gt;call me" in (await own.get("/desk/messages")).text
    assert "call me" not in (await other.get("/desk/messages")).text
    assert (await _read(other, sent.id)).status_code == 404
    assert (await _read(own, sent.id)).status_code == 200
    assert "call me" not in (await own.get("/desk/messages")).text


async def _read(client: httpx.AsyncClient, message: str) -> httpx.Response:
    return await client.post(f"/desk/messages/{message}/read")
