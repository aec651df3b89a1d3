"""Keeps what is masked: every recording that begins meanwhile is muted too, and each mask ends in time.

What Asterisk says decides, asked anew at each connection, so nothing is lost with a service or a link.
"""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from foundation.asterisk.ami import AmiLink
from foundation.asterisk.ami_connection import AmiError
from foundation.asterisk.ami_protocol import Event
from recordings.masking.masking import (
    CHANGED,
    SECOND_US,
    Lifted,
    Mask,
    MaskedCall,
    Masks,
    callers_of,
    now_us,
    read_mask,
)

LOOK_SECONDS = 5.0
"""How often all channels are asked while something is masked."""
SOON_SECONDS = 1.0
"""Whoever is together with nobody for so long speaks no more: a transfer takes less."""

log = structlog.get_logger()


class MaskKeeper:
    """`run` for ever beside the link."""

    def __init__(self, link: AmiLink, clock_us: Callable[[], int] = now_us) -> None:
        self._masks, self._clock = Masks(link, clock_us), clock_us
        self._known: dict[str, Mask] = {}
        """Caller's channel to his mask."""
        self._alone: dict[str, int] = {}
        """Caller's channel to since when he is together with nobody."""
        self._stir = asyncio.Event()
        link.on_connected(self._stir.set)
        link.on_event(self.on_changed, "UserEvent")
        link.on_event(self.on_channel, "Hangup", "AttendedTransfer")

    def on_changed(self, event: Event) -> None:
        if event.get("UserEvent") != CHANGED:
            return
        channel_id = event.get("Caller")
        mask = read_mask(event.get("Mask"), event.get("Call"), channel_id)
        if mask is None:
            self._known.pop(channel_id, None)
        elif channel_id not in self._known:
            self._known[channel_id] = mask
            self._stir.set()

    def on_channel(self, event: Event) -> None:
        calls = {mask.call_id for mask in self._known.values()}
        if calls & {event.get("Linkedid"), event.get("TransfereeLinkedid")}:
            self._stir.set()

    async def run(self) -> None:
        while True:
            await self._wait()
            self._stir.clear()
            try:
                await self.look()
            except AmiError as error:
                log.warning("masks wait", masks=len(self._known), error=str(error))
                await asyncio.sleep(SOON_SECONDS)

    async def look(self) -> None:
        """Ask Asterisk, and bring it to what ought to be.

        Raises:
            AmiError: it cannot be asked; the next look does all of it.
        """
        calls = {call.channel_id: call for call in callers_of(await self._masks.channels())}
        for channel_id in [one for one in self._known if one not in calls]:
            await self._lift(self._known[channel_id], (), Lifted.OVER)
        for call in calls.values():
            if call.mask is not None:
                await self._keep(call, call.mask)
            elif (lifted := self._known.get(call.channel_id)) is not None:
                self._forget(call.channel_id)
                await self._masks.tell(lifted, lifted=True)

    async def _keep(self, call: MaskedCall, mask: Mask) -> None:
        now = self._clock()
        alone_since = None if call.telephones else self._alone.setdefault(call.channel_id, now)
        if mask.channel_id not in self._known:
            await self._masks.write_begin(mask)  # whoever began it may have got no further than the variable
            self._known[mask.channel_id] = mask
        if alone_since is not None and now - alone_since >= SOON_SECONDS * SECOND_US:
            await self._lift(mask, call.voices, Lifted.OVER)
        elif now >= mask.until_us:
            await self._lift(mask, call.voices, Lifted.LIMIT)
        elif await self._masks.keep(mask, call.voices):
            await self._masks.tell(mask)  # for a floor that began anew, and for whom he was passed on to
        if alone_since is None:
            self._alone.pop(call.channel_id, None)

    async def _lift(self, mask: Mask, voices: Sequence[str], why: Lifted) -> None:
        await self._masks.lift(mask, voices, why, why.value)
        self._forget(mask.channel_id)
        log.info("recording goes on", call_id=mask.call_id, agent=mask.agent, why=why.value)

    def _forget(self, channel_id: str) -> None:
        self._known.pop(channel_id, None)
        self._alone.pop(channel_id, None)

    async def _wait(self) -> None:
        """Until something happens, or something is due."""
        try:
            async with asyncio.timeout(self._seconds()):
                await self._stir.wait()
        except TimeoutError:
            pass

    def _seconds(self) -> float | None:
        if not self._known:
            return None
        first = min(mask.until_us for mask in self._known.values())
        due = max(0.0, (first - self._clock()) / SECOND_US)
        return min(due, SOON_SECONDS if self._alone else LOOK_SECONDS)
