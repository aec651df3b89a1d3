"""A call that is settled is told of once: the journal, and by SMS the person whom nobody could reach.

The message goes first and under an id of the call's own, so that saying it twice after a crash sends it once; the
journal's line may stand twice, and the ledger counts one.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from callqueue.outbound.model import CALLBACK, OutboundCall, Result
from callqueue.outbound.upkeep import Upkeep
from foundation.catalogue import Catalogue
from foundation.gateway import Outbox

TOLD_BY_SMS: Final = frozenset({Result.UNREACHABLE, Result.EXPIRED})
"""Others know, or the number is not theirs. Other rooms tell their own people."""
Journal = Callable[[OutboundCall], Awaitable[None]]
"""Writes the CALLBACK_CLOSED line; raises when it could not."""


@dataclass(frozen=True)
class Closings:
    upkeep: Upkeep
    outbox: Outbox
    catalogue: Catalogue
    line_number: str
    """What the public dials."""
    journal: Journal

    async def tell(self) -> int:
        """Tell of every closing that nobody has been told of, in their order; how many.

        Raises:
            Exception: what `journal` raised; those before it have been told.
        """
        calls = await self.upkeep.untold()
        for call in calls:
            if call.purpose == CALLBACK and call.result in TOLD_BY_SMS:
                await self.outbox.send_sms(call.number, self.text(call), f"{call.id}-closed")
            await self.journal(call)
            await self.upkeep.told(call.id)
        return len(calls)

    def text(self, call: OutboundCall) -> str:
        texts = self.catalogue.texts(call.language)
        key = "unreachable" if call.result is Result.UNREACHABLE and call.attempts else "expired"
        values: dict[str, str | int] = {"line": self.line_number}
        if key == "unreachable":
            values["count"] = call.attempts
        return texts(f"outbound.sms.{key}", **values)
