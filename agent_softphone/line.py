"""What the phones in browsers ask of Asterisk: passwords, calls out, and callers back from a page that is gone."""

import secrets
from collections.abc import Callable
from typing import Final

import structlog

from agent_softphone.channels import Channel, Orphans, channels_of, orphans_of
from agent_softphone.credentials import PhonePasswords
from foundation.asterisk.ami import AmiError, AmiLink
from foundation.asterisk.variables import Variable

TICKETS: Final = "pasokh/dial"
TICKET_PREFIX: Final = "7770"
"""What a ticket is dialled with; `asterisk-config/pasokh/extensions.conf` has the pattern."""
TICKET_DIGITS: Final = 16
TICKET_SECONDS: Final = 60.0
RETURN: Final = "pasokh-return"
RECEIVED: Final = "CHANNEL(rtcp,rxcount)"
"""Packets of sound from a channel's telephone."""

log = structlog.get_logger()


class PhoneLine:
    """Asterisk, as the phones need it."""

    def __init__(self, link: AmiLink, clock: Callable[[], float]) -> None:
        self._link, self._clock = link, clock
        self.passwords = PhonePasswords(link)
        self._tickets: dict[str, float] = {}

    async def ticket(self, number: str) -> str:
        """What a phone dials, once and soon, to be connected with `number`.

        Raises:
            AmiError: Asterisk is away.
        """
        token = f"{secrets.randbelow(10**TICKET_DIGITS):0{TICKET_DIGITS}}"
        answer = await self._link.action("DBPut", Family=TICKETS, Key=token, Val=number)
        if not answer.succeeded:
            raise AmiError(f"DBPut {TICKETS}: {answer.message}")
        self._tickets[token] = self._clock() + TICKET_SECONDS
        return TICKET_PREFIX + token

    async def forget_tickets(self) -> None:
        """Those that nobody has used in time."""
        for token in [token for token, until in self._tickets.items() if until < self._clock()]:
            await self._link.action("DBDel", Family=TICKETS, Key=token)
            del self._tickets[token]

    async def has_calls(self, agent: str) -> bool:
        """Whether Asterisk has a channel of the agent's.

        Raises:
            AmiError: Asterisk is away.
        """
        return bool(channels_of(agent, await self._channels()))

    async def packets_heard(self, agent: str) -> int:
        """Packets of sound that Asterisk has received so far on the agent's channels.

        Raises:
            AmiError: Asterisk is away.
        """
        found = [
            await self._link.action("Getvar", Channel=channel.name, Variable=RECEIVED)
            for channel in channels_of(agent, await self._channels())
        ]
        return sum(answer.number("Value") for answer in found)

    async def return_callers(self, agent: str) -> Orphans:
        """The agent's page is gone: his callers hear music and are offered to him first, then to the head of the queue.

        Raises:
            AmiError: Asterisk is away.
        """
        left = orphans_of(agent, await self._channels())
        for caller in left.callers:
            await self._link.action("Setvar", Channel=caller, Variable=Variable.NUMBER.value, Value=agent)
            await self._link.action("Redirect", Channel=caller, Context=RETURN, Exten="caller", Priority="1")
        for leg in left.legs:
            await self._link.action("Hangup", Channel=leg)
        if left.legs:
            log.warning("phone_page_gone", agent=agent, callers=len(left.callers), legs=len(left.legs))
        return left

    async def _channels(self) -> list[Channel]:
        events = await self._link.list_action("CoreShowChannels")
        return [Channel(event.get("Channel"), event.get("BridgeId")) for event in events]
