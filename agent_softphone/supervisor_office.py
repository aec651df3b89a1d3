"""What every desk of the floor stands on: the site, the link to Asterisk, the audit log and the journal."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agent_softphone.supervisor_refusals import NoTelephoneError
from callqueue.agents.desk import AgentDesk
from callqueue.agents.refusals import AsteriskAwayError, UnknownAgentError
from foundation.asterisk.ami import AmiError, AmiLink
from foundation.database import Database
from foundation.settings import Settings
from foundation.web.audit_log import Act, record


@dataclass(frozen=True, slots=True)
class Supervisor:
    """Who wishes something."""

    id: str
    actor: str
    """How the audit log names him."""
    roles: frozenset[str]
    agent: str | None = None
    """His own telephone: an agent of site.yaml."""
    address: str = ""


class Office:
    """`agents`: where agents log in, pause and log out."""

    def __init__(
        self, settings: Settings, database: Database, link: AmiLink, clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings, self.database, self.link, self._clock = settings, database, link, clock
        self.agents = AgentDesk(settings, database, link, clock)

    async def channels(self) -> list[Any]:
        try:
            return list(await self.link.list_action("CoreShowChannels"))
        except AmiError as error:
            raise AsteriskAwayError(reason=str(error)) from error

    async def journal(self, queue: str, channel_id: str, agent: str, event: str, *data: str) -> None:
        await self.action(
            "QueueLog", Queue=queue, Uniqueid=channel_id, Interface=agent, Event=event, Message="|".join(data),
        )

    async def action(self, name: str, **fields: Any) -> Any:
        try:
            return await self.link.action(name, **fields)
        except AmiError as error:
            raise AsteriskAwayError(reason=str(error)) from error

    async def note(self, by: Supervisor, deed: str, subject: str, **detail: Any) -> None:
        async with self.database.write() as connection:
            await record(connection, self.act(by, deed, subject, **detail), self.now_ms())

    def act(self, by: Supervisor, deed: str, subject: str, **detail: Any) -> Act:
        return Act(by.actor, f"floor.{deed}", subject, detail, by.address)

    def telephone(self, by: Supervisor) -> str:
        if by.agent is None or by.agent not in self.settings.agents:
            raise NoTelephoneError(user=by.id)
        return by.agent

    def check_agent(self, agent: str) -> None:
        if agent not in self.settings.agents:
            raise UnknownAgentError(agent=agent)

    def now_ms(self) -> int:
        return round(self._clock() * 1000)
