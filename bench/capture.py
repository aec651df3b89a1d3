"""What a caller's telephone sends, as a capture file that SIPp plays: sound, and digits as RFC 4733 events.

SIPp's own `play_dtmf` begins 0.8 s late and gives every press the same RTP time stamp, so that the second counts as a
repetition of the first.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

FRAME = 160
"""Samples of one packet, 20 ms at 8 kHz."""
FRAME_SECONDS = 0.02
DIGIT_FRAMES = 6
GAP_FRAMES = 4
ENDS = 3
"""The last packet of an event is sent three times (RFC 4733, 2.5.1.4)."""
SILENCE = b"\xd5" * FRAME
SPEECH = 8
EVENTS = 96
DIGITS = "0123456789*#"
SSRC = 0x50415330


@dataclass(frozen=True, slots=True)
class Press:
    """Digits pressed one after the other, the first `at` seconds from the answer."""

    at: float
    digits: str


@dataclass(frozen=True, slots=True)
class _Packet:
    frame: int
    kind: int
    stamp: int
    body: bytes
    marker: bool = False


def press_seconds(digits: str) -> float:
    """How long it takes to press them."""
    return len(digits) * (DIGIT_FRAMES + GAP_FRAMES) * FRAME_SECONDS


def write_capture(path: Path, presses: Sequence[Press], sound: bytes = b"", seconds: float = 0.0) -> Path:
    """Write a capture (pcap, Ethernet) of the presses, with `sound` (A-law, repeated) between them for `seconds`.

    Raises:
        ValueError: a telephone has no such key.
    """
    events = [packet for press in presses for packet in _events(press)]
    busy = {packet.frame for packet in events}
    # SIPp counts from the first packet, so there is one at the very beginning.
    frames = round(seconds / FRAME_SECONDS) if sound else 1
    said = sound or SILENCE
    speech = [_Packet(frame, SPEECH, frame * FRAME, _cut(said, frame)) for frame in range(frames) if frame not in busy]
    packets = sorted(events + speech, key=lambda packet: packet.frame)
    path.write_bytes(_FILE_HEADER + b"".join(_record(number, packet) for number, packet in enumerate(packets, 1)))
    return path


def _events(press: Press) -> Iterator[_Packet]:
    first = round(press.at / FRAME_SECONDS)
    for digit in press.digits:
        code = DIGITS.find(digit)
        if code < 0:
            raise ValueError(f"{press.digits!r}: a telephone has no key {digit!r}")
        for n in range(DIGIT_FRAMES + ENDS):
            frame = min(n, DIGIT_FRAMES)
            end = 0x80 if n >= DIGIT_FRAMES else 0
            body = struct.pack("!BBH", code, end | 10, min(n + 1, DIGIT_FRAMES) * FRAME)
            yield _Packet(first + frame, EVENTS, first * FRAME, body, marker=n == 0)
        first += DIGIT_FRAMES + GAP_FRAMES


def _cut(sound: bytes, frame: int) -> bytes:
    start = frame * FRAME % len(sound)
    piece = sound[start:start + FRAME]
    while len(piece) < FRAME:
        piece += sound[: FRAME - len(piece)]
    return piece


_FILE_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)


def _record(number: int, packet: _Packet) -> bytes:
    rtp = struct.pack("!BBHII", 0x80, packet.marker << 7 | packet.kind, number, packet.stamp, SSRC) + packet.body
    udp = struct.pack("!HHHH", 6000, 6000, 8 + len(rtp), 0) + rtp
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1") + udp
    frame = bytes(12) + b"\x08\0" + ip
    # SIPp takes an instant of 0 for none, and would not wait after it.
    microseconds = round((1 + packet.frame * FRAME_SECONDS) * 1_000_000)
    return struct.pack("<IIII", *divmod(microseconds, 1_000_000), len(frame), len(frame)) + frame
