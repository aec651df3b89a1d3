"""A disk that fills up costs recordings first, never calls: some queues' (by the site's policy), then all."""

import asyncio
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, Gauge

from foundation.asterisk.ami import AmiLink
from foundation.asterisk.ami_connection import AmiError
from foundation.asterisk.variables import Site
from foundation.paths import Home
from foundation.settings import Settings, load_secrets
from foundation.settings.line import Disk

CHECK_SECONDS = 5.0
MEGABYTE = 1 << 20
RESUME_FACTOR = 1.25
"""Recording begins again only with this much more space than it stops at, so it does not flutter."""
AGAIN_SECONDS = 600.0
"""As long as something is not recorded, it is said again so often."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Room:
    """What the disk has room for."""

    some: bool = True
    """The recordings of the queues that come first."""
    all: bool = True

    @property
    def level(self) -> int:
        """2: everything is recorded, 1: some queues are, 0: nothing is."""
        return self.some + (self.some and self.all)


def recording_allowed(free_bytes: int, stop_below_bytes: int, *, allowed_before: bool) -> bool:
    """Whether new conversations are recorded, given the free space and what was so before."""
    return free_bytes >= stop_below_bytes * (1.0 if allowed_before else RESUME_FACTOR)


def room_for(free_bytes: int, limits: Disk, before: Room) -> Room:
    """What there is room for, given the free space and what was so before."""
    stop, scarce = limits.recordings_stop_below_megabytes, limits.recordings_scarce_below_megabytes
    return Room(
        some=recording_allowed(free_bytes, stop * MEGABYTE, allowed_before=before.some),
        all=recording_allowed(free_bytes, max(stop, scarce) * MEGABYTE, allowed_before=before.all),
    )


async def watch_disk(home: Home, settings: Settings, registry: CollectorRegistry = REGISTRY) -> None:
    """Tell Asterisk when to stop recording and when to begin again; runs until cancelled.

    Asterisk forgets it at a restart, so it is told at every connection.
    """
    gauge = Gauge("pasokh_recording_level", "2: all is recorded, 1: some queues, 0: nothing", registry=registry)
    voice = Voice(time.monotonic, queues=settings.recordings.first_queues)
    room = Room()
    async with AmiLink("127.0.0.1", settings.ports.of("ami"), "pasokh", load_secrets(home, settings).ami) as link:
        told: Room | None = None

        def forget() -> None:
            nonlocal told
            told = None

        link.on_connected(forget)
        while True:
            free = shutil.disk_usage(home.recordings_raw).free
            room = room_for(free, settings.disk, room)
            gauge.set(room.level)
            voice.say(room, free, str(home.recordings_raw))
            if told != room and link.is_up:
                told = room if await _tell(link, room) else None
            await asyncio.sleep(CHECK_SECONDS)


class Voice:
    """Says it loudly when something is not recorded, again and again, and once when all is well."""

    def __init__(self, clock: Callable[[], float], queues: list[str] | None) -> None:
        self._clock = clock
        self._queues = queues
        self._level = 2
        self._said_at = 0.0

    def say(self, room: Room, free_bytes: int, folder: str) -> None:
        # Where no queue comes before another, a scarce disk takes nothing from anybody yet.
        level = 2 if room.level == 1 and self._queues is None else room.level
        again = level < 2 and self._clock() - self._said_at >= AGAIN_SECONDS
        if level == self._level and not again:
            return
        self._level, self._said_at = level, self._clock()
        facts = {"free_megabytes": free_bytes // MEGABYTE, "folder": folder}
        if level == 2:
            log.info("recording goes on", **facts)
        elif level == 1:
            log.error("DISK SCARCE: calls go on, only some queues' are recorded", queues=self._queues, **facts)
        else:
            log.error("DISK NEARLY FULL: calls go on, recording does not", **facts)


async def _tell(link: AmiLink, room: Room) -> bool:
    told = {Site.RECORDING_STOPPED: not room.some, Site.RECORDING_SCARCE: not room.all}
    try:
        answers = [
            await link.action("Setvar", Variable=name.value, Value="1" if value else "0")
            for name, value in told.items()
        ]
    except AmiError as error:
        log.warning("asterisk was not told about recording", error=str(error))
        return False
    refused = [answer.message for answer in answers if not answer.succeeded]
    if refused:
        log.warning("asterisk refused to be told about recording", error=refused[0])
    return not refused
