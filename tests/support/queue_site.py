"""A site for tests of the live side: played Asterisk, SQLite files, no telephones."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from callqueue.agents.desk import AgentDesk
from foundation.asterisk.ami import AmiLink, Patience
from foundation.database import Database, Store, store_url
from foundation.paths import Home
from foundation.settings import Settings
from pasokh.migrations import migrate
from tests.support.manager import PlayedManager, played_manager
from tests.support.queue_manager import PlayedQueues

QUICK = Patience(retry_first=0.01, retry_longest=0.05, ping_every=30)
SETTINGS = {
    "queues": {"insurance": {"wrap_up_seconds": 10}, "medical": {"wrap_up_seconds": 0}},
    "default_queue": "insurance",
    "agents": {
        "a101": {"queues": {"insurance": 0, "medical": 5}},
        "a102": {"queues": {"insurance": 0}},
    },
}


@dataclass
class Hands:
    """A clock that stands where it was put, or runs as the machine's own."""

    now: float = 1_700_000_000.0
    runs: bool = False

    def __call__(self) -> float:
        return time.time() if self.runs else self.now


@dataclass
class QueueSite:
    home: Home
    settings: Settings
    manager: PlayedManager
    asterisk: PlayedQueues
    main: Database
    ledger: Database
    link: AmiLink
    clock: Hands
    desk: AgentDesk


@asynccontextmanager
async def queue_site(folder: Path, mqtt: int = 1, *, clock_runs: bool = False) -> AsyncIterator[QueueSite]:
    home, clock = Home(folder), Hands(runs=clock_runs)
    settings = Settings.model_validate({**SETTINGS, "ports": {"mqtt": mqtt}})
    home.make()
    await migrate(home, settings)
    main, ledger = (Database(store_url(home, settings, store)) for store in (Store.MAIN, Store.LEDGER))
    async with played_manager() as manager:
        asterisk = PlayedQueues(manager, tuple(settings.queues))
        async with AmiLink("127.0.0.1", manager.port, "pasokh", "secret", patience=QUICK) as link:
            await link.connected(10)
            desk = AgentDesk(settings, main, link, clock)
            try:
                yield QueueSite(home, settings, manager, asterisk, main, ledger, link, clock, desk)
            finally:
                await main.close()
                await ledger.close()
