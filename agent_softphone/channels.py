"""An agent's channels in Asterisk, and what becomes of his callers when the page that held them is gone. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from callqueue.cel.conversations import TRUNK, owner_of


@dataclass(frozen=True, slots=True)
class Channel:
    """One line of what Asterisk lists."""

    name: str
    bridge: str
    """Empty when it is in none."""

    @property
    def is_caller(self) -> bool:
        return self.name.startswith(f"PJSIP/{TRUNK}-")


@dataclass(frozen=True, slots=True)
class Orphans:
    """What a page that is gone has left behind."""

    callers: tuple[str, ...]
    """Channels of the public who were speaking with the agent, or were on hold with him."""
    legs: tuple[str, ...]
    """The agent's own channels."""


def channels_of(agent: str, channels: Iterable[Channel]) -> tuple[Channel, ...]:
    """The agent's own."""
    return tuple(channel for channel in channels if owner_of(channel.name) == agent)


def orphans_of(agent: str, channels: Sequence[Channel]) -> Orphans:
    """Callers who have nobody but this agent; whoever is in a bridge with a third person too stays there."""
    legs = channels_of(agent, channels)
    callers: list[str] = []
    for leg in legs:
        others = [channel for channel in channels if leg.bridge and channel.bridge == leg.bridge and channel != leg]
        callers += [channel.name for channel in others if len(others) == 1 and channel.is_caller]
    return Orphans(tuple(callers), tuple(leg.name for leg in legs))
