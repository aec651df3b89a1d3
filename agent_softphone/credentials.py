"""Passwords of the phones in browsers: made when a page asks, gone when its agent has signed out.

They stand in Asterisk's own database (AstDB), where PJSIP looks for them at each registration
(`asterisk-config/sorcery.conf`): a change needs no reload. What stands there is a hash; the password itself is known to
the page alone.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from foundation.asterisk.ami import AmiError, AmiLink, Event

FAMILY: Final = "pasokh/auth"
REALM: Final = "asterisk"
"""PJSIP's default, which the hash is made for."""
_ABSENT = "Database entry could not be deleted"
_KEY = re.compile(rf"/?{FAMILY}/([a-z][a-z0-9-]*)")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a phone registers with."""

    user: str
    password: str


class PhonePasswords:
    """The present passwords; one agent has one at most."""

    def __init__(self, link: AmiLink, make: Callable[[], str] = lambda: secrets.token_urlsafe(24)) -> None:
        self._link, self._make = link, make

    async def issue(self, agent: str) -> Credentials:
        """A new password; the one before opens nothing from now on.

        Raises:
            AmiError: Asterisk is away.
        """
        made = Credentials(agent, self._make())
        answer = await self._link.action("DBPut", Family=FAMILY, Key=agent, Val=json.dumps(auth_object(made)))
        if not answer.succeeded:
            raise AmiError(f"DBPut {FAMILY}/{agent}: {answer.message}")
        return made

    async def withdraw(self, agent: str) -> None:
        """From now on the agent's browser cannot register; what is registered is not touched.

        Raises:
            AmiError: Asterisk is away.
        """
        answer = await self._link.action("DBDel", Family=FAMILY, Key=agent)
        if not answer.succeeded and answer.message != _ABSENT:
            raise AmiError(f"DBDel {FAMILY}/{agent}: {answer.message}")

    async def issued(self) -> frozenset[str]:
        """Agents who have a password.

        Raises:
            AmiError: Asterisk is away.
        """
        events = await self._link.list_action("DBGetTree", Family=FAMILY)
        return frozenset(found[1] for event in events if (found := _key(event)))


def auth_object(credentials: Credentials) -> dict[str, str]:
    """PJSIP's `auth` object, as `res_sorcery_astdb` reads it."""
    secret = f"{credentials.user}:{REALM}:{credentials.password}"
    digest = hashlib.md5(secret.encode(), usedforsecurity=False).hexdigest()  # SIP's digest, RFC 2617
    return {"auth_type": "digest", "username": credentials.user, "realm": REALM, "password_digest": f"MD5:{digest}"}


def _key(event: Event) -> re.Match[str] | None:
    return _KEY.fullmatch(event.get("Key"))
