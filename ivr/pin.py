"""Lets an agent's telephone at the site's own affairs, by the site's PIN."""

import hmac
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from foundation.settings import Settings, load_secrets
from ivr.actions.context import Resources
from ivr.call import Call

TRIES = 3
"""In one call."""
WRONG_LIMIT, WRONG_SECONDS = 10, 900.0
"""So many wrong PINs of all telephones within this time, and nobody is let in until they are older."""
_CHANNEL = re.compile(r"PJSIP/(?P<endpoint>[A-Za-z0-9_.-]+)-[0-9a-f]+")


@dataclass
class Doorkeeper:
    """Remembers wrong PINs, and forgets the digits."""

    pin: str
    clock: Callable[[], float] = time.monotonic
    wrong: deque[float] = field(default_factory=deque)

    def is_locked(self) -> bool:
        while self.wrong and self.clock() - self.wrong[0] > WRONG_SECONDS:
            self.wrong.popleft()
        return not self.pin or len(self.wrong) >= WRONG_LIMIT

    def opens(self, digits: str) -> bool:
        """Whether these digits are the PIN; while locked, none are."""
        if self.is_locked():
            return False
        if hmac.compare_digest(digits.encode(), self.pin.encode()):
            return True
        self.wrong.append(self.clock())
        return False


@asynccontextmanager
async def doorkeeper(resources: Resources) -> AsyncIterator[Doorkeeper]:
    """One for all calls."""
    yield Doorkeeper(load_secrets(resources.home, resources.settings).pin)


def agent_of(channel: str, settings: Settings) -> str | None:
    """Which agent's telephone a channel is; None of everybody else's."""
    found = _CHANNEL.fullmatch(channel)
    return found["endpoint"] if found and found["endpoint"] in settings.agents else None


async def let_in(call: Call, door: Doorkeeper) -> bool:
    """Ask for the PIN; False: refused, and the caller has been told."""
    prompts: tuple[str, ...] = ("pin-enter",)
    for _ in range(TRIES):
        digits = await call.ask_digits(prompts, len(door.pin) or 1)
        if door.opens(digits):
            return True
        prompts = ("pin-wrong", "pin-enter")
    await call.play(("pin-refused", "goodbye"))
    return False
