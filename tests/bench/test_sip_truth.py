"""What SIPp noted of a call, and what a caller's telephone sends."""

from pathlib import Path

import pytest

from bench.capture import Press, press_seconds, write_capture
from bench.dialogues import Dialogue, parse_dialogues
from bench.tones import alaw
from bench.truth import CallTruth, Side, parse_messages, tell_calls

ANSWERED = """\
100.000000 S c1 CSeq:1 INVITE|INVITE sip:1420@127.0.0.1 SIP/2.0
100.100000 R c1 CSeq:1 INVITE|SIP/2.0 100 Trying
100.250000 R c1 CSeq:1 INVITE|SIP/2.0 200 OK
100.251000 S c1 CSeq:1 ACK|ACK sip:127.0.0.1 SIP/2.0
"""
CALLER_ENDS = ANSWERED + """\
107.500000 S c1 CSeq:2 BYE|BYE sip:127.0.0.1 SIP/2.0
107.510000 R c1 CSeq:2 BYE|SIP/2.0 200 OK
"""
PEER_ENDS = ANSWERED + """\
109.000000 R c1 CSeq:8 BYE|BYE sip:1@127.0.0.1 SIP/2.0
109.001000 S c1 CSeq:8 BYE|SIP/2.0 200 OK
"""
RUNG_IN_VAIN = """\
50.000000 R c2 CSeq:7 INVITE|INVITE sip:a101@127.0.0.1 SIP/2.0
50.010000 S c2 CSeq:7 INVITE|SIP/2.0 180 Ringing
53.010000 R c2 CSeq:7 CANCEL|CANCEL sip:a101@127.0.0.1 SIP/2.0
53.011000 S c2 CSeq:7 CANCEL|SIP/2.0 200 OK
53.012000 S c2 CSeq:7 INVITE|SIP/2.0 487 Request Terminated
"""
REFUSED = """\
10.000000 S c3 CSeq:1 INVITE|INVITE sip:1420@127.0.0.1 SIP/2.0
10.020000 R c3 CSeq:1 INVITE|SIP/2.0 404 Not Found
10.021000 S c3 CSeq:1 ACK|ACK sip:1420@127.0.0.1 SIP/2.0
"""


def noted(table: str) -> str:
    """The table as SIPp writes it: tabs, with day and time before."""
    rows = (line.partition("|") for line in table.splitlines())
    return "".join("\t".join(("2026-11-22", "00:00:00", *head.split(" ", 3), first)) + "\n" for head, _, first in rows)


@pytest.mark.parametrize(
    ("table", "truth"),
    [
        (ANSWERED, CallTruth("c1", 100.0, 100.25, status=200)),
        (CALLER_ENDS, CallTruth("c1", 100.0, 100.25, 107.5, Side.SELF, 200)),
        (PEER_ENDS, CallTruth("c1", 100.0, 100.25, 109.0, Side.PEER, 200)),
        (RUNG_IN_VAIN, CallTruth("c2", 50.0, None, 53.01, Side.PEER, 487)),
        (REFUSED, CallTruth("c3", 10.0, None, 10.02, Side.PEER, 404)),
    ],
)
def test_messages_tell_when_a_call_was_answered_and_who_ended_it(table: str, truth: CallTruth) -> None:
    assert tell_calls(parse_messages(noted(table))) == [truth]


def test_a_message_that_is_half_written_is_left_for_later() -> None:
    text = noted(CALLER_ENDS)
    assert tell_calls(parse_messages(text[:-4]))[0].ended == 107.5
    assert tell_calls(parse_messages(text[: text.index("BYE")]))[0].ended is None


def test_a_dialogue_line_gives_what_it_takes_to_hang_up() -> None:
    text = 'c1|sip:127.0.0.1:5060|<sip:0912@127.0.0.2>;tag=a| "x" <sip:1420@127.0.0.1>;tag=b|a101|0912\nhalf|'
    (dialogue,) = parse_dialogues(text)
    assert dialogue == Dialogue("c1", "sip:127.0.0.1:5060", "<sip:0912@127.0.0.2>;tag=a",
                                '"x" <sip:1420@127.0.0.1>;tag=b', "a101", "0912")
    assert dialogue.bye("127.0.0.2").startswith(b"BYE sip:127.0.0.1:5060 SIP/2.0\r\n")


def test_keys_are_distinct_events_at_their_times_with_sound_between(tmp_path: Path) -> None:
    path = write_capture(tmp_path / "keys.pcap", [Press(0.5, "1"), Press(1.0, "1")], b"\xd5" * 8000, 2.0)
    content, end = path.read_bytes(), bytes([1, 0x8A, 3, 0xC0])
    ends = [n for n in range(len(content)) if content.startswith(end, n)]
    assert len(ends) == 2 * 3
    assert len({content[n - 8:n - 4] for n in ends}) == 2, "each press has a time stamp of its own"
    assert press_seconds("12") == pytest.approx(0.4)


def test_a_telephone_has_no_other_keys(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no key 'x'"):
        write_capture(tmp_path / "keys.pcap", [Press(0.0, "1x")])


@pytest.mark.parametrize(("sample", "octet"), [(0, 0xD5), (-1, 0x55), (32767, 0xAA), (-32768, 0x2A), (1000, 0xFA)])
def test_alaw_is_as_the_recommendation_has_it(sample: int, octet: int) -> None:
    assert alaw(sample) == octet
