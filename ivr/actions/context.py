"""What an action knows of its call and of the house, and the form of the function that carries it out."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

from foundation.database import Database
from foundation.paths import Home
from foundation.settings import Settings
from ivr.actions.outcome import Outcome
from ivr.call import Call
from ivr.queue_load import QueueLoad
from ivr.steps.steps import StepLog

Kept = TypeVar("Kept")
Maker = Callable[["Resources"], AbstractAsyncContextManager[Kept]]


class Resources:
    """What actions keep open over many calls (HTTP clients, catalogues): made at the first use, closed with the IVR."""

    def __init__(self, home: Home, settings: Settings, main: Database, load: QueueLoad | None = None) -> None:
        self.home, self.settings, self.main = home, settings, main
        self.load = QueueLoad() if load is None else load
        """How full the queues are at this moment; nobody knows, where nobody reads the bus."""
        self._stack = AsyncExitStack()
        self._kept: dict[object, object] = {}
        self._one_at_a_time = asyncio.Lock()

    async def get(self, make: Maker[Kept]) -> Kept:
        """What `make` opens; the same thing for every call."""
        if make not in self._kept:
            async with self._one_at_a_time:
                if make not in self._kept:
                    self._kept[make] = await self._stack.enter_async_context(make(self))
        return cast("Kept", self._kept[make])

    async def aclose(self) -> None:
        """Close everything, the last first."""
        await self._stack.aclose()
        await self.main.close()


@dataclass(frozen=True, slots=True)
class CallContext:
    home: Home
    settings: Settings
    resources: Resources
    steps: StepLog
    caller: str
    """The validated number; empty when withheld or malformed."""
    province: str | None
    """Where the caller's number is from (foundation/provinces.yaml); None of mobile and unknown numbers."""
    now: Callable[[], float]
    """Epoch seconds."""
    clock: Callable[[], float]
    """Seconds that only grow."""

    @property
    def call_id(self) -> str:
        return self.steps.call_id

    @property
    def main(self) -> Database:
        """The main store. It may be away: what must not be lost goes to `home.spool` first."""
        return self.resources.main


class Run(Protocol):
    """Carries out one action: `async def run(call: Call, context: CallContext, action: ServiceAction) -> Outcome`.

    HangupError is not caught here, except to keep what a caller who has gone has left, and then raised again.
    """

    async def __call__(self, call: Call, context: CallContext, action: Any) -> Outcome: ...
