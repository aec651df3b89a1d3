"""Lines of Asterisk's queue_log (`epoch|callid|queue|agent|event|data...`) to events.

Any bytes give an event or a `BadLine`, never an exception. The layouts are those of app_queue (Asterisk 1.4 to 22)
and of our own dialplan.
"""

import re
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from callqueue.evidence import AgentDeed
from callqueue.journal_events import (
    Abandoned,
    AgentDid,
    BadLine,
    CallbackRequested,
    Connected,
    Entered,
    EntryRefused,
    Event,
    HoldChanged,
    Ignored,
    LeftByKey,
    LeftEmpty,
    RangNoAnswer,
    Rescued,
    Started,
    StintSaid,
    Stopping,
    TalkEnded,
    TimedOut,
    Withdrawn,
)
from callqueue.lines import LONGEST
from callqueue.stint import Ending, Origin, Refusal

ORIGINS = frozenset(origin.value for origin in Origin)
NAMELESS = frozenset({"", "NONE", "REALTIME", "MANAGER", "CLI"})
LONGEST_NAME = 150
LAST_SECOND = 9_999_999_999
SECOND_US = 1_000_000
LARGEST = 2_147_483_647
SHOWN = 400
"""Characters of a bad line that are kept."""

Fields = list[str]
Reader = Callable[[int, Fields], Event]

_NUMBER = re.compile(r"\+?[0-9]{2,24}")
_LOCAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class _Malformed(Exception):  # noqa: N818 - a sentence about the line, never seen outside
    pass


def parse_line(text: bytes, zone: ZoneInfo | None = None) -> Event | BadLine:
    """What one line (without its end) says.

    Args:
        text: the line's bytes; those that are not UTF-8 are replaced by U+FFFD.
        zone: the zone of time stamps written as local time (`2026-03-21 08:00:00`); without it they are bad lines.
    """
    try:
        return _read(text, zone)
    except _Malformed as error:
        return BadLine(show(text), str(error))


def show(text: bytes) -> str:
    """A line's beginning as text that any database and terminal can take."""
    shown = text[:SHOWN].decode("utf-8", "backslashreplace")
    return _CONTROL.sub(lambda found: f"\\x{ord(found.group()):02x}", shown)


def _read(text: bytes, zone: ZoneInfo | None) -> Event:
    if len(text) > LONGEST:
        raise _Malformed(f"longer than {LONGEST} bytes")
    line = text.decode("utf-8", "replace")
    if not line.isprintable() and _CONTROL.search(line):
        raise _Malformed("a control character in the line")
    fields = line.split("|")
    if len(fields) < 5:
        raise _Malformed(f"{len(fields)} fields; a line has 5 or more" if line else "empty line")
    for field in fields[1:5]:
        if len(field) > LONGEST_NAME:
            raise _Malformed(f"a field of {len(field)} characters; {LONGEST_NAME} at most")
    at = _instant(fields[0], zone)
    reader = READERS.get(fields[4])
    if reader is not None:
        return reader(at, fields)
    if not fields[4]:
        raise _Malformed("no event")
    return Ignored(at, fields[4])


def _instant(field: str, zone: ZoneInfo | None) -> int:
    if len(field) == 10 and field.isdecimal() and field.isascii():
        return int(field)
    whole, _, fraction = field.partition(".")
    if whole.isdecimal() and field.isascii() and len(whole) <= 10 and (not fraction or fraction.isdecimal()):
        return int(whole)
    if not _LOCAL_TIME.fullmatch(field):
        raise _Malformed(f"{field[:40]!r} is no time")
    if zone is None:
        raise _Malformed(f"{field} is a local time; say its time zone")
    try:
        at = int(datetime.fromisoformat(field[:19]).replace(tzinfo=zone).timestamp())
    except (ValueError, OverflowError) as error:
        raise _Malformed(f"{field} is no time") from error
    if not 0 <= at <= LAST_SECOND:
        raise _Malformed(f"{field} is no time of a call")
    return at


def _data(fields: Fields, index: int) -> str:
    return fields[5 + index] if len(fields) > 5 + index else ""


def _seconds(value: str) -> int | None:
    """A count; empty (older Asterisk) is None."""
    if not value:
        return None
    digits = value.removeprefix("-")
    if not (digits.isdecimal() and digits.isascii() and len(digits) <= 10 and int(digits) <= LARGEST):
        raise _Malformed(f"{value[:40]!r} is no number of seconds")
    return 0 if value.startswith("-") else int(digits)


def _name(value: str, what: str) -> str:
    if not value:
        raise _Malformed(f"no {what}")
    if len(value) > LONGEST_NAME:
        raise _Malformed(f"{what} of {len(value)} characters; {LONGEST_NAME} at most")
    return value


def _optional(value: str, what: str) -> str | None:
    return _name(value, what) if value else None


def _caller(value: str) -> str | None:
    return value if _NUMBER.fullmatch(value) and value.isascii() else None


def _channel(fields: Fields) -> str:
    if fields[1] in NAMELESS:
        raise _Malformed(f"{fields[4]} without a call's id")
    return fields[1]


def _queue(fields: Fields) -> str:
    if fields[2] in {"", "NONE"}:
        raise _Malformed(f"{fields[4]} without a queue")
    return fields[2]


def _agent(fields: Fields) -> str:
    if fields[3] in {"", "NONE"}:
        raise _Malformed(f"{fields[4]} without an agent")
    return fields[3]


def _stint_said(at: int, fields: Fields) -> Event:
    origin, number = _data(fields, 2), _seconds(_data(fields, 4))
    if origin not in ORIGINS:
        raise _Malformed(f"{origin[:40]!r} is no origin")
    return StintSaid(
        at, _channel(fields), _queue(fields), _name(_data(fields, 0), "linkedid"), _caller(_data(fields, 1)),
        Origin(origin), _optional(_data(fields, 3), "promise"), number or 0,
    )


def _refused(reason: Refusal) -> Reader:
    def read(at: int, fields: Fields) -> Event:
        call_id = _optional(_data(fields, 0), "linkedid") or _channel(fields)
        return EntryRefused(at, _channel(fields), _queue(fields), reason, call_id)

    return read


def _callback_requested(at: int, fields: Fields) -> Event:
    return CallbackRequested(at, _channel(fields), fields[2], _optional(_data(fields, 0), "promise"))


def _entered(at: int, fields: Fields) -> Event:
    place = fields[-1]
    position = int(place) if len(fields) >= 8 and place.isdecimal() and place.isascii() and len(place) < 9 else None
    return Entered(at, _channel(fields), _queue(fields), _caller(_data(fields, 1)), position)


def _connected(at: int, fields: Fields) -> Event:
    return Connected(
        at, _channel(fields), _queue(fields), _agent(fields), _seconds(_data(fields, 0)),
        _optional(_data(fields, 1), "channel"),
    )


def _completed(ending: Ending) -> Reader:
    def read(at: int, fields: Fields) -> Event:
        wait, talk = _seconds(_data(fields, 0)), _seconds(_data(fields, 1))
        return TalkEnded(at, _channel(fields), _queue(fields), _agent(fields), wait, talk, ending)

    return read


def _blind_transfer(at: int, fields: Fields) -> Event:
    """exten|context|wait|talk[|position]; a caller cannot shift them: the extension comes from the agent."""
    wait, talk = _seconds(_data(fields, 2)), _seconds(_data(fields, 3))
    return TalkEnded(at, _channel(fields), _queue(fields), _agent(fields), wait, talk, Ending.TRANSFER)


def _attended_transfer(at: int, fields: Fields) -> Event:
    """BRIDGE|id, APP|name or LINK|a|b, then wait|talk|position."""
    first = 3 if _data(fields, 0) == "LINK" else 2
    wait, talk = _seconds(_data(fields, first)), _seconds(_data(fields, first + 1))
    return TalkEnded(at, _channel(fields), _queue(fields), _agent(fields), wait, talk, Ending.TRANSFER)


def _wait_ended(kind: type[Abandoned | TimedOut | LeftEmpty | Withdrawn | LeftByKey], place: int) -> Reader:
    def read(at: int, fields: Fields) -> Event:
        return kind(at, _channel(fields), _queue(fields), _seconds(_data(fields, place)))

    return read


def _rang_no_answer(at: int, fields: Fields) -> Event:
    return RangNoAnswer(at, _channel(fields), _queue(fields), _agent(fields), _seconds(_data(fields, 0)) or 0)


def _agent_did(deed: AgentDeed, *, interface: bool = False) -> Reader:
    def read(at: int, fields: Fields) -> Event:
        said = _data(fields, 0)[:LONGEST_NAME] or None
        queue = None if fields[2] in {"", "NONE"} else fields[2]
        return AgentDid(at, _agent(fields), deed, queue, None if interface else said, said if interface else None)

    return read


def _started(at: int, _fields: Fields) -> Event:
    return Started(at)


def _stopping(at: int, fields: Fields) -> Event:
    return Stopping(at, _data(fields, 0)[:LONGEST_NAME])


def _rescued(at: int, fields: Fields) -> Event:
    call_id = _optional(_data(fields, 0), "linkedid") or _channel(fields)
    return Rescued(at, _channel(fields), call_id, _data(fields, 1)[:LONGEST_NAME])


def _hold_changed(*, begins: bool) -> Reader:
    def read(at: int, fields: Fields) -> Event:
        exact = _data(fields, 1)
        sound = exact.isascii() and exact.isdecimal() and len(exact) <= 16 and abs(int(exact) // SECOND_US - at) <= 1
        call_id = _optional(_data(fields, 0), "linkedid") or _channel(fields)
        return HoldChanged(at, _channel(fields), call_id, int(exact) if sound else at * SECOND_US, begins)

    return read


READERS: dict[str, Reader] = {
    "STINT": _stint_said,
    "REFUSED_FULL": _refused(Refusal.FULL),
    "REFUSED_EMPTY": _refused(Refusal.EMPTY),
    "REFUSED_CLOSED": _refused(Refusal.CLOSED),
    "CALLBACK_REQUESTED": _callback_requested,
    "ENTERQUEUE": _entered,
    "CONNECT": _connected,
    "COMPLETECALLER": _completed(Ending.CALLER),
    "COMPLETEAGENT": _completed(Ending.AGENT),
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
    "QUEUESTART": _started,
    "STOPPING": _stopping,
    "RESCUED": _rescued,
}
