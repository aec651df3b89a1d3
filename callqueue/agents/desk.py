"""Agents log in and out, pause and come back: rules as guards, then one action.

What an agent shall be stands in the database; Asterisk is then brought to it, and once more if it changed meanwhile.
So the command line, the desk and the keeper may act at the same time, and the last word counts.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import structlog

from callqueue.agents.plan import Add, Pause, Remove, SetPenalty, Step, Unpause, interface_of, plan
from callqueue.agents.refusals import (
    AgentRefusalError,
    AlreadyLoggedInError,
    AsteriskAwayError,
    NotLoggedInError,
    UnknownAgentError,
    UnknownPauseReasonError,
    UnknownQueueError,
    WrapUpIsOursError,
)
from callqueue.agents.sessions import (
    Session,
    begin_session,
    end_session,
    hold_wrap_up,
    pause_session,
    read_session,
    unpause_session,
)
from callqueue.floor.events import member_of
from callqueue.floor.state import ABSENT, WRAP_UP, Member
from foundation.asterisk.ami import AmiAwayError, AmiError, AmiLink, Response
from foundation.database import Database
from foundation.settings import Settings

ALREADY = ("Already there", "Not there", "Interface not found")
"""Asterisk's refusals that mean: it is so already."""
ROUNDS = 5

log = structlog.get_logger()


class Warned(StrEnum):
    """Done, but."""

    PHONE_NOT_REGISTERED = "phone-not-registered"
    ASTERISK_LATER = "asterisk-later"
    """Asterisk went away meanwhile: the keeper carries it out when Asterisk is back."""


@dataclass(frozen=True, slots=True)
class Done:
    agent: str
    warnings: tuple[Warned, ...] = ()


class AgentDesk:
    """Where agents' wishes are heard."""

    def __init__(
        self, settings: Settings, database: Database, link: AmiLink, clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings, self._database, self._link, self._clock = settings, database, link, clock
        self._locks: dict[str, asyncio.Lock] = {}

    def lock(self, agent_id: str) -> asyncio.Lock:
        """Held by whoever in this process is bringing this agent to what the database says."""
        return self._locks.setdefault(agent_id, asyncio.Lock())

    async def log_in(self, agent_id: str) -> Done:
        """Into all of the agent's queues.

        Raises:
            UnknownAgentError, AlreadyLoggedInError, AsteriskAwayError: nothing has changed.
        """
        self._check_known(agent_id)
        self._check_asterisk()
        async with self._database.write() as connection:
            if not await begin_session(connection, agent_id, self._clock()):
                raise AlreadyLoggedInError(agent=agent_id)
        try:
            await self.write_journal(agent_id, "AGENT_LOGIN", interface_of(agent_id))
        except AmiAwayError as error:
            async with self._database.write() as connection:
                await end_session(connection, agent_id, self._clock())
            raise AsteriskAwayError(reason=str(error)) from error
        except AmiError:
            log.warning("login_line_uncertain", agent=agent_id, exc_info=True)
        return await self._carry_out(agent_id)

    async def log_out(self, agent_id: str, by: str) -> Done:
        """Out of all queues; `by` goes into the journal. A conversation goes on to its end.

        Raises:
            UnknownAgentError, NotLoggedInError, AsteriskAwayError: nothing has changed.
        """
        self._check_known(agent_id)
        self._check_asterisk()
        async with self._database.write() as connection:
            if not await end_session(connection, agent_id, self._clock()):
                raise NotLoggedInError(agent=agent_id)
        done = await self._carry_out(agent_id)
        try:
            await self.write_journal(agent_id, "AGENT_LOGOUT", by)
        except AmiError:
            return Done(agent_id, (Warned.ASTERISK_LATER,))
        return done

    async def pause(self, agent_id: str, reason: str) -> Done:
        """Take no calls, for one of the site's reasons; another reason takes the place of the present one.

        Raises:
            UnknownAgentError, UnknownPauseReasonError, WrapUpIsOursError, NotLoggedInError, AsteriskAwayError: nothing
                has changed.
        """
        self._check_known(agent_id)
        self._check_reason(reason)
        self._check_asterisk()
        async with self._database.write() as connection:
            self._check_logged_in(await read_session(connection, agent_id), agent_id)
            await pause_session(connection, agent_id, reason, self._clock())
        return await self._carry_out(agent_id)

    async def unpause(self, agent_id: str) -> Done:
        """Take calls again, also before a wrap-up is over.

        Raises:
            UnknownAgentError, NotLoggedInError, AsteriskAwayError: nothing has changed.
        """
        self._check_known(agent_id)
        self._check_asterisk()
        async with self._database.write() as connection:
            self._check_logged_in(await read_session(connection, agent_id), agent_id)
            await unpause_session(connection, agent_id, self._clock())
        return await self._carry_out(agent_id)

    async def hold_wrap_up(self, agent_id: str, until: float) -> bool:
        """Let the agent's wrap-up last until then (epoch seconds); False: he has none, or one that lasts so long."""
        async with self._database.write() as connection:
            return await hold_wrap_up(connection, agent_id, until, self._clock())

    async def free_wrap_up(self, agent_id: str, seconds: float) -> None:
        """What held the wrap-up is done: it lasts as long as it began with, `seconds` from its beginning, or ends now.

        Raises:
            AsteriskAwayError: its time is over, and it goes on.
        """
        async with self._database.read() as connection:
            session = await read_session(connection, agent_id)
        if session is None or session.pause_reason != WRAP_UP or session.paused is None:
            return
        if session.paused + seconds > self._clock():
            await self.hold_wrap_up(agent_id, session.paused + seconds)
        else:
            await self.unpause(agent_id)

    async def converge(self, agent_id: str) -> list[Step]:
        """Bring Asterisk to what the agent shall be, until it is so; the steps that were needed.

        Raises:
            AmiError: Asterisk is away, or does not do as told.
        """
        async with self.lock(agent_id):
            return await self._converge(agent_id)

    async def _converge(self, agent_id: str) -> list[Step]:
        taken: list[Step] = []
        for _ in range(ROUNDS):
            steps = plan(
                await self._session(agent_id), self._settings.agents.get(agent_id), await self.members(agent_id),
                self._clock(),
            )
            if not steps:
                return taken
            for step in steps:
                await self._take(agent_id, step)
            taken += steps
        raise AmiError(f"agent {agent_id}: still different after {ROUNDS} rounds: {steps}")

    async def find_telephone(self, agent_id: str) -> None:
        """Have Asterisk ask now whether the agent's telephone is there.

        After a restart it asks within half a minute, and rings nobody whom it has not asked.

        Raises:
            AmiError: Asterisk is away.
        """
        await self._link.action("PJSIPQualify", Endpoint=agent_id)

    async def members(self, agent_id: str) -> dict[str, Member]:
        """The agent's memberships in the site's queues, as app_queue has them now."""
        events = await self._link.list_action("QueueStatus", Member=interface_of(agent_id))
        return {
            event.get("Queue"): member_of(event) for event in events
            if event.name == "QueueMember" and event.get("Queue") in self._settings.queues
        }

    async def write_journal(self, agent_id: str, event: str, message: str) -> None:
        """A line about an agent in Asterisk's queue_log."""
        await self._do("QueueLog", Queue="NONE", Uniqueid="NONE", Interface=agent_id, Event=event, Message=message)

    async def _carry_out(self, agent_id: str) -> Done:
        try:
            await self.converge(agent_id)
            members = await self.members(agent_id)
        except AmiError as error:
            log.warning("agent_later", agent=agent_id, error=str(error))
            return Done(agent_id, (Warned.ASTERISK_LATER,))
        absent = bool(members) and all(member.device in ABSENT for member in members.values())
        return Done(agent_id, (Warned.PHONE_NOT_REGISTERED,) if absent else ())

    async def _take(self, agent_id: str, step: Step) -> None:
        interface = interface_of(agent_id)
        match step:
            case Add(queue, penalty, paused):
                await self._do(
                    "QueueAdd", Queue=queue, Interface=interface, MemberName=agent_id, StateInterface=interface,
                    Penalty=penalty, Paused=paused,
                )
            case Remove(queue):
                await self._do("QueueRemove", Queue=queue, Interface=interface)
            case Pause(reason):
                await self._do("QueuePause", Interface=interface, Paused=True, Reason=reason)
            case Unpause():
                await self._do("QueuePause", Interface=interface, Paused=False)
            case SetPenalty(queue, penalty):
                await self._do("QueuePenalty", Queue=queue, Interface=interface, Penalty=penalty)

    async def _do(self, action: str, **fields: Any) -> None:
        response: Response = await self._link.action(action, **fields)
        if not response.succeeded and not response.message.endswith(ALREADY):
            raise AmiError(f"{action} {fields}: {response.message}")

    async def _session(self, agent_id: str) -> Session | None:
        async with self._database.read() as connection:
            return await read_session(connection, agent_id)

    def _check_known(self, agent_id: str) -> None:
        if agent_id not in self._settings.agents:
            raise UnknownAgentError(agent=agent_id)

    def _check_reason(self, reason: str) -> None:
        if reason == WRAP_UP:
            raise WrapUpIsOursError(reason=reason)
        if reason not in self._settings.pause_reasons:
            raise UnknownPauseReasonError(reason=reason, reasons=", ".join(self._settings.pause_reasons))

    def _check_logged_in(self, session: Session | None, agent_id: str) -> None:
        if session is None:
            raise NotLoggedInError(agent=agent_id)

    def _check_asterisk(self) -> None:
        if not self._link.is_up:
            raise AsteriskAwayError(reason=str(self._link.last_error or self._link.where))


__all__ = [
    "AgentDesk", "AgentRefusalError", "AlreadyLoggedInError", "AsteriskAwayError", "Done", "NotLoggedInError",
    "UnknownAgentError", "UnknownPauseReasonError", "UnknownQueueError", "Warned", "WrapUpIsOursError",
]
