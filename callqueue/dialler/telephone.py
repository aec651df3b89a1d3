"""The dialler's lines in the journal, and its orders to Asterisk."""

import asyncio
from dataclasses import dataclass
from typing import Any

from callqueue.outbound.evidence import Verdict
from callqueue.outbound.model import Attempt, OutboundCall
from foundation.asterisk.ami import AmiLink, AmiRefusedError
from foundation.asterisk.variables import Variable
from foundation.settings import Settings

NOBODY = "NONE"
CONTEXT, EXTENSION = "pasokh-outbound", "answered"
NORMAL_CLEARING = 16
SERVER_SECONDS = 1.0


@dataclass(frozen=True)
class Telephone:
    """Asterisk, as far as calls of our own go.

    Every method raises AmiError when Asterisk is away or refuses; after AmiLostError and AmiTimeoutError it may have
    done what it was told.
    """

    link: AmiLink
    settings: Settings

    async def say_attempt(self, call: OutboundCall, attempt: Attempt) -> None:
        await self._line(call, "CALLBACK_ATTEMPT", attempt.channel_id, call.id, str(attempt.n), call.purpose)

    async def say_result(self, call: OutboundCall, attempt: Attempt, verdict: Verdict) -> None:
        cause = "" if verdict.cause is None else str(verdict.cause)
        await self._line(
            call, "CALLBACK_RESULT", attempt.channel_id, call.id, str(attempt.n), verdict.outcome.value, cause)

    async def say_closed(self, call: OutboundCall) -> None:
        await self._line(call, "CALLBACK_CLOSED", NOBODY, call.id, str(call.result), call.closed_by or "")

    async def dial(self, call: OutboundCall, attempt: Attempt) -> None:
        """Ring the number; who picks up comes to the dialplan's `pasokh-outbound`."""
        values = {
            Variable.CALLER: call.number, Variable.LANGUAGE: call.language, Variable.PURPOSE: call.purpose,
            Variable.PROMISE: call.id, Variable.ATTEMPT: str(attempt.n), Variable.OWED_QUEUE: call.queue or "",
            Variable.OWED_PRIORITY: str(call.priority), Variable.PLACE: str(call.place_ms),
        }
        shown = self.settings.sip.trunk.caller_id or self.settings.site.number
        await self._do(
            "Originate", Channel=f"PJSIP/{call.number}@trunk", Context=CONTEXT, Exten=EXTENSION, Priority=1,
            Timeout=self.settings.outbound.ring_seconds * 1000, Async="true", ChannelId=attempt.channel_id,
            CallerID=f"{shown} <{shown}>", Variable=[f"{name}={value}" for name, value in values.items()],
        )

    async def hang_up(self, channel: str) -> None:
        await self._do("Hangup", Channel=channel, Cause=NORMAL_CLEARING)

    async def speaks(self) -> bool:
        """Whether somebody is there to speak to who picks up: the menus' server takes connections."""
        try:
            async with asyncio.timeout(SERVER_SECONDS):
                _, writer = await asyncio.open_connection("127.0.0.1", self.settings.ports.of("agi"))
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    async def _line(self, call: OutboundCall, event: str, channel_id: str, *data: str) -> None:
        await self._do(
            "QueueLog", Queue=call.queue or NOBODY, Uniqueid=channel_id, Interface=NOBODY, Event=event,
            Message="|".join(data))

    async def _do(self, action: str, **fields: Any) -> None:
        response = await self.link.action(action, **fields)
        if not response.succeeded:
            raise AmiRefusedError(f"{action} {fields.get('ChannelId', fields.get('Channel', ''))}: {response.message}")
