"""Passwords: how they are kept, and which are good enough."""

import asyncio
import secrets
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from foundation.settings.secrets import TYPED
from foundation.web.refusals import WeakPasswordError

LONGEST = 256
"""Characters; a longer one is refused before it costs work."""
AT_ONCE = 2
"""Hashes are made to be expensive (64 MB each): a crowd at the door must not take the machine from the calls."""
GIVEN_GROUPS, GIVEN_GROUP = 4, 4

Result = TypeVar("Result")


class Passwords:
    """Hashes and checks, a few at a time, outside the event loop."""

    def __init__(self, hasher: PasswordHasher | None = None, shortest: int = 10) -> None:
        self._hasher = hasher or PasswordHasher()
        self._shortest = shortest
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._nobodys: str | None = None

    def check_strength(self, password: str, *, user_id: str) -> None:
        """Length is what counts; the user's name is no secret.

        Raises:
            WeakPasswordError: too short, too long, or almost one sign repeated.
        """
        plain = password.casefold()
        too_simple = len(set(plain)) < 5 or user_id.casefold() in plain
        if not self._shortest <= len(password) <= LONGEST or too_simple:
            raise WeakPasswordError(shortest=self._shortest)

    async def hash(self, password: str) -> str:
        return await self._apart(lambda: self._hasher.hash(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether it is the password; for nobody's (`None`) it takes as long and is wrong."""
        if len(password) > LONGEST:
            return False
        if self._nobodys is None:
            self._nobodys = await self.hash(secrets.token_urlsafe(16))
        known = stored or self._nobodys
        right = await self._apart(lambda: self._verify(known, password))
        return right and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether it was hashed with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _apart(self, work: Callable[[], Result]) -> Result:
        async with self._turns:
            return await asyncio.to_thread(work)


def given_password() -> str:
    """One for another person to type once: four groups of four signs that are not mistaken for each other."""
    groups = ("".join(secrets.choice(TYPED) for _ in range(GIVEN_GROUP)) for _ in range(GIVEN_GROUPS))
    return "-".join(groups)
