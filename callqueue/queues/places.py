"""Who stands where in a queue, and by which priorities a caller comes to another place. Pure.

app_queue has no action that moves a caller; it has one that gives him a priority and puts him behind all who have the
same. So a move gives priorities, in the wanted order, to those who shall stand in front of somebody.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from foundation.asterisk.ami import Event


@dataclass(frozen=True, slots=True)
class Place:
    """One waiting caller."""

    queue: str
    position: int
    """From 1."""
    channel: str
    """Its name, by which AMI's queue actions know the caller."""
    channel_id: str
    call_id: str
    priority: int


@dataclass(frozen=True, slots=True)
class Give:
    """A priority for a caller, at once."""

    place: Place
    priority: int


def places(status: Sequence[Event], channels: Sequence[Event]) -> list[Place]:
    """From the answers to QueueStatus and CoreShowChannels, in the queues' order."""
    calls = {event.get("Uniqueid"): event.get("Linkedid") for event in channels}
    found = [
        Place(
            event.get("Queue"), event.number("Position"), event.get("Channel"), event.get("Uniqueid"),
            calls.get(event.get("Uniqueid")) or event.get("Uniqueid"), event.number("Priority"),
        )
        for event in status if event.name == "QueueEntry"
    ]
    return sorted(found, key=lambda place: (place.queue, place.position))


def plan_move(queue: Sequence[Place], caller: Place, position: int) -> list[Give]:
    """The steps after which `caller` stands at `position` (from 1) and all others keep their order.

    Nobody behind him gets another priority, so whoever joins later stands behind them as before.
    """
    others = [place for place in queue if place != caller]
    order = [*others[: position - 1], caller, *others[position - 1:]]
    if order == list(queue):
        return []
    front, behind = order[:position], order[position:]
    least = max((place.priority for place in behind), default=None)
    # Asterisk sets equal priorities in the order in which they are given; so all who stand in front are given theirs.
    level = caller.priority if least is None else max(least + 1, 0)
    wanted: list[Give] = []
    for place in reversed(front):
        level = max(level, place.priority) if place != caller else level
        wanted.append(Give(place, level))
    return wanted[::-1]
