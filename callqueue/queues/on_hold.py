"""Who waits on the telephone at this moment, with the places that they keep: asked of Asterisk itself.

A caller's place is the variable PASOKH_PLACE of his channel: it outlives overflow and returning to the queue, and of
one who was called back it is the place that was promised to him.
"""

from collections.abc import Mapping, Sequence

from callqueue.callbacks.plan import OnHold
from foundation.asterisk.ami import AmiLink, Event
from foundation.asterisk.variables import Variable

PATIENCE_SECONDS = 5.0
PLACES = f"{Variable.PLACE},{Variable.PROMISE}"
"""What to ask `Status` for."""


async def read_on_hold(link: AmiLink, now_ms: int, seconds: float = PATIENCE_SECONDS) -> list[OnHold]:
    """Everybody who waits, queue by queue in Asterisk's own order.

    Raises:
        AmiError: Asterisk cannot be asked.
    """
    status = await link.list_action("QueueStatus", seconds=seconds)
    channels = await link.list_action("Status", Variables=PLACES, seconds=seconds)
    return on_hold(status, channels, now_ms)


def on_hold(status: Sequence[Event], channels: Sequence[Event], now_ms: int) -> list[OnHold]:
    """From the answers to QueueStatus and Status."""
    known = {event.get("Uniqueid"): variables_of(event) for event in channels}
    entries = sorted(
        (event for event in status if event.name == "QueueEntry"),
        key=lambda event: (event.get("Queue"), event.number("Position")),
    )
    return [_of(event, known.get(event.get("Uniqueid"), {}), now_ms) for event in entries]


def variables_of(event: Event) -> Mapping[str, str]:
    """The channel variables in a Status event; unset ones are left out."""
    pairs = (text.partition("=") for text in event.all("Variable"))
    return {name: value for name, _, value in pairs if value}


def _of(event: Event, variables: Mapping[str, str], now_ms: int) -> OnHold:
    place = variables.get(Variable.PLACE, "")
    joined_ms = now_ms - event.number("Wait") * 1000
    return OnHold(
        event.get("Queue"), int(place) if place.isdecimal() else joined_ms, event.number("Priority"),
        variables.get(Variable.PROMISE),
    )
