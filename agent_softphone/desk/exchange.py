"""The desk's link to Asterisk: it changes agents' states, asks a caller's channel, rings an agent's telephone."""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from agent_softphone.desk.refusals import PhoneNotCalledError
from agent_softphone.line import PhoneLine
from agent_softphone.mask_desk import MaskDesk
from callqueue.agents.desk import AgentDesk, AsteriskAwayError
from callqueue.callbacks.desk import CallbackDesk
from callqueue.callbacks.office import PromiseOffice, journal_by
from callqueue.live import ami_link
from foundation.asterisk.ami import AmiAwayError, AmiError, AmiLink
from foundation.asterisk.variables import Variable
from foundation.settings import load_secrets
from foundation.web.site import Web

AGENTS: Final = "pasokh-agents"
"""The context in which agents' telephones dial."""
RING_SECONDS: Final = 30
ASKED: Final = (Variable.CALLER, Variable.NUMBER, Variable.LANGUAGE, Variable.IDENTITY, Variable.PROMISE)
_TELEPHONE = re.compile(r"\+?[0-9]{3,15}")


@dataclass(frozen=True, slots=True)
class Caller:
    """What the caller's own channel says of him."""

    number: str | None = None
    language: str | None = None
    proved: bool = False
    promise: str | None = None


class Exchange:
    """`run` beside the pages; the rest is asked by them."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._link: AmiLink | None = None
        self._agents: AgentDesk | None = None
        self._line: PhoneLine | None = None

    async def run(self, web: Web) -> None:
        """Hold the link for ever."""
        async with ami_link(web.home, web.settings) as link:
            self.join(link, AgentDesk(web.settings, web.database, link, self._clock))
            await asyncio.Event().wait()

    def join(self, link: AmiLink, agents: AgentDesk) -> None:
        """Use this link from now on."""
        self._link, self._agents, self._line = link, agents, PhoneLine(link, self._clock)

    @property
    def agents(self) -> AgentDesk:
        """Where agents' wishes are heard.

        Raises:
            AsteriskAwayError: the service is only starting.
        """
        if self._agents is None:
            raise AsteriskAwayError(reason="the desk is only starting")
        return self._agents

    @property
    def is_up(self) -> bool:
        return self._link is not None and self._link.is_up

    async def caller(self, call_id: str) -> Caller:
        """What the channel with which the call began says; nothing of it once it has ended or Asterisk is away."""
        values = {variable: await self._variable(call_id, variable) for variable in ASKED}
        return caller_of(values)

    async def dial(self, agent: str, number: str) -> None:
        """Ring the agent's own telephone, and connect him with `number` when he picks up.

        Raises:
            AsteriskAwayError, PhoneNotCalledError
        """
        if self._link is None or self._line is None:
            raise AsteriskAwayError(reason="the desk is only starting")
        try:
            ticket = await self._line.ticket(number)
            answer = await self._link.action(
                "Originate", Channel=f"PJSIP/{agent}", Context=AGENTS, Exten=ticket, Priority=1, Async="true",
                Timeout=RING_SECONDS * 1000, CallerID=f"<{number}>",
            )
        except AmiAwayError as error:
            raise AsteriskAwayError(reason=str(error)) from error
        except AmiError as error:
            raise PhoneNotCalledError(reason=str(error)) from error
        if not answer.succeeded:
            raise PhoneNotCalledError(reason=answer.message)

    def masks(self, web: Web) -> MaskDesk:
        """Where recordings are masked.

        Raises:
            AsteriskAwayError: the service is only starting.
        """
        if self._link is None:
            raise AsteriskAwayError(reason="the desk is only starting")
        return MaskDesk(web.settings, web.database, self._link, self._clock)

    def promises(self, web: Web) -> PromiseOffice:
        """Where calls are promised.

        Raises:
            AsteriskAwayError: the service is only starting.
        """
        if self._link is None:
            raise AsteriskAwayError(reason="the desk is only starting")
        key = load_secrets(web.home, web.settings).tracking_key
        desk = CallbackDesk(web.database, web.settings, now_ms=web.clock)
        return PromiseOffice(desk, journal_by(self._link), key, web.clock)

    async def _variable(self, channel: str, variable: Variable) -> str:
        if self._link is None or not self._link.is_up:
            return ""
        try:
            answer = await self._link.action("Getvar", Channel=channel, Variable=variable.value)
        except AmiError:
            return ""
        return str(answer.get("Value")) if answer.succeeded else ""


def caller_of(values: Mapping[Variable, str]) -> Caller:
    """From the channel's variables; empty ones say nothing. Of an agent's own call out, whom he has called."""
    called = values.get(Variable.NUMBER, "")
    number = values.get(Variable.CALLER) or (called if _TELEPHONE.fullmatch(called) else None)
    return Caller(
        number, values.get(Variable.LANGUAGE) or None, values.get(Variable.IDENTITY) == "proved",
        values.get(Variable.PROMISE) or None,
    )
