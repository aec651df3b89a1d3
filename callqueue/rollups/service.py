"""The task that keeps roll-ups made: in a thread of its own, for making them is work and the floor must not wait."""

import asyncio
import time
from zoneinfo import ZoneInfo

from callqueue.queues.rules import rulebook
from callqueue.rollups.build import RollupMaker
from foundation.database import Database, Store, store_url
from foundation.paths import Home
from foundation.settings import Settings

PAUSE_SECONDS = 15.0
BUSY_SECONDS = 5.0
"""After so long the thread ends, so that a service that stops has not long to wait."""


async def keep_rolled_up(home: Home, settings: Settings) -> None:
    """For ever."""
    while True:
        more = await asyncio.to_thread(lambda: asyncio.run(roll_up(home, settings, BUSY_SECONDS)))
        await asyncio.sleep(0 if more else PAUSE_SECONDS)


async def roll_up(home: Home, settings: Settings, seconds: float) -> bool:
    """Make what is missing until nothing is, or `seconds` have passed; whether there is more to do."""
    database = Database(store_url(home, settings, Store.LEDGER))
    try:
        maker = RollupMaker(
            database, rulebook(settings), settings.shared_numbers, ZoneInfo(settings.site.timezone))
        began = time.monotonic()
        while await maker.step(int(time.time())):
            if time.monotonic() - began > seconds:
                return True
        return False
    finally:
        await database.close()
