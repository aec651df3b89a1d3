"""The journal's lines about promised calls: asked for, dialled, what came of it, settled.

A promise must not be lost by one field that cannot be read: what is wrong in it is left out, and only a line without
the promise's name is no line.
"""

from callqueue.journal.events import CallbackAttempted, CallbackClosed, CallbackEnded, CallbackRequested
from callqueue.journal.fields import (
    LARGEST,
    NAMELESS,
    Fields,
    MalformedError,
    channel_of,
    data,
    read_caller,
    read_count,
    read_instant_ms,
    read_name,
    read_optional,
    read_word,
)
from callqueue.outbound.model import CallbackRequest


def requested(at: int, fields: Fields) -> CallbackRequested:
    """promise|number|place|priority|language|channel|linkedid|not before|code|due; once it was the promise alone."""
    channel_id = _channel(fields)
    promise = read_optional(data(fields, 0), "promise")
    if not channel_id and promise is None:
        raise MalformedError("CALLBACK_REQUESTED with neither a call's id nor a promise")
    place = read_instant_ms(data(fields, 2))
    return CallbackRequested(
        at, channel_id, fields[2], promise, read_caller(data(fields, 1)), at * 1000 if place is None else place,
        _count(data(fields, 3)), read_word(data(fields, 4)), read_word(data(fields, 5)),
        read_optional(data(fields, 6), "linkedid") or channel_id, read_instant_ms(data(fields, 7)),
        read_word(data(fields, 8)) or None, read_instant_ms(data(fields, 9)),
    )


def request_fields(request: CallbackRequest) -> tuple[str, ...]:
    """What `requested` reads, of a promise that is being given."""
    values = (
        request.id, request.number, request.place_ms, request.priority, request.language, request.channel,
        request.origin_call_id, request.not_before_ms, request.tracking, request.due_ms,
    )
    return tuple("" if value is None else str(value) for value in values)


def attempted(at: int, fields: Fields) -> CallbackAttempted:
    """promise|n|purpose"""
    return CallbackAttempted(
        at, channel_of(fields), _queue(fields), read_name(data(fields, 0), "promise"), _count(data(fields, 1)),
        read_word(data(fields, 2)),
    )


def ended(at: int, fields: Fields) -> CallbackEnded:
    """promise|n|outcome|cause"""
    return CallbackEnded(
        at, channel_of(fields), _queue(fields), read_name(data(fields, 0), "promise"), _count(data(fields, 1)),
        read_name(read_word(data(fields, 2)), "outcome"), read_word(data(fields, 3)),
    )


def closed(at: int, fields: Fields) -> CallbackClosed:
    """promise|result|by"""
    return CallbackClosed(
        at, _channel(fields), _queue(fields), read_name(data(fields, 0), "promise"),
        read_name(read_word(data(fields, 1)), "result"), read_word(data(fields, 2)),
    )


def _channel(fields: Fields) -> str:
    return "" if fields[1] in NAMELESS else fields[1]


def _queue(fields: Fields) -> str | None:
    return None if fields[2] in {"", "NONE"} else fields[2]


def _count(value: str) -> int:
    try:
        return min(read_count(value) or 0, LARGEST)
    except MalformedError:
        return 0
