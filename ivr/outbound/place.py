"""Where somebody who was called back enters his queue: asked of Asterisk at the moment when he says that it is he."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from callqueue.callback_plan import position
from callqueue.live import ami_link
from callqueue.on_hold import read_on_hold
from foundation.asterisk.ami import AmiError, AmiLink
from ivr.actions.context import Resources
from ivr.outbound import Owed

PATIENCE_SECONDS = 1.5
"""For connecting (the first time) and asking; he waits in silence meanwhile."""
HEAD = 1

log = structlog.get_logger()


@asynccontextmanager
async def queue_link(resources: Resources) -> AsyncIterator[AmiLink]:
    """One for all calls."""
    async with ami_link(resources.home, resources.settings) as link:
        yield link


async def entry_position(owed: Owed, resources: Resources) -> int:
    """From 1. If Asterisk does not say who waits, the head: it was his turn when he was dialled."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            link = await resources.get(queue_link)
            await link.connected()
            waiting = await read_on_hold(link, round(time.time() * 1000))
    except (AmiError, TimeoutError) as error:
        log.warning("who waits is unknown; he enters at the head", error=str(error) or "no answer", outbound=owed.id)
        return HEAD
    return position(owed.place_ms, owed.priority, [caller for caller in waiting if caller.queue == owed.queue])
