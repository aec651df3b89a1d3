"""Lines of Asterisk's queue_log (`epoch|callid|queue|agent|event|data...`) to events.

Any bytes give an event or a `BadLine`, never an exception. The layouts are those of app_queue (Asterisk 1.4 to 22)
and of our own dialplan.
"""

import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

from callqueue import promise_lines
from callqueue.journal.events import (
    Abandoned,
    AgentDid,
    BadLine,
    Connected,
    Entered,
    EntryRefused,
    Event,
    HoldChanged,
    Ignored,
    LeftByKey,
    LeftEmpty,
    MaskBegun,
    MaskEnded,
    PageLost,
    RangNoAnswer,
    Rescued,
    Started,
    StintSaid,
    Stopping,
    TalkEnded,
    TimedOut,
    Withdrawn,
)
from callqueue.journal.fields import (
    LONGEST_NAME,
    Fields,
    MalformedError,
    agent_of,
    channel_of,
    data,
    queue_of,
    read_caller,
    read_count,
    read_instant,
    read_name,
    read_optional,
)
from callqueue.ledger.evidence import AgentDeed
from callqueue.ledger.stint import Ending, Origin, Refusal
from callqueue.records.lines import LONGEST

ORIGINS = frozenset(origin.value for origin in Origin)
SECOND_US = 1_000_000
LATE_SECONDS = 600
"""A line about a hold or a mask may be written so long after it."""
LONGEST_MASK_SECONDS = 3600
SHOWN = 400
"""Characters of a bad line that are kept."""

Reader = Callable[[int, Fields], Event]

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def parse_line(text: bytes, zone: ZoneInfo | None = None) -> Event | BadLine:
    """What one line (without its end) says.

    Args:
        text: the line's bytes; those that are not UTF-8 are replaced by U+FFFD.
        zone: the zone of time stamps written as local time (`2026-03-21 08:00:00`); without it they are bad lines.
    """
    try:
        return _read(text, zone)
    except MalformedError as error:
        return BadLine(show(text), str(error))


def show(text: bytes) -> str:
    """A line's beginning as text that any database and terminal can take."""
    shown = text[:SHOWN].decode("utf-8", "backslashreplace")
    return _CONTROL.sub(lambda found: f"\\x{ord(found.group()):02x}", shown)


def _read(text: bytes, zone: ZoneInfo | None) -> Event:
    if len(text) > LONGEST:
        raise MalformedError(f"longer than {LONGEST} bytes")
    line = text.decode("utf-8", "replace")
    if not line.isprintable() and _CONTROL.search(line):
        raise MalformedError("a control character in the line")
    fields = line.split("|")
    if len(fields) < 5:
        raise MalformedError(f"{len(fields)} of at least 5 fields" if line else "empty line")
    longest = len(line) if len(line) <= LONGEST_NAME else max(map(len, fields[1:5]))
    if longest > LONGEST_NAME:
        raise MalformedError(f"a field of {longest} characters; {LONGEST_NAME} at most")
    at = read_instant(fields[0], zone)
    reader = READERS.get(fields[4])
    if reader is not None:
        return reader(at, fields)
    if not fields[4]:
        raise MalformedError("no event")
    return Ignored(at, fields[4])


def _stint_said(at: int, fields: Fields) -> Event:
    origin, number = data(fields, 2), read_count(data(fields, 4))
    if origin not in ORIGINS:
        raise MalformedError(f"{origin[:40]!r} is no origin")
    return StintSaid(
        at, channel_of(fields), queue_of(fields), read_name(data(fields, 0), "linkedid"), read_caller(data(fields, 1)),
        Origin(origin), read_optional(data(fields, 3), "promise"), number or 0,
    )


def _refused(reason: Refusal) -> Reader:
    def read(at: int, fields: Fields) -> Event:
        call_id = read_optional(data(fields, 0), "linkedid") or channel_of(fields)
        return EntryRefused(at, channel_of(fields), queue_of(fields), reason, call_id)

    return read


def _entered(at: int, fields: Fields) -> Event:
    place = fields[-1]
    position = int(place) if len(fields) >= 8 and place.isdecimal() and place.isascii() and len(place) < 9 else None
    return Entered(at, channel_of(fields), queue_of(fields), read_caller(data(fields, 1)), position)


def _connected(at: int, fields: Fields) -> Event:
    return Connected(
        at, channel_of(fields), queue_of(fields), agent_of(fields), read_count(data(fields, 0)),
        read_optional(data(fields, 1), "channel"),
    )


def _completed(ending: Ending) -> Reader:
    def read(at: int, fields: Fields) -> Event:
        wait, talk = read_count(data(fields, 0)), read_count(data(fields, 1))
        return TalkEnded(at, channel_of(fields), queue_of(fields), agent_of(fields), wait, talk, ending)

    return read


def _page_lost(at: int, fields: Fields) -> Event:
    return PageLost(at, channel_of(fields), queue_of(fields), agent_of(fields))


def _blind_transfer(at: int, fields: Fields) -> Event:
    """exten|context|wait|talk[|position]; a caller cannot shift them: the extension comes from the agent."""
    wait, talk = read_count(data(fields, 2)), read_count(data(fields, 3))
    return TalkEnded(at, channel_of(fields), queue_of(fields), agent_of(fields), wait, talk, Ending.TRANSFER)


def _attended_transfer(at: int, fields: Fields) -> Event:
    """BRIDGE|id, APP|name or LINK|a|b, then wait|talk|position."""
    first = 3 if data(fields, 0) == "LINK" else 2
    wait, talk = read_count(data(fields, first)), read_count(data(fields, first + 1))
    return TalkEnded(at, channel_of(fields), queue_of(fields), agent_of(fields), wait, talk, Ending.TRANSFER)


def _wait_ended(kind: type[Abandoned | TimedOut | LeftEmpty | Withdrawn | LeftByKey], place: int) -> Reader:
    def read(at: int, fields: Fields) -> Event:
        return kind(at, channel_of(fields), queue_of(fields), read_count(data(fields, place)))

    return read


def _rang_no_answer(at: int, fields: Fields) -> Event:
    return RangNoAnswer(at, channel_of(fields), queue_of(fields), agent_of(fields), read_count(data(fields, 0)) or 0)


def _agent_did(deed: AgentDeed, *, interface: bool = False) -> Reader:
    def read(at: int, fields: Fields) -> Event:
        said = data(fields, 0)[:LONGEST_NAME] or None
        queue = None if fields[2] in {"", "NONE"} else fields[2]
        return AgentDid(at, agent_of(fields), deed, queue, None if interface else said, said if interface else None)

    return read


def _started(at: int, _fields: Fields) -> Event:
    return Started(at)


def _stopping(at: int, fields: Fields) -> Event:
    return Stopping(at, data(fields, 0)[:LONGEST_NAME])


def _rescued(at: int, fields: Fields) -> Event:
    call_id = read_optional(data(fields, 0), "linkedid") or channel_of(fields)
    return Rescued(at, channel_of(fields), call_id, data(fields, 1)[:LONGEST_NAME])


def _hold_changed(*, begins: bool) -> Reader:
    def read(at: int, fields: Fields) -> Event:
        return HoldChanged(at, channel_of(fields), _call_of(fields), _instant_us(at, fields), begins)

    return read


def _call_of(fields: Fields) -> str:
    return read_optional(data(fields, 0), "linkedid") or channel_of(fields)


def _instant_us(at: int, fields: Fields, late: int = LATE_SECONDS) -> int:
    """The line's own microsecond where it makes sense, else the second in which it was written."""
    exact = _microseconds(data(fields, 1))
    sound = exact is not None and at - late <= exact // SECOND_US <= at + 1
    return exact if exact is not None and sound else at * SECOND_US


def _microseconds(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 16 else None


def _mask_begun(at: int, fields: Fields) -> Event:
    """linkedid|at_us|by|until_us; written anew after a restart in the middle of it."""
    begun = _instant_us(at, fields, LONGEST_MASK_SECONDS)
    until = _microseconds(data(fields, 3))
    longest = begun + LONGEST_MASK_SECONDS * SECOND_US
    return MaskBegun(
        at, channel_of(fields), _call_of(fields), agent_of(fields), data(fields, 2)[:LONGEST_NAME], begun,
        until if until is not None and begun <= until <= longest else longest,
    )


def _mask_ended(at: int, fields: Fields) -> Event:
    """linkedid|at_us|why|by."""
    return MaskEnded(at, channel_of(fields), _call_of(fields), _instant_us(at, fields), data(fields, 2)[:LONGEST_NAME])


READERS: dict[str, Reader] = {
    "STINT": _stint_said,
    "REFUSED_FULL": _refused(Refusal.FULL),
    "REFUSED_EMPTY": _refused(Refusal.EMPTY),
    "REFUSED_CLOSED": _refused(Refusal.CLOSED),
    "REFUSED_BUSY": _refused(Refusal.BUSY),
    "CALLBACK_REQUESTED": promise_lines.requested,
    "CALLBACK_ATTEMPT": promise_lines.attempted,
    "CALLBACK_RESULT": promise_lines.ended,
    "CALLBACK_CLOSED": promise_lines.closed,
    "ENTERQUEUE": _entered,
    "CONNECT": _connected,
    "COMPLETECALLER": _completed(Ending.CALLER),
    "COMPLETEAGENT": _completed(Ending.AGENT),
    "PAGE_LOST": _page_lost,
    "BLINDTRANSFER": _blind_transfer,
    "TRANSFER": _blind_transfer,
    "ATTENDEDTRANSFER": _attended_transfer,
    "ABANDON": _wait_ended(Abandoned, 2),
    "EXITWITHTIMEOUT": _wait_ended(TimedOut, 2),
    "EXITEMPTY": _wait_ended(LeftEmpty, 2),
    "WITHDRAW": _wait_ended(Withdrawn, 2),
    "EXITWITHKEY": _wait_ended(LeftByKey, 3),
    "RINGNOANSWER": _rang_no_answer,
    "AGENT_LOGIN": _agent_did(AgentDeed.LOGIN, interface=True),
    "AGENT_LOGOUT": _agent_did(AgentDeed.LOGOUT),
    "AGENT_RESTORED": _agent_did(AgentDeed.RESTORED, interface=True),
    "AGENTLOGIN": _agent_did(AgentDeed.LOGIN, interface=True),
    "AGENTCALLBACKLOGIN": _agent_did(AgentDeed.LOGIN, interface=True),
    "AGENTLOGOFF": _agent_did(AgentDeed.LOGOUT),
    "AGENTCALLBACKLOGOFF": _agent_did(AgentDeed.LOGOUT),
    "ADDMEMBER": _agent_did(AgentDeed.ADDED),
    "REMOVEMEMBER": _agent_did(AgentDeed.REMOVED),
    "PAUSE": _agent_did(AgentDeed.PAUSE),
    "PAUSEALL": _agent_did(AgentDeed.PAUSE),
    "UNPAUSE": _agent_did(AgentDeed.UNPAUSE),
    "UNPAUSEALL": _agent_did(AgentDeed.UNPAUSE),
    "HOLD": _hold_changed(begins=True),
    "UNHOLD": _hold_changed(begins=False),
    "MASKED": _mask_begun,
    "UNMASKED": _mask_ended,
    "QUEUESTART": _started,
    "STOPPING": _stopping,
    "RESCUED": _rescued,
}
