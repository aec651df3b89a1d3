"""Where supervisors' wishes are heard: rules as guards, then one action, always with a trace.

Every deed stands in the audit log with who did it; what concerns a call or an agent's time stands in the journal too.
Joining a conversation is written into the audit log before the telephone rings, and into the journal by Asterisk itself
before anything is heard.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from agent_softphone import supervisor_messages as messages
from agent_softphone.supervisor_office import Office, Supervisor
from agent_softphone.supervisor_refusals import (
    EmptyMessageError,
    NotPermittedModeError,
    NotRungError,
    NotTalkingError,
    OwnTelephoneError,
    TelephoneAwayError,
)
from agent_softphone.supervisor_spy import Conversation, Mode, conversation_of, originate_fields, permitted
from callqueue.agents.desk import Done
from callqueue.agents.refusals import AsteriskAwayError
from callqueue.queues.desk import Moved, QueueDesk
from foundation.asterisk.ami import AmiAwayError, AmiError, AmiLink
from foundation.asterisk.variables import Variable
from foundation.database import Database
from foundation.settings import Settings
from foundation.web.audit_log import record

FREE: Final = "NOT_INUSE"


class SupervisorDesk(Office):
    """One service for the pages and for the command line."""

    def __init__(
        self, settings: Settings, database: Database, link: AmiLink, clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(settings, database, link, clock)
        self.queues = QueueDesk(link)

    async def join(self, agent: str, mode: Mode, by: Supervisor) -> Conversation:
        """Ring the supervisor's telephone; when he picks it up he listens, whispers or joins in.

        Raises:
            UnknownAgentError, NotPermittedModeError, NoTelephoneError, OwnTelephoneError, NotTalkingError,
            AsteriskAwayError: nothing has happened.
            NotRungError: Asterisk refused.
        """
        self.check_agent(agent)
        if not permitted(self.settings.supervision, mode, by.roles):
            raise NotPermittedModeError(mode=mode.value)
        telephone = self.telephone(by)
        if telephone == agent:
            raise OwnTelephoneError(agent=agent)
        spied = conversation_of(agent, await self.channels())
        if spied is None:
            raise NotTalkingError(agent=agent)
        announced = self.settings.supervision.announced
        fields = originate_fields(telephone, spied, mode, by.id, announced=announced)
        await self.note(by, mode.value, agent, call=spied.call_id, announced=announced)
        await self._ring(fields)
        return spied

    async def pause(self, agent: str, reason: str, by: Supervisor) -> Done:
        """As `AgentDesk.pause`, by another than the agent; raises the same."""
        done = await self.agents.pause(agent, reason)
        await self._forced(by, agent, "pause", reason)
        return done

    async def unpause(self, agent: str, by: Supervisor) -> Done:
        """As `AgentDesk.unpause`; raises the same."""
        done = await self.agents.unpause(agent)
        await self._forced(by, agent, "unpause")
        return done

    async def log_out(self, agent: str, by: Supervisor) -> Done:
        """As `AgentDesk.log_out`; raises the same."""
        done = await self.agents.log_out(agent, by.id)
        await self._forced(by, agent, "log-out")
        return done

    async def pick_up(self, call: str, by: Supervisor) -> Moved:
        """Take a waiting caller to the supervisor's own telephone.

        In the ledger his stay ends as withdrawn; the conversation is the supervisor's. If he does not pick up, the
        caller is back at the head of his queue.

        Raises:
            NoTelephoneError, TelephoneAwayError, NotWaitingError, AsteriskAwayError: nothing has changed.
            NotDoneError: Asterisk did not do as told.
        """
        telephone = self.telephone(by)
        await self._check_free(telephone)
        place = await self.queues.find(call)
        await self.action("Setvar", Channel=place.channel, Variable=Variable.PICKUP.value, Value=telephone)
        await self.journal(place.queue, place.channel_id, telephone, "PICKED_UP", by.id)
        await self.note(by, "pick-up", place.call_id, queue=place.queue)
        return await self.queues.withdraw(place.channel_id, by.id)

    async def move(self, call: str, position: int, by: Supervisor) -> Moved:
        """As `QueueDesk.move`; raises the same."""
        moved = await self.queues.move(call, position, by.id)
        await self.note(by, "move", moved.before.call_id, queue=moved.before.queue, position=position)
        return moved

    async def raise_priority(self, call: str, priority: int, by: Supervisor) -> Moved:
        """As `QueueDesk.raise_priority`; raises the same."""
        moved = await self.queues.raise_priority(call, priority, by.id)
        await self.note(by, "raise", moved.before.call_id, queue=moved.before.queue, priority=priority)
        return moved

    async def withdraw(self, call: str, by: Supervisor) -> Moved:
        """As `QueueDesk.withdraw`; raises the same."""
        moved = await self.queues.withdraw(call, by.id)
        await self.note(by, "withdraw", moved.before.call_id, queue=moved.before.queue)
        return moved

    async def tell(self, agent: str, text: str, by: Supervisor) -> messages.Message:
        """Lay a message on an agent's desk, until he has read it.

        Raises:
            UnknownAgentError, EmptyMessageError: nothing has changed.
        """
        self.check_agent(agent)
        said = text.strip()[:messages.LONGEST]
        if not said:
            raise EmptyMessageError
        async with self.database.write() as connection:
            sent = await messages.send(connection, agent, by.id, said, self.now_ms())
            await record(connection, self.act(by, "message", agent, message=sent.id), self.now_ms())
        return sent

    async def _forced(self, by: Supervisor, agent: str, deed: str, reason: str = "") -> None:
        await self.journal("NONE", "NONE", agent, "FORCED", by.id, deed, reason)
        await self.note(by, deed, agent, **({"reason": reason} if reason else {}))

    async def _check_free(self, telephone: str) -> None:
        answer = await self.action("Getvar", Variable=f"DEVICE_STATE(PJSIP/{telephone})")
        if answer.get("Value") != FREE:
            raise TelephoneAwayError(agent=telephone)

    async def _ring(self, fields: Mapping[str, Any]) -> None:
        try:
            answer = await self.link.action("Originate", **fields)
        except AmiAwayError as error:
            raise AsteriskAwayError(reason=str(error)) from error
        except AmiError as error:
            raise NotRungError(reason=str(error)) from error
        if not answer.succeeded:
            raise NotRungError(reason=answer.message)
