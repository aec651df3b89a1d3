"""The floor of a running line, as its supervisors reach it."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from agent_softphone.supervisor_desk import SupervisorDesk
from foundation.asterisk.ami import AmiLink
from foundation.database import Database, Store, store_url
from tests.support.live_line import LiveLine


@asynccontextmanager
async def floor_of(line: LiveLine, clock: Callable[[], float] = time.time) -> AsyncIterator[SupervisorDesk]:
    """By a link of its own."""
    database = Database(store_url(line.home, line.settings, Store.MAIN))
    try:
        async with AmiLink("127.0.0.1", line.settings.ports.of("ami"), "pasokh", line.secrets.ami) as link:
            await link.connected(30)
            yield SupervisorDesk(line.settings, database, link, clock)
    finally:
        await database.close()
