"""Where the wish to mask a conversation's recording is heard: from the agent's desk, and from the command line."""

import time
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from callqueue.agents.refusals import UnknownAgentError
from foundation.asterisk.ami import AmiError, AmiLink
from foundation.database import Database
from foundation.settings import Settings
from foundation.web.audit_log import Act, record
from recordings.masking.masking import AwayError, Mask, Masks, StillMaskedError

log = structlog.get_logger()


class MaskDesk:
    """Every deed is an entry of the audit log; the journal has it first, so a database that is away hinders nobody."""

    def __init__(
        self, settings: Settings, database: Database, link: AmiLink, clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings, self._database, self._clock = settings, database, clock
        self._masks = Masks(link, self._now_us)

    async def mask(self, agent: str, user: str, actor: str, address: str = "") -> Mask:
        """Nothing of this agent's conversation is heard in its recordings from now on.

        Args:
            agent: who speaks with the caller.
            user: whose wish it is.
            actor: how the audit log names him.
            address: whence the wish came.

        Raises:
            UnknownAgentError, MaskRefusalError: the recording hears everything.
        """
        self._check(agent)
        seconds = self._settings.recordings.mask_seconds
        try:
            mask = await self._masks.begin(agent, user, seconds)
        except AmiError as error:
            raise AwayError(reason=str(error)) from error
        await self._note(Act(actor, "recording.masked", mask.call_id, {"agent": agent, "seconds": seconds}, address))
        return mask

    async def unmask(self, agent: str, user: str, actor: str, address: str = "") -> Mask:
        """The recordings hear again; arguments as of `mask`.

        Raises:
            UnknownAgentError, MaskRefusalError: nothing has changed.
        """
        self._check(agent)
        try:
            mask = await self._masks.end(agent, user)
        except AmiError as error:
            raise StillMaskedError(reason=str(error)) from error
        lasted = round((self._now_us() - mask.since_us) / 1_000_000)
        detail: dict[str, Any] = {"agent": agent, "masked_seconds": lasted}
        await self._note(Act(actor, "recording.unmasked", mask.call_id, detail, address))
        return mask

    def _check(self, agent: str) -> None:
        if agent not in self._settings.agents:
            raise UnknownAgentError(agent=agent)

    async def _note(self, act: Act) -> None:
        try:
            async with self._database.write() as connection:
                await record(connection, act, self._now_us() // 1000)
        except (SQLAlchemyError, OSError) as error:
            log.error("a mask is not in the audit log", act=act, error=str(error))  # noqa: TRY400

    def _now_us(self) -> int:
        return round(self._clock() * 1_000_000)
