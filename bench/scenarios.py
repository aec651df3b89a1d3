"""SIPp scenarios, built from what a simulated person does.

SIPp's fields: `[field0]` is the caller's number (or the agent's id); the others are told at each builder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from xml.sax.saxutils import escape

SPEECH = "PCMA/8000"
ALAW = 8
REFERRED_MS = 300
"""From a transfer that was accepted to hanging up."""
DIGITS = 96
"""RTP payload type of RFC 4733 digits."""


class KeyMode(StrEnum):
    """How keys are sent."""

    RTP = "rtp"
    """As RFC 4733 events, like real telephones; SIPp needs root for it (raw sockets)."""
    INFO = "info"
    """By SIP INFO (application/dtmf-relay)."""


class Pickup(StrEnum):
    """What an agent's phone does when it rings."""

    ANSWER = "answer"
    RING = "ring"
    """It rings until Asterisk gives up."""
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Sound:
    """What a phone sends once the call is answered."""

    tone: Path | None = None
    """Raw A-law, repeated until the end of the call."""
    capture: Path | None = None
    """A capture file, played once."""

    def play(self) -> list[str]:
        if self.capture:
            return [_execute(f'play_pcap_audio="{escape(str(self.capture))}"')]
        return [_execute(f'rtp_stream="{escape(str(self.tone))},-1,{ALAW},{SPEECH}"')] if self.tone else []


@dataclass(frozen=True, slots=True)
class Info:
    """Keys sent by INFO, `after_ms` from the answer or the keys before."""

    after_ms: int
    digits: str


@dataclass(frozen=True, slots=True)
class Hold:
    """An agent puts the caller on hold, `after` seconds from the answer or the act before; `seconds` None: for ever."""

    after: float
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Refer:
    """An agent transfers the caller blindly (REFER), `after` seconds from the answer or the act before.

    Then he hangs up; unless he transfers to a number that does not exist, and goes on talking.
    """

    after: float
    to: str
    fails: bool = False


Act = Hold | Refer


def caller_scenario(sound: Sound, keys: Sequence[Info], before_ms: int, *, patient: bool) -> str:
    """A caller who presses `keys`, or has pressed all of his keys in `sound` after `before_ms` milliseconds.

    Then he hangs up, or (patient) waits until the other side does. Fields: 0 number, 1 milliseconds from the last key
    (or the answer) to hanging up.
    """
    parts = [
        *([] if patient else [_PATIENCE]),
        _send(_INVITE, _sdp(sound), retrans=True),
        *(f'<recv response="{code}" optional="true"/>' for code in (100, 180, 183)),
        '<recv response="200" rrs="true"><action>',
        '<ereg regexp="sip:[^&gt;;]*" search_in="hdr" header="Contact:" assign_to="contact"/>',
        '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="remote"/>',
        _note("<sip:[field0]@[local_ip]:[local_port]>;tag=[pid]t[call_number]"), "</action></recv>",
        _send(_ACK),
        *sound.play(),
    ]
    if before_ms:
        parts.append(f'<pause milliseconds="{before_ms}"/>')
    cseq = 2
    for press in keys:
        parts.append(f'<pause milliseconds="{max(press.after_ms, 1)}"/>')
        for digit in press.digits:
            parts += _press(digit, cseq)
            cseq += 1
    parts += _wait_for_bye() if patient else ['<pause variable="patience"/>', *_say_bye(cseq)]
    return _scenario("callers", parts)


def agent_scenario(
    pickup: Pickup, ring_ms: int, talk_ms: int | None, sound: Sound, acts: Sequence[Act] = (),
) -> str:
    """A phone that is rung any number of times. `talk_ms` (from the last act) None: it waits for the caller's end."""
    parts = [
        '<recv request="INVITE" rrs="true"><action>',
        '<ereg regexp="sip:([^@;&gt;]*)@" search_in="hdr" header="From:" assign_to="found,from"/>',
        '<ereg regexp="sip:([^@;&gt; ]*)@" search_in="hdr" header="To:" assign_to="found,agent"/>',
        '<ereg regexp=".*" search_in="hdr" header="From:" assign_to="remote"/>',
        '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="local"/>',
        '<ereg regexp="sip:[^&gt;;]*" search_in="hdr" header="Contact:" assign_to="contact"/>',
        _note("[$local];tag=[pid]a[call_number]", "[$agent]", "[$from]"),
        '</action></recv><Reference variables="found"/>',
    ]
    if pickup is Pickup.BUSY:
        return _scenario("agents", [*parts, _send(_answer("486 Busy Here", tag=True)), '<recv request="ACK"/>'])
    parts.append(_send(_answer("180 Ringing", tag=True)))
    waiting = "" if pickup is Pickup.RING else f' timeout="{max(ring_ms, 1)}" ontimeout="1"'
    parts += [f'<recv request="CANCEL"{waiting}/>', _send(_answer("200 OK", tag=True)), _send(_CANCELLED, retrans=True)]
    parts.append('<recv request="ACK" next="3"/>')
    if pickup is Pickup.ANSWER:
        parts += ['<label id="1"/>', _send(_answer("200 OK", tag=True), _sdp(sound), retrans=True)]
        parts += ['<recv request="ACK"/>', *sound.play()]
        for number, act in enumerate(acts):
            parts += _hold(act, 10 * (number + 1), sound) if isinstance(act, Hold) else _refer(act, 10 * (number + 1))
        referred = acts and isinstance(acts[-1], Refer) and not acts[-1].fails
        parts += [] if referred else _wait_for_bye() if talk_ms is None else _hang_up_after(talk_ms)
    return _scenario("agents", [*parts, '<label id="3"/>', "<nop/>"])


def register_scenario(expires: int) -> str:
    """Registration by digest. Fields: 0 agent's id, 1 the `[authentication ...]` of SIPp."""
    again = _REGISTER.replace("Expires:", "[field1]\nExpires:").replace("CSeq: 1", "CSeq: 2")
    return _scenario("register", [
        _send(_REGISTER.replace("EXPIRES", str(expires)), retrans=True), '<recv response="401" auth="true"/>',
        _send(again.replace("EXPIRES", str(expires)), retrans=True), '<recv response="200"/>',
    ])


def _scenario(name: str, parts: list[str]) -> str:
    body = "\n".join(parts)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="{name}">\n{body}\n</scenario>\n'


_PATIENCE = (
    '<nop><action><assignstr assign_to="text" value="[field1]"/>'
    '<todouble assign_to="patience" variable="text"/></action></nop>'
)


def _note(local: str, agent: str = "", caller: str = "") -> str:
    """What it takes to end this call from outside, and who called whom."""
    fields = ("[call_id]", "[$contact]", local, "[$remote]", agent, caller)
    return f'<log message="{escape("|".join(fields))}"/>'


def _send(message: str, body: str = "", *, retrans: bool = False) -> str:
    kind = "Content-Type: application/sdp\n" if body.startswith("v=") else ""
    text = f"{message}{kind}Content-Length: [len]\n\n{body}"
    again = ' retrans="500"' if retrans else ""
    return f"<send{again}><![CDATA[\n{text}\n]]></send>"


def _execute(what: str) -> str:
    return f"<nop><action><exec {what}/></action></nop>"


def _press(digit: str, cseq: int) -> list[str]:
    info = _in_dialogue("INFO", cseq) + "Content-Type: application/dtmf-relay\n"
    return [_send(info, f"Signal={digit}\nDuration=160\n", retrans=True), '<recv response="200"/>']


def _wait_for_bye() -> list[str]:
    return ['<recv request="BYE"/>', _send(_answer("200 OK"))]


def _hold(act: Hold, cseq: int, sound: Sound) -> list[str]:
    parts = [_pause(act.after), *_invite_again(cseq, f"{_sdp(sound)}a=sendonly\n")]
    if act.seconds is not None:
        parts += [_pause(act.seconds), *_invite_again(cseq + 1, f"{_sdp(sound)}a=sendrecv\n")]
    return parts


def _invite_again(cseq: int, body: str) -> list[str]:
    return [
        _send(_as_agent("INVITE", cseq) + _AGENT_CONTACT, body, retrans=True),
        '<recv response="100" optional="true"/>', '<recv response="200"/>', _send(_as_agent("ACK", cseq)),
    ]


def _refer(act: Refer, cseq: int) -> list[str]:
    target = f"<sip:{act.to}@[remote_ip]:[remote_port]>"
    request = f"{_as_agent('REFER', cseq)}{_AGENT_CONTACT}Refer-To: {target}\nReferred-By: <sip:[$agent]@[local_ip]>\n"
    parts = [_pause(act.after), _send(request, retrans=True), '<recv response="202"/>']
    return parts if act.fails else [*parts, *_hang_up_after(REFERRED_MS)]


def _pause(seconds: float) -> str:
    return f'<pause milliseconds="{max(round(seconds * 1000), 1)}"/>'


def _hang_up_after(milliseconds: int) -> list[str]:
    return [
        f'<recv request="BYE" timeout="{max(milliseconds, 1)}" ontimeout="2"/>', _send(_answer("200 OK")),
        '<nop next="3"/>', '<label id="2"/>', _send(_as_agent("BYE", 900), retrans=True), '<recv response="200"/>',
    ]


def _say_bye(cseq: int) -> list[str]:
    return [_send(_in_dialogue("BYE", cseq), retrans=True), '<recv response="200"/>']


def _sdp(sound: Sound) -> str:
    port = "rtpstream_audio_port" if sound.tone else "auto_media_port"
    return f"""v=0
o=- 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [{port}] RTP/AVP {ALAW} {DIGITS}
a=rtpmap:{ALAW} {SPEECH}
a=rtpmap:{DIGITS} telephone-event/8000
a=fmtp:{DIGITS} 0-15
a=ptime:20
"""


_VIA = "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport\n"
_CONTACT = "Contact: <sip:[field0]@[local_ip]:[local_port]>\n"
_FROM = "From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]t[call_number]\n"
_ADDRESS = "sip:[service]@[remote_ip]:[remote_port]"
_INVITE = f"""INVITE {_ADDRESS} SIP/2.0
{_VIA}{_FROM}To: <{_ADDRESS}>
Call-ID: [call_id]
CSeq: 1 INVITE
{_CONTACT}Max-Forwards: 70
"""
_ACK = f"""ACK [next_url] SIP/2.0
{_VIA}{_FROM}To: <{_ADDRESS}>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
"""
_CANCELLED = """SIP/2.0 487 Request Terminated
[last_Via:]
[last_From:]
[last_To:];tag=[pid]a[call_number]
Call-ID: [call_id]
CSeq: [last_cseq_number] INVITE
"""
_AGENT_CONTACT = "Contact: <sip:[$agent]@[local_ip]:[local_port]>\n"
_REGISTER = f"""REGISTER sip:[remote_ip]:[remote_port] SIP/2.0
{_VIA}{_FROM}To: <sip:[field0]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 REGISTER
{_CONTACT}Expires: EXPIRES
Max-Forwards: 70
"""


def _in_dialogue(method: str, cseq: int) -> str:
    return f"""{method} [next_url] SIP/2.0
{_VIA}{_FROM}To: <{_ADDRESS}>[peer_tag_param]
Call-ID: [call_id]
CSeq: {cseq} {method}
Max-Forwards: 70
"""


def _as_agent(method: str, cseq: int) -> str:
    """A request from the side that was called."""
    return f"""{method} [next_url] SIP/2.0
{_VIA}From:[$local];tag=[pid]a[call_number]
To:[$remote]
Call-ID: [call_id]
CSeq: {cseq} {method}
Max-Forwards: 70
"""


def _answer(status: str, *, tag: bool = False) -> str:
    return f"""SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:]{";tag=[pid]a[call_number]" if tag else ""}
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>
"""
