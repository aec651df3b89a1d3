"""A disk that fills up costs recordings first, never calls."""

import asyncio
import shutil

import structlog

from foundation.asterisk.ami import AmiLink
from foundation.asterisk.ami_connection import AmiError
from foundation.asterisk.variables import Site
from foundation.paths import Home
from foundation.settings import Settings, load_secrets

CHECK_SECONDS = 5.0
MEGABYTE = 1 << 20
RESUME_FACTOR = 1.25
"""Recording begins again only with this much more space than it stops at, so it does not flutter."""

log = structlog.get_logger()


def recording_allowed(free_bytes: int, stop_below_bytes: int, *, allowed_before: bool) -> bool:
    """Whether new conversations are recorded, given the free space and what was so before."""
    return free_bytes >= stop_below_bytes * (1.0 if allowed_before else RESUME_FACTOR)


async def watch_disk(home: Home, settings: Settings) -> None:
    """Tell Asterisk when to stop recording and when to begin again; runs until cancelled.

    Asterisk forgets it at a restart, so it is told at every connection.
    """
    limit = settings.disk.recordings_stop_below_megabytes * MEGABYTE
    allowed = True
    async with AmiLink("127.0.0.1", settings.ports.of("ami"), "pasokh", load_secrets(home, settings).ami) as link:
        told: bool | None = None

        def forget() -> None:
            nonlocal told
            told = None

        link.on_connected(forget)
        while True:
            free = shutil.disk_usage(home.recordings_raw).free
            now_allowed = recording_allowed(free, limit, allowed_before=allowed)
            if now_allowed != allowed:
                say = log.info if now_allowed else log.error
                say("recording goes on" if now_allowed else "DISK NEARLY FULL: calls go on, recording does not",
                    free_megabytes=free // MEGABYTE, folder=str(home.recordings_raw))
            allowed = now_allowed
            if told != allowed and link.is_up:
                told = allowed if await _tell(link, allowed=allowed) else None
            await asyncio.sleep(CHECK_SECONDS)


async def _tell(link: AmiLink, *, allowed: bool) -> bool:
    try:
        answer = await link.action("Setvar", Variable=Site.RECORDING_STOPPED.value, Value="0" if allowed else "1")
    except AmiError as error:
        log.warning("asterisk was not told about recording", error=str(error))
        return False
    if not answer.succeeded:
        log.warning("asterisk refused to be told about recording", error=answer.message)
    return answer.succeeded
