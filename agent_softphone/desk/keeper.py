"""Whoever has not said what became of his call stays in wrap-up until he has."""

import asyncio
from collections.abc import Callable, Collection
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from agent_softphone.desk.book import DeskBook
from agent_softphone.desk.calls import unsettled
from agent_softphone.desk.exchange import Exchange
from agent_softphone.desk.refusals import DeskFilesWrongError
from callqueue.agents.desk import AsteriskAwayError
from callqueue.floor.bus import AGENTS
from callqueue.floor.state import WRAP_UP
from foundation.bus import Picture
from foundation.web.live import Pictures
from foundation.web.site import Web

HELD_HOURS: Final = 12
RECENT_MS: Final = HELD_HOURS * 3_600_000
LOOK_SECONDS: Final = 5.0

log = structlog.get_logger()


def wrapping_up(pictures: Pictures) -> frozenset[str]:
    """Agents in wrap-up now."""
    return frozenset(
        topic.removeprefix(AGENTS) for topic, picture in pictures.items()
        if topic.startswith(AGENTS) and _is_wrapping_up(picture)
    )


def _is_wrapping_up(picture: Picture) -> bool:
    return picture.get("state") == WRAP_UP


class Keeper:
    """Looks at every picture of the floor."""

    def __init__(self, exchange: Exchange, book: Callable[[], DeskBook]) -> None:
        self._exchange, self._book = exchange, book
        self._held: frozenset[str] = frozenset()

    async def run(self, web: Web) -> None:
        """Until the pages are closed."""
        while not web.live.closing.is_set():
            version = web.live.version
            try:
                await self.look(web, wrapping_up(web.live.pictures))
            except DeskFilesWrongError as error:
                log.warning("wrap_ups_not_held", error=type(error).__name__, faults=str(error.__cause__))
            except (SQLAlchemyError, OSError, AsteriskAwayError) as error:
                log.warning("wrap_ups_not_held", error=type(error).__name__)
            await web.live.next_version(version, LOOK_SECONDS)
        await asyncio.Event().wait()  # whoever closed them ends this task, too

    async def look(self, web: Web, agents: Collection[str]) -> None:
        """Hold those who have just begun their wrap-up without a result."""
        self._held &= frozenset(agents)
        fresh = frozenset(agents) - self._held
        if fresh:
            self._held |= await self._hold(web, fresh)

    async def _hold(self, web: Web, agents: frozenset[str]) -> frozenset[str]:
        """Of these agents, those who need not be looked at again in this wrap-up."""
        async with web.database.read() as connection:
            found = await unsettled(connection, agents, web.clock() - RECENT_MS)
        book = self._book()
        owing = [agent for agent, call in found.items() if book.rule(call.queue).required]
        # Asterisk pauses first and the wrap-up is written a moment later: who has none yet is looked at again.
        until = web.clock() / 1000 + HELD_HOURS * 3600
        early = [agent for agent in owing if not await self._exchange.agents.hold_wrap_up(agent, until)]
        return agents - frozenset(early)
