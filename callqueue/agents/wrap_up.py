"""Wrap-up: a pause with a reason of its own after every conversation, and its end in time.

app_queue's `wrapuptime` leaves no line in the journal, so it is only a short guard under this pause. The deadline
stands in the database: a wrap-up outlives this process and Asterisk.
"""

import asyncio
import math
import time
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from callqueue.agents.desk import AgentDesk
from callqueue.agents.plan import interface_of
from callqueue.agents.sessions import Session, begin_wrap_up, end_wrap_up, postpone_wrap_up, read_session
from callqueue.floor.state import WRAP_UP, Agent, Floor
from foundation.asterisk.ami import AmiError, AmiLink
from foundation.database import Database
from foundation.settings import Settings

LOOK_SECONDS = 0.5
"""Deadlines are looked at this often at least: the machine's clock may be set meanwhile."""
AHEAD_SECONDS = 1.0
POSTPONED_SECONDS = 5.0
"""A wrap-up under a conversation is made longer by this, and so much ahead that nobody finds it over meanwhile."""

log = structlog.get_logger()


def ended_calls(before: Floor, after: Floor) -> list[tuple[str, str]]:
    """Agents whose conversation with somebody of the public is over in this step of the floor, and the queue by which
    he came, if any.
    """
    if before.agents is after.agents:
        return []
    return [
        (agent_id, agent.talk.queue) for agent_id, agent in before.agents.items()
        if agent.talk and _call_of(after.agent(agent_id)) != agent.talk.channel_id
    ]


def _call_of(agent: Agent) -> str | None:
    return agent.talk.channel_id if agent.talk else None


class WrapUp:
    """Begins wrap-ups when told, and ends each at its deadline."""

    def __init__(
        self, settings: Settings, database: Database, link: AmiLink, desk: AgentDesk,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings, self._database, self._link, self._desk = settings, database, link, desk
        self._clock = clock
        self._deadlines: dict[str, float] = {}
        self._changed = asyncio.Event()

    def remember(self, session: Session) -> None:
        """A wrap-up from the database: of an earlier process, perhaps."""
        until = session.wrap_up_until
        # What was held is freed by another process: an earlier deadline counts, a wrong one is looked up at its time.
        if until is not None and until < self._deadlines.get(session.agent, math.inf):
            self._deadlines[session.agent] = until
            self._changed.set()

    async def begin(self, agent_id: str, queue: str, agent: Agent) -> None:
        """The agent's conversation is over; `agent` is how the floor shows him now.

        Of one that came by no queue (`queue` is empty) the wrap-up is as long as the default queue's.
        """
        known = self._settings.queues.get(queue or self._settings.default_queue)
        seconds = known.wrap_up_seconds if known else 0
        if not agent.members or agent.reason not in {None, WRAP_UP}:
            return
        if seconds == 0 and not await self._is_held(agent_id):
            return
        async with self._desk.lock(agent_id):
            begun = await self._begin(agent_id, seconds)
        if not begun:
            await self._converge(agent_id)

    async def _begin(self, agent_id: str, seconds: int) -> bool:
        """False if the agent wished something else meanwhile."""
        # Asterisk first: a slow database must not let the next call through.
        await self._tell(agent_id, paused=True)
        now = self._clock()
        try:
            async with self._database.write() as connection:
                begun = await begin_wrap_up(connection, agent_id, now, now + seconds)
        except (SQLAlchemyError, OSError) as error:
            log.warning("wrap_up_unwritten", agent=agent_id, error=str(error))
            begun = True
        if begun:
            self._deadlines[agent_id] = now + seconds
            self._changed.set()
        return begun

    async def _is_held(self, agent_id: str) -> bool:
        """Whether something must be done after this conversation, also where no time is given for it."""
        try:
            async with self._database.read() as connection:
                session = await read_session(connection, agent_id)
        except (SQLAlchemyError, OSError) as error:
            log.warning("wrap_up_unknown", agent=agent_id, error=str(error))
            return False
        return session is not None and (session.wrap_up_until or 0.0) > self._clock()

    async def run(self, floor: Callable[[], Floor]) -> None:
        """End wrap-ups at their deadlines, for ever; `floor` gives the present one.

        An agent who speaks again with the caller whom his page had lost keeps his wrap-up until it begins anew after
        that: app_queue knows nothing of the conversation, and would ring him in its last moment.
        """
        while True:
            self._changed.clear()
            now = self._clock()
            for agent_id, until in [*self._deadlines.items()]:
                agent = floor().agent(agent_id)
                if agent.leg is not None and until <= now + AHEAD_SECONDS:
                    await self._postpone(agent_id, now + POSTPONED_SECONDS)
                elif until <= now:
                    await self._end(agent_id, agent)
            await self._wait()

    async def _postpone(self, agent_id: str, until: float) -> None:
        self._deadlines[agent_id] = until
        try:
            async with self._database.write() as connection:
                await postpone_wrap_up(connection, agent_id, until, self._clock())
        except (SQLAlchemyError, OSError) as error:
            log.warning("wrap_up_not_postponed", agent=agent_id, error=str(error))

    async def _wait(self) -> None:
        nearest = min(self._deadlines.values(), default=None)
        seconds = None if nearest is None else min(max(0.01, nearest - self._clock()), LOOK_SECONDS)
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            pass

    async def _end(self, agent_id: str, agent: Agent) -> None:
        del self._deadlines[agent_id]
        try:
            async with self._database.write() as connection:
                await end_wrap_up(connection, agent_id, self._clock())
        except (SQLAlchemyError, OSError) as error:
            log.warning("wrap_up_end_unwritten", agent=agent_id, error=str(error))
            if agent.reason == WRAP_UP:
                await self._tell(agent_id, paused=False)
        else:
            await self._converge(agent_id)

    async def _tell(self, agent_id: str, *, paused: bool) -> None:
        reason = WRAP_UP if paused else None
        try:
            await self._link.action("QueuePause", Interface=interface_of(agent_id), Paused=paused, Reason=reason)
        except AmiError as error:
            log.warning("wrap_up_later", agent=agent_id, paused=paused, error=str(error))

    async def _converge(self, agent_id: str) -> None:
        try:
            await self._desk.converge(agent_id)
        except (AmiError, SQLAlchemyError, OSError) as error:
            log.warning("wrap_up_later", agent=agent_id, error=str(error))
