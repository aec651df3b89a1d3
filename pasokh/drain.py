"""Before an upgrade: no new calls on this node, those that are here go on to their end."""

import os
from dataclasses import dataclass

from foundation.asterisk.ami import AmiLink, Event
from foundation.paths import Home

TRUNK = "PJSIP/trunk-"
WAITING = "Queue"


@dataclass(frozen=True, slots=True)
class Left:
    """Calls of the public that are still here."""

    elsewhere: int
    """In the menus, or with an agent by another way than a queue."""
    waiting: int
    talking: int

    @property
    def calls(self) -> int:
        return self.elsewhere + self.waiting + self.talking


def begin_drain(home: Home) -> None:
    """Refuse new calls from now on; it holds until `end_drain`, or the next `bin/pasokh up`."""
    os.close(os.open(home.drain, os.O_CREAT | os.O_WRONLY, 0o600))


def end_drain(home: Home) -> bool:
    """Take calls again; tells whether they were refused."""
    drained = home.drain.exists()
    home.drain.unlink(missing_ok=True)
    return drained


async def look(link: AmiLink) -> Left:
    """Who is still here.

    Raises:
        AmiError: Asterisk is away.
    """
    return count(await link.list_action("CoreShowChannels"))


def count(channels: list[Event]) -> Left:
    ours = [channel for channel in channels if channel.get("Channel").startswith(TRUNK)]
    queued = [channel for channel in ours if channel.get("Application") == WAITING]
    talking = sum(bool(channel.get("BridgeId")) for channel in queued)
    return Left(len(ours) - len(queued), len(queued) - talking, talking)
