"""Sign-in by a site's OpenID provider: who the provider knows and an administrator has added comes in, nobody else."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from foundation.settings import OpenId, WebPages
from foundation.web.accounts import By, NewUser
from foundation.web.app import app_of
from foundation.web.openid import OpenIdProvider
from foundation.web.refusals import WrongSignInError
from foundation.web.roles import Role
from foundation.web.sessions import Visitor
from tests.support.page_site import HTTPS, PageSite, page_site, small_settings

ISSUER = "https://idp.test/realm"
SETTINGS = OpenId(issuer=ISSUER, client_id="pasokh", client_secret="hush", title={"en": "Ministry account"})


@dataclass
class Provider:
    """An OpenID provider of one person, which may be told to lie."""

    now_s: int = 1_800_000_000
    person: str = "Mina"
    lies: dict[str, Any] = field(default_factory=dict)
    """Claims that replace the true ones; `None` leaves one out."""
    signs_by: str = "RS256"
    is_up: bool = True
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}, auto_kid=False))
    asked: dict[str, list[str]] = field(default_factory=dict)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if not self.is_up:
            raise httpx.ConnectError("away")
        match request.url.path:
            case "/realm/.well-known/openid-configuration":
                ends = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "keys"}
                return httpx.Response(200, json={"issuer": ISSUER, **{k: f"{ISSUER}/{v}" for k, v in ends.items()}})
            case "/realm/keys":
                return httpx.Response(200, json={"keys": [self.key.as_dict(private=False)]})
            case "/realm/token":
                return self._token(request)
        return httpx.Response(404)

    def _token(self, request: httpx.Request) -> httpx.Response:
        form = parse_qs(request.content.decode())
        login = base64.b64encode(b"pasokh:hush").decode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"][0].encode()).digest()).decode()
        proven = challenge.rstrip("=") == self.asked["code_challenge"][0]
        if request.headers["authorization"] != f"Basic {login}" or form["code"] != ["code-1"] or not proven:
            return httpx.Response(400, json={"error": "invalid_grant"})
        return httpx.Response(200, json={"access_token": "x", "token_type": "Bearer", "id_token": self._signed()})

    def _signed(self) -> str:
        claims = {
            "iss": ISSUER, "aud": "pasokh", "sub": "4711", "exp": self.now_s + 300, "iat": self.now_s,
            "nonce": self.asked["nonce"][0], "preferred_username": self.person, **self.lies,
        }
        told = {name: value for name, value in claims.items() if value is not None}
        if self.signs_by == "HS256":  # with what everybody can read
            secret = OctKey.import_key(json.dumps(self.key.as_dict(private=False)))
            return jwt.encode({"alg": "HS256", "kid": "one"}, told, secret, ["HS256"])
        if self.signs_by == "none":
            head, body = (base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode()
                          for one in ({"alg": "none"}, told))
            return f"{head}.{body}."
        return jwt.encode({"alg": "RS256", "kid": "one"}, told, self.key, ["RS256"])


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def site(tmp_path: Path, provider: Provider) -> AsyncIterator[PageSite]:
    async with page_site(tmp_path, settings=small_settings(web=WebPages(openid=SETTINGS))) as made:
        made.clock.at_ms = provider.now_s * 1000
        web = replace(made.web, openid=OpenIdProvider(SETTINGS, made.clock, httpx.MockTransport(provider)))
        yield replace(made, web=web, app=app_of(web))
        await web.close()


async def leave(client: httpx.AsyncClient, provider: Provider, wanted: str = "/account") -> dict[str, list[str]]:
    """Press the button; returns what the provider is asked."""
    sent = await client.get("/sign-in/openid", params={"next": wanted})
    assert sent.status_code == 303
    assert sent.headers["location"].startswith(f"{ISSUER}/auth?")
    provider.asked = parse_qs(urlsplit(sent.headers["location"]).query)
    return provider.asked


async def come_back(client: httpx.AsyncClient, state: str, code: str = "code-1") -> httpx.Response:
    return await client.get("/sign-in/openid/back", params={"state": state, "code": code})


async def test_a_user_comes_in_and_a_given_password_is_worth_nothing_any_more(
    site: PageSite, provider: Provider,
) -> None:
    given = await site.web.accounts.add(NewUser("mina", "Mina", frozenset({Role.MANAGER})), By("test"))
    client = site.stranger()
    assert "Ministry account" in (await client.get("/sign-in?lang=en")).text
    asked = await leave(client, provider)
    wanted = {"client_id": ["pasokh"], "response_type": ["code"], "code_challenge_method": ["S256"]}
    assert {name: asked[name] for name in wanted} == wanted
    assert asked["redirect_uri"] == [f"{HTTPS}/sign-in/openid/back"]
    back = await come_back(client, asked["state"][0])
    assert (back.status_code, back.headers["location"]) == (303, "/account")
    assert (await client.get("/account")).status_code == 200
    with pytest.raises(WrongSignInError):
        await site.web.door.sign_in("mina", given, Visitor("10.0.0.1", ""))
    with pytest.raises(WrongSignInError):
        await site.web.door.sign_in("mina", "", Visitor("10.0.0.1", ""))


async def test_one_whom_nobody_has_added_or_who_is_locked_stays_outside(site: PageSite, provider: Provider) -> None:
    await site.add_user(Role.ADMINISTRATOR, user_id="boss")
    client = site.stranger()
    assert (await come_back(client, (await leave(client, provider))["state"][0])).status_code == 403
    await site.add_user(Role.MANAGER, user_id="mina")
    await site.web.accounts.lock("mina", By("test"))
    assert (await come_back(client, (await leave(client, provider))["state"][0])).status_code == 403
    await site.web.accounts.unlock("mina", By("test"))
    assert (await come_back(client, (await leave(client, provider))["state"][0])).status_code == 303


@pytest.mark.parametrize(
    "lies",
    [
        {"iss": "https://evil.test"}, {"aud": "another"}, {"exp": 1_799_999_000}, {"nonce": "another"}, {"nonce": None},
        {"preferred_username": None}, {"preferred_username": ["mina"]}, {"preferred_username": " "}, {"exp": None},
        {"aud": None},
    ],
    ids=str,
)
async def test_an_answer_that_is_not_for_us_now_opens_nothing(
    site: PageSite, provider: Provider, lies: dict[str, Any],
) -> None:
    await site.add_user(Role.MANAGER, user_id="mina")
    provider.lies = lies
    client = site.stranger()
    assert (await come_back(client, (await leave(client, provider))["state"][0])).status_code == 403
    assert not [name for name in client.cookies if "session" in name]


@pytest.mark.parametrize("signs_by", ["HS256", "none"])
async def test_an_answer_that_anybody_could_have_signed_opens_nothing(
    site: PageSite, provider: Provider, signs_by: str,
) -> None:
    await site.add_user(Role.MANAGER, user_id="mina")
    provider.signs_by = signs_by
    client = site.stranger()
    assert (await come_back(client, (await leave(client, provider))["state"][0])).status_code == 403


async def test_an_answer_signed_by_another_key_opens_nothing(site: PageSite, provider: Provider) -> None:
    await site.add_user(Role.MANAGER, user_id="mina")
    client = site.stranger()
    asked = await leave(client, provider)
    told = provider.key.as_dict(private=False)
    forger = Provider(key=RSAKey.generate_key(2048, {"kid": "one"}, auto_kid=False), asked=asked)

    def mixed(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"keys": [told]}) if request.url.path == "/realm/keys" else forger(request)

    web = replace(site.web, openid=OpenIdProvider(SETTINGS, site.clock, httpx.MockTransport(mixed)))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app_of(web)), base_url=HTTPS, cookies=client.cookies,
    ) as deceived:
        assert (await come_back(deceived, asked["state"][0])).status_code == 403


async def test_one_who_was_not_sent_by_this_browser_is_refused(site: PageSite, provider: Provider) -> None:
    await site.add_user(Role.MANAGER, user_id="mina")
    mine, others = site.stranger(), site.stranger()
    state = (await leave(mine, provider))["state"][0]
    assert (await come_back(others, state)).status_code == 403
    assert (await come_back(mine, "another")).status_code == 403
    assert (await come_back(mine, state, code="stolen")).status_code == 403
    assert (await come_back(mine, state)).status_code == 303
    assert (await come_back(mine, state)).status_code == 403, "an errand is done once"


async def test_a_provider_that_is_away_is_said(site: PageSite, provider: Provider) -> None:
    provider.is_up = False
    assert (await site.stranger().get("/sign-in/openid")).status_code == 502


async def test_a_site_without_a_provider_has_no_such_door(tmp_path: Path) -> None:
    async with page_site(tmp_path) as plain:
        assert (await plain.stranger().get("/sign-in/openid")).status_code == 404
        assert "/sign-in/openid" not in (await plain.stranger().get("/sign-in")).text
