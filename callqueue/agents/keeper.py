"""The keeper brings agents back as they were, and puts right what differs from what they shall be.

After a restart Asterisk knows no agents (`persistentmembers=no`): they are added again here, paused as they were, with
a line in the journal. Whoever should not be in a queue is taken out.
"""

import time
from collections.abc import Callable, Mapping

import structlog
from sqlalchemy.exc import SQLAlchemyError

from callqueue.agents.desk import AgentDesk
from callqueue.agents.plan import Add, Remove, interface_of, plan
from callqueue.agents.sessions import Session, read_sessions
from callqueue.floor.state import Agent, Floor, Member
from foundation.asterisk.ami import AmiError
from foundation.database import Database
from foundation.settings import Settings

FRESH_SECONDS = 3.0
"""A wish younger than this is still being carried out by whoever heard it."""

log = structlog.get_logger()


class Keeper:
    """Compares the floor with the sessions; acts where they differ."""

    def __init__(
        self, settings: Settings, database: Database, desk: AgentDesk, clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings, self._database, self._desk, self._clock = settings, database, desk, clock
        self._sessions: Mapping[str, Session] = {}

    async def sessions(self) -> Mapping[str, Session]:
        """Who shall be logged in; the last known while the database is away."""
        try:
            async with self._database.read() as connection:
                self._sessions = await read_sessions(connection)
        except (SQLAlchemyError, OSError) as error:
            log.warning("sessions_unread", error=str(error))
        return self._sessions

    async def put_right(self, floor: Floor) -> None:
        """One round over all agents; what fails is tried again in the next round."""
        sessions = await self.sessions()
        for agent_id in sorted({*sessions, *floor.agents}):
            session, agent = sessions.get(agent_id), floor.agent(agent_id)
            fresh = session and self._clock() - session.changed < FRESH_SECONDS
            if not fresh and self._differs(agent_id, session, agent):
                await self._restore(agent_id, agent)

    def _differs(self, agent_id: str, session: Session | None, agent: Agent) -> bool:
        known = self._settings.agents.get(agent_id)
        return bool(plan(session, known, self._ours(agent), self._clock()))

    def _ours(self, agent: Agent) -> dict[str, Member]:
        return {queue: member for queue, member in agent.members.items() if queue in self._settings.queues}

    async def _restore(self, agent_id: str, agent: Agent) -> None:
        try:
            steps = await self._desk.converge(agent_id)
            if any(isinstance(step, Add) for step in steps):
                await self._desk.find_telephone(agent_id)
                await self._desk.write_journal(agent_id, "AGENT_RESTORED", interface_of(agent_id))
            elif any(isinstance(step, Remove) for step in steps):
                await self._desk.write_journal(agent_id, "AGENT_LOGOUT", "keeper")
        except (AmiError, SQLAlchemyError, OSError) as error:
            log.warning("agent_not_restored", agent=agent_id, state=agent.state, error=str(error))
        else:
            if steps:
                log.info("agent_put_right", agent=agent_id, steps=[repr(step) for step in steps])
