"""Sign-in by the site's own OpenID provider: the authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636).

The provider says who somebody is. What a person may do here, an administrator says: nobody becomes a user by this.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from foundation.settings import OpenId
from foundation.web.clock import Clock
from foundation.web.refusals import OpenIdAwayError, OpenIdRefusedError

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
"""Only those by which nobody but the provider can sign."""
TOLD = ("authorization_endpoint", "token_endpoint", "jwks_uri")
SCOPE = "openid profile email"
LEEWAY_SECONDS = 60
ANSWER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Errand:
    """What must come back unchanged, or is needed again, when the provider sends a person back."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> "Errand":
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))

    @property
    def challenge(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


class OpenIdProvider:
    """Speaks with the provider. Every method raises OpenIdAwayError when it does not answer as it should."""

    def __init__(self, settings: OpenId, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._settings, self._clock = settings, clock
        self._client = httpx.AsyncClient(transport=transport, timeout=ANSWER_SECONDS)
        self._found: Mapping[str, Any] | None = None

    async def address(self, errand: Errand, back: str) -> str:
        """Where the browser is sent; `back` is our own address that it shall come back to."""
        asked = {
            "response_type": "code", "client_id": self._settings.client_id, "redirect_uri": back, "scope": SCOPE,
            "state": errand.state, "nonce": errand.nonce, "code_challenge": errand.challenge,
            "code_challenge_method": "S256",
        }
        endpoint = (await self._discover())["authorization_endpoint"]
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    async def person(self, code: str, errand: Errand, back: str) -> str:
        """The user's name here, of one who came back with `code`.

        Raises:
            OpenIdRefusedError: the answer is not for us, not of this errand, too old, or has no such claim.
        """
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": errand.verifier,
        }
        endpoint = (await self._discover())["token_endpoint"]
        login = httpx.BasicAuth(self._settings.client_id, self._settings.client_secret)
        answer = await self._ask("POST", endpoint, data=form, auth=login)
        claims = await self._claims(answer.get("id_token"))
        if claims.get("nonce") != errand.nonce:
            raise OpenIdRefusedError
        name = claims.get(self._settings.claim)
        if not isinstance(name, str) or not name.strip():
            raise OpenIdRefusedError
        return name.strip().casefold()

    async def close(self) -> None:
        await self._client.aclose()

    async def _claims(self, id_token: object) -> dict[str, Any]:
        if not isinstance(id_token, str):
            raise OpenIdRefusedError
        told: Any = await self._ask("GET", (await self._discover())["jwks_uri"])
        try:
            keys = KeySet.import_key_set(told)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise OpenIdAwayError from error
        try:
            claims = jwt.decode(id_token, keys, ALGORITHMS).claims
            jwt.JWTClaimsRegistry(
                now=self._clock() // 1000, leeway=LEEWAY_SECONDS,
                iss={"essential": True, "value": self._settings.issuer},
                aud={"essential": True, "value": self._settings.client_id}, exp={"essential": True},
            ).validate(claims)
        except (JoseError, ValueError) as error:
            raise OpenIdRefusedError from error
        return claims

    async def _discover(self) -> Mapping[str, Any]:
        if self._found is None:
            found = await self._ask("GET", f"{self._settings.issuer}/.well-known/openid-configuration")
            if found.get("issuer") != self._settings.issuer or not all(isinstance(found.get(one), str) for one in TOLD):
                raise OpenIdAwayError
            self._found = found
        return self._found

    async def _ask(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        try:
            answer = await self._client.request(method, url, **more)
            content = answer.raise_for_status().json()
        except httpx.HTTPStatusError as error:
            if error.response.is_client_error:  # a code that is used up, or another's
                raise OpenIdRefusedError from error
            raise OpenIdAwayError from error
        except (httpx.HTTPError, ValueError) as error:
            raise OpenIdAwayError from error
        if not isinstance(content, dict):
            raise OpenIdAwayError
        return content
