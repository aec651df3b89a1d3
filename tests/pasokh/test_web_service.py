"""The service `web` as supervisor runs it: https with its own certificate, healthy, and gone at once when asked."""

import asyncio
import json
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from foundation.database import Database, Store, store_url
from foundation.paths import CHECKOUT, Home
from foundation.settings import load_settings
from foundation.web.accounts import Accounts, By, NewUser
from foundation.web.clock import present_ms
from foundation.web.passwords import Passwords
from foundation.web.roles import Role
from foundation.web.tokens import Tokens
from pasokh.migrations import migrate
from tests.support.page_site import QUICK, form_token

LIMIT = 120.0
STOP_LIMIT = 90.0


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_tcp_ports: list[int]) -> Home:
    home = Home(tmp_path / "home")
    home.make()
    monkeypatch.setenv("PASOKH_HOME", str(home.root))
    home.settings_file.write_text((CHECKOUT / "foundation" / "site.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    for name, port in zip(("WEB", "WEB_HTTP", "MQTT"), free_tcp_ports, strict=True):
        monkeypatch.setenv(f"PASOKH_PORTS__{name}", str(port))
    asyncio.run(migrate(home, load_settings(home)))
    return home


@pytest.fixture
def free_tcp_ports() -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@contextmanager
def running() -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-P", "-m", "pasokh", "service", "web"], cwd=CHECKOUT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def first_answer(client: httpx.Client) -> httpx.Response:
    """What the service says of its health, as soon as it says anything."""
    limit = time.monotonic() + LIMIT
    while True:
        try:
            return client.get("/health", headers={"accept": "application/json"})
        except httpx.TransportError:
            assert time.monotonic() < limit, "the service does not answer"
            time.sleep(0.1)


def trusting(home: Home) -> ssl.SSLContext:
    limit = time.monotonic() + LIMIT
    authority = home.certificates / "authority.pem"
    while not authority.exists():
        assert time.monotonic() < limit
        time.sleep(0.1)
    return ssl.create_default_context(cafile=authority)


def first_user(home: Home) -> tuple[str, str]:
    """An administrator's given password, and a token of his."""

    async def make() -> tuple[str, str]:
        database = Database(store_url(home, load_settings(home), Store.MAIN))
        try:
            accounts = Accounts(database, Passwords(QUICK), present_ms)
            password = await accounts.add(NewUser("boss", "", frozenset({Role.ADMINISTRATOR})), By("test"))
            roles = [Role.ADMINISTRATOR]
            return password, await Tokens(database, present_ms).add("boss", "t", roles, 1, By("test"))
        finally:
            await database.close()

    return asyncio.run(make())


def test_people_sign_in_over_https_programs_use_tokens_and_a_stop_is_orderly(home: Home) -> None:
    password, token = first_user(home)
    port = load_settings(home).ports.of("web")
    with running() as process, httpx.Client(base_url=f"https://localhost:{port}", verify=trusting(home)) as client:
        assert first_answer(client).json() == {"status": "good"}
        form = {"name": "boss", "password": password, "csrf": form_token(client.get("/sign-in"))}
        entered = client.post("/sign-in", data=form)
        assert (entered.status_code, entered.headers["location"]) == (303, "/")
        assert "__Host-pasokh-session" in client.cookies
        assert "server" not in entered.headers
        told = client.get("/api/v1/me", headers={"authorization": f"Bearer {token}"})
        assert told.json() == {"id": "boss", "name": "boss", "roles": ["administrator"], "agent": None}
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_LIMIT) == 0
    assert password not in json.dumps([path.read_text(errors="replace") for path in home.logs.glob("*")])


def test_behind_a_proxy_it_listens_on_loopback_in_plain_and_believes_the_proxys_https(
    home: Home, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PASOKH_WEB__BEHIND_PROXY", "true")
    password, _ = first_user(home)
    settings = load_settings(home)
    proxied = {"x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.9"}
    url = f"http://127.0.0.1:{settings.ports.of('web_http')}"
    with running(), httpx.Client(base_url=url, headers=proxied) as client:
        assert first_answer(client).json() == {"status": "good"}
        door = client.get("/sign-in")
        assert "__Host-pasokh-form" in door.headers["set-cookie"]
        secret = door.headers["set-cookie"].split(";")[0]
        form = {"name": "boss", "password": password, "csrf": form_token(door)}
        entered = client.post("/sign-in", data=form, headers={"cookie": secret})
        assert entered.status_code == 303
        with pytest.raises(httpx.TransportError):
            httpx.get(f"https://127.0.0.1:{settings.ports.of('web')}/health", verify=False)  # noqa: S501 - nobody is to answer


def test_a_database_that_is_away_is_said_and_the_service_stays(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASOKH_DATABASE__URL", "postgresql+asyncpg://nobody@127.0.0.1:1/none")
    port = load_settings(home).ports.of("web")
    with running() as process, httpx.Client(base_url=f"https://localhost:{port}", verify=trusting(home)) as client:
        answer = first_answer(client)
        assert (answer.status_code, answer.json()["name"]) == (503, "database-away")
        assert process.poll() is None
