"""Every route of every room is walked by every role: sound comes only from those named here, to those who may hear."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.routing import APIRoute

from foundation.settings import Settings
from foundation.web.app import API_PREFIX
from foundation.web.guards import routes_of
from foundation.web.roles import Role
from pasokh.web_rooms import web_rooms
from recordings.listening.listens import Listen, Purpose, add_listen
from recordings.messages.messages import Message, add_message
from tests.support.page_site import PageSite, page_site, small_settings
from tests.support.sound_site import conversation, keep_sound

CALL, MESSAGE = "call-of-a101", "message-m1"
STREAMS = {"/desk/live", "/floor/live", "/wallboard/live"}
"""Pictures of the present moment that never end."""
VALUES = {"recording": (CALL, MESSAGE), "item": (CALL, MESSAGE), "kind": ("message",)}
"""What stands in addresses; every other name gets a recording's and a message's id as well."""
SOUND = {
    "/recordings/{recording}/sound": {Role.SUPERVISOR, Role.MANAGER},
    "/desk/work/message/{item}/sound": {Role.AGENT},
}
"""Routes that yield sound, and the roles that get it: with queues, and after saying why. Another route that yields some
is a fault until it stands here."""
PATIENCE = 60


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[PageSite]:
    listening = {"queues": {"only-supervisor": ["operator"]}}
    async with page_site(tmp_path, web_rooms(), settings=small_settings(listening=listening)) as made:
        await keep_sound(made, CALL)
        await keep_sound(made, MESSAGE, conversation()[0], kind="voice_message", queue=None, agent=None)
        now = made.clock()
        async with made.web.database.write() as connection:
            await add_message(connection, Message(
                MESSAGE, "voice_message", "director", "old.1", "09121234567", None, "fa", "123456782", now, 4000,
                MESSAGE))
            for user, role in (("manager", Role.MANAGER), *((f"only-{role.value}", role) for role in Role)):
                for kept in (CALL, MESSAGE):
                    await add_listen(connection, Listen(kept, now, user, role.value, Purpose.QUALITY.value))
        yield made


def addresses(site: PageSite) -> Iterator[tuple[str, str]]:
    """Each route that can be read, and each address under it."""
    for room in site.web.rooms:
        for prefix, router in (("", room.router), (API_PREFIX, room.api_router)):
            for route in routes_of(router) if router is not None else ():
                if "GET" in (route.methods or ()) and route.path not in STREAMS:
                    yield from ((prefix + route.path, prefix + one) for one in filled(route))


def filled(route: APIRoute) -> Iterator[str]:
    names = re.findall(r"{(\w+)(?::\w+)?}", route.path)
    for number in range(2 if names else 1):
        path = route.path
        for name in names:
            values = VALUES.get(name, (CALL, MESSAGE))
            path = re.sub(rf"{{{name}(:\w+)?}}", values[number % len(values)], path)
        yield path


async def get(client: httpx.AsyncClient, path: str) -> httpx.Response:
    try:
        return await asyncio.wait_for(client.get(path), PATIENCE)
    except TimeoutError:
        raise AssertionError(f"{path} does not end: a stream must be named in STREAMS") from None


def is_sound(answer: httpx.Response) -> bool:
    kind = answer.headers.get("content-type", "")
    return kind.startswith(("audio/", "application/octet-stream")) or answer.content[:4] in {b"RIFF", b"fLaC", b"OggS"}


async def test_sound_comes_only_from_known_routes_to_known_roles(site: PageSite) -> None:
    everybody = await site.client(*Role, user_id="manager", agent="a101")
    everybody.headers["hx-request"] = "true"
    yielding = [(route, path) for route, path in addresses(site) if is_sound(await get(everybody, path))]
    assert {route for route, _ in yielding} == set(SOUND), "a route yields sound that is not named in SOUND"
    for role in Role:
        agent = "a102" if role is Role.AGENT else None
        client = await site.client(role, user_id=f"only-{role.value}", agent=agent)
        heard = {route for route, path in yielding if is_sound(await get(client, path))}
        assert heard == {route for route, roles in SOUND.items() if role in roles}, role
    stranger = site.stranger()
    assert not [path for _, path in yielding if is_sound(await get(stranger, path))]


async def test_supervisors_hear_their_queues_alone(site: PageSite) -> None:
    await keep_sound(site, "call-of-pensions", queue="pensions", agent="a102")
    heard = await site.client(Role.SUPERVISOR, user_id="supervisor", agent="a101")
    async with site.web.database.write() as connection:
        for kept in (CALL, "call-of-pensions"):
            await add_listen(connection, Listen(kept, site.clock(), "supervisor", "supervisor", "quality"))
    assert (await heard.get(f"/recordings/{CALL}/sound")).status_code == 200
    assert (await heard.get("/recordings/call-of-pensions/sound")).status_code == 404
    assert (await heard.get("/recordings/call-of-pensions")).status_code == 404
    listed = (await heard.get("/recordings")).text
    assert CALL in listed
    assert "call-of-pensions" not in listed


@pytest.mark.parametrize("allowed", [True, False])
async def test_agents_hear_their_own_calls_where_the_site_allows_it(tmp_path: Path, *, allowed: bool) -> None:
    settings: Settings = small_settings(listening={"agents_own_calls": allowed})
    async with page_site(tmp_path, web_rooms(), settings=settings) as site:
        await keep_sound(site, "mine")
        await keep_sound(site, "theirs", agent="a102")
        agent = await site.client(Role.AGENT, user_id="sara", agent="a101")
        assert (await agent.get("/recordings/theirs")).status_code == 404
        assert (await agent.get("/recordings/mine")).status_code == (200 if allowed else 404)
        told = {"purpose": "training", "role": "agent"}
        opened = await agent.post("/recordings/mine/open", data=told)
        assert opened.status_code == (303 if allowed else 404)
        assert (await agent.get("/recordings/mine/sound")).status_code == (200 if allowed else 404)
