"""Where somebody whose place was kept enters his queue: asked of Asterisk itself at that moment."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from callqueue.callbacks.plan import position
from callqueue.live import ami_link
from callqueue.queues.on_hold import read_on_hold
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
    return await position_in(owed.queue, owed.place_ms, owed.priority, resources) or HEAD


async def position_in(queue: str, place_ms: int, priority: int, resources: Resources) -> int | None:
    """At which position (from 1) he enters who keeps this place; None: Asterisk does not say who waits."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            link = await resources.get(queue_link)
            await link.connected()
            waiting = await read_on_hold(link, round(time.time() * 1000))
    except (AmiError, TimeoutError) as error:
        log.warning("who waits is unknown", queue=queue, error=str(error) or "no answer")
        return None
    return position(place_ms, priority, [caller for caller in waiting if caller.queue == queue])
