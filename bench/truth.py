"""What truly happened to a simulated call, told from the messages that SIPp noted with their microseconds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class Side(StrEnum):
    """Who ended a call, seen from the simulated phone."""

    SELF = "self"
    """The simulated person hung up."""
    PEER = "peer"
    """Asterisk did."""


@dataclass(frozen=True, slots=True)
class CallTruth:
    """What happened to one call, by the simulated phone's own clock: epoch seconds, to the microsecond."""

    sip_id: str
    invited: float
    answered: float | None = None
    ended: float | None = None
    """When BYE or CANCEL was sent or received, or a final refusal came; None while the call is up."""
    ended_by: Side | None = None
    status: int | None = None
    """The last final answer to INVITE."""
    caller: str = ""
    """The number that called."""
    agent: str = ""
    """Whose phone it was, where it was an agent's."""
    invited_again: tuple[float, ...] = ()
    """When the phone asked for another session: to hold and to come back, in turn."""
    referred: float | None = None
    """When the phone asked for a transfer (the last time): if that succeeded, the end of the conversation."""

    @property
    def seconds(self) -> float | None:
        """From answer to end."""
        return None if self.answered is None or self.ended is None else self.ended - self.answered


@dataclass(frozen=True, slots=True)
class Message:
    """One SIP message as SIPp noted it."""

    at: float
    sent: bool
    sip_id: str
    method: str
    """Of the transaction (CSeq)."""
    status: int | None
    """None for a request."""


def parse_messages(text: str) -> list[Message]:
    """The lines of SIPp's `-trace_shortmsg` file; a last line without its end is left out."""
    lines = (line.split("\t") for line in text.split("\n")[:-1])
    return [_message(fields) for fields in lines if len(fields) >= 7]


def _message(fields: Sequence[str]) -> Message:
    first = fields[6]
    status = int(first.split()[1]) if first.startswith("SIP/2.0 ") else None
    return Message(float(fields[2]), fields[3] == "S", fields[4], fields[5].split()[-1], status)


def tell_calls(messages: Iterable[Message]) -> list[CallTruth]:
    """Calls in the order of their INVITEs."""
    calls: dict[str, CallTruth] = {}
    for message in messages:
        known = calls.get(message.sip_id)
        if message.method == "INVITE" and message.status is None and known is None:
            calls[message.sip_id] = CallTruth(message.sip_id, message.at)
        elif known is not None:
            calls[message.sip_id] = _after(known, message)
    return list(calls.values())


def _after(call: CallTruth, message: Message) -> CallTruth:
    if message.method == "INVITE" and message.status is None and message.sent and call.answered is not None:
        return replace(call, invited_again=(*call.invited_again, message.at))
    if message.method == "INVITE" and message.status is not None and message.status >= 200:
        call = replace(call, status=message.status)
        if message.status < 300:
            return call if call.answered is not None else replace(call, answered=message.at)
        return call if call.ended is not None else replace(call, ended=message.at, ended_by=_side(not message.sent))
    if message.method == "REFER" and message.sent and message.status is None:
        return replace(call, referred=message.at)
    if message.method in {"BYE", "CANCEL"} and message.status is None and call.ended is None:
        return replace(call, ended=message.at, ended_by=_side(not message.sent))
    return call


def _side(peer: bool) -> Side:  # noqa: FBT001
    return Side.PEER if peer else Side.SELF
