from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callqueue.journal.events import (
    Abandoned,
    AgentDid,
    BadLine,
    CallbackAttempted,
    CallbackClosed,
    CallbackEnded,
    CallbackRequested,
    Connected,
    Entered,
    Ignored,
    LeftByKey,
    RangNoAnswer,
    StintSaid,
    TalkEnded,
)
from callqueue.journal.parser import READERS, parse_line
from callqueue.ledger.stint import Ending, Origin
from callqueue.records.lines import LONGEST, LineSplitter


def split_in(cuts: list[int], data: bytes) -> list[tuple[int, int, bytes]]:
    splitter, found, last = LineSplitter(), [], 0
    for cut in [*sorted(cut % (len(data) + 1) for cut in cuts), len(data)]:
        found += splitter.feed(data[last:cut])
        last = cut
    return [(line.offset, line.number, line.text) for line in found]


@given(st.binary(max_size=400), st.lists(st.integers(0, 400)))
def test_any_cutting_of_the_bytes_gives_the_same_lines(data: bytes, cuts: list[int]) -> None:
    assert split_in(cuts, data) == split_in([], data)


@given(st.lists(st.binary(max_size=30).filter(lambda text: b"\n" not in text and not text.endswith(b"\r"))))
def test_every_whole_line_comes_back_with_its_place(texts: list[bytes]) -> None:
    data = b"".join(text + b"\n" for text in texts)
    lines = LineSplitter().feed(data + b"half")
    assert [line.text for line in lines] == texts
    assert [line.number for line in lines] == list(range(1, len(texts) + 1))
    assert all(data[line.offset:line.offset + len(line.text)] == line.text for line in lines)


@given(st.lists(st.integers(0, 4 * LONGEST)))
def test_a_line_without_end_takes_no_more_memory_than_is_allowed(cuts: list[int]) -> None:
    lines = split_in(cuts, b"x" * (3 * LONGEST) + b"\nshort\n")
    assert [len(text) for _, _, text in lines] == [LONGEST + 1, 5]
    assert isinstance(parse_line(lines[0][2]), BadLine)


@given(st.binary(max_size=200))
def test_no_garbage_raises(text: bytes) -> None:
    event = parse_line(text)
    if isinstance(event, BadLine):
        assert event.reason
        assert "\x00" not in event.text


FIELD = st.one_of(st.text(max_size=12), st.sampled_from(["NONE", "", "12", "-1", "9" * 30, "²", "٣", "c1", "a101"]))


@given(st.sampled_from(sorted(READERS)), st.lists(FIELD, max_size=9), st.sampled_from(["1800000000", "٣", "", "1e9"]))
def test_no_field_of_a_known_event_raises(event: str, fields: list[str], at: str) -> None:
    line = "|".join([at, *fields[:3], event, *fields[3:]])
    parse_line(line.encode("utf-8", "surrogatepass"))


@given(st.sampled_from(sorted(READERS)), st.lists(st.text(alphabet="ab1|", max_size=400), min_size=3, max_size=9))
def test_what_is_read_fits_into_the_tables(event: str, fields: list[str]) -> None:
    found = parse_line("|".join(["1800000000", *fields[:3], event, *fields[3:]]).encode())
    if not isinstance(found, BadLine):
        for name in type(found).__slots__:
            value = getattr(found, name)
            assert not isinstance(value, str) or len(value) <= 150
            large = name.endswith(("_us", "_ms"))
            assert not isinstance(value, int) or -(2**63 if large else 2**31) <= value < (2**63 if large else 2**31)


@pytest.mark.parametrize(("line", "event"), [
    ("1800000000|c1|medical|NONE|ENTERQUEUE||09121112233|4", Entered(1800000000, "c1", "medical", "09121112233", 4)),
    ("1800000000|c1|medical|NONE|ENTERQUEUE||anonymous|4", Entered(1800000000, "c1", "medical", None, 4)),
    ("1800000000|c1|medical|a101|CONNECT|12|c2|3", Connected(1800000000, "c1", "medical", "a101", 12, "c2")),
    ("1800000000|c1|medical|a101|BLINDTRANSFER|100|agents|12|40|1",
     TalkEnded(1800000000, "c1", "medical", "a101", 12, 40, Ending.TRANSFER)),
    ("1800000000|c1|medical|a101|TRANSFER|100|agents|12|40",
     TalkEnded(1800000000, "c1", "medical", "a101", 12, 40, Ending.TRANSFER)),
    ("1800000000|c1|medical|NONE|EXITWITHKEY|1|2|3|40", LeftByKey(1800000000, "c1", "medical", 40)),
    ("1800000000|c1|medical|NONE|ABANDON|1|2|40|||", Abandoned(1800000000, "c1", "medical", 40)),
    ("1800000000|c1|medical|a101|RINGNOANSWER|15000", RangNoAnswer(1800000000, "c1", "medical", "a101", 15000)),
    ("1800000000|c1|medical|NONE|STINT|L1||overflow||2",
     StintSaid(1800000000, "c1", "medical", "L1", None, Origin.OVERFLOW, None, 2)),
    ("1800000000|NONE|NONE|NONE|CONFIGRELOAD|", Ignored(1800000000, "CONFIGRELOAD")),
    ("1800000000|c1|medical|NONE|CALLBACK_REQUESTED|cb-1|09121112233|1799999990123|5|fa|queue|L1|",
     CallbackRequested(1800000000, "c1", "medical", "cb-1", "09121112233", 1799999990123, 5, "fa", "queue", "L1")),
    ("1800000000|c1|medical|NONE|CALLBACK_REQUESTED|cb-1",
     CallbackRequested(1800000000, "c1", "medical", "cb-1", None, 1800000000000, 0, "", "", "c1")),
    ("1800000000|NONE|medical|NONE|CALLBACK_REQUESTED|cb-2|+982112345678|x|-|tr|web||1800003600000",
     CallbackRequested(1800000000, "", "medical", "cb-2", "+982112345678", 1800000000000, 0, "tr", "web", "",
                       1800003600000)),
    ("1800000000|c1|medical|NONE|CALLBACK_REQUESTED|cb-1|09121112233|1799999990123|0|fa|menu|c1||123456782|1800000900000",
     CallbackRequested(1800000000, "c1", "medical", "cb-1", "09121112233", 1799999990123, 0, "fa", "menu", "c1", None,
                       "123456782", 1800000900000)),
    ("1800000000|cb-1-2|medical|NONE|CALLBACK_ATTEMPT|cb-1|2|callback",
     CallbackAttempted(1800000000, "cb-1-2", "medical", "cb-1", 2, "callback")),
    ("1800000000|r-7-1|NONE|NONE|CALLBACK_RESULT|r-7|1|no_answer|19",
     CallbackEnded(1800000000, "r-7-1", None, "r-7", 1, "no_answer", "19")),
    ("1800000000|NONE|medical|NONE|CALLBACK_CLOSED|cb-1|cancelled|caller",
     CallbackClosed(1800000000, "", "medical", "cb-1", "cancelled", "caller")),
])
def test_a_line_says(line: str, event: object) -> None:
    assert parse_line(line.encode()) == event


@pytest.mark.parametrize(("line", "reason"), [
    ("", "empty line"),
    ("1800000000|c1|q", "3 of at least 5 fields"),
    ("yesterday|c1|q|NONE|ENTERQUEUE", "is no time"),
    ("1800000000|NONE|q|NONE|ENTERQUEUE||1|1", "without a call's id"),
    ("1800000000|MANAGER|q|NONE|ABANDON|1|1|1", "without a call's id"),
    ("1800000000|c1|NONE|NONE|ENTERQUEUE||1|1", "without a queue"),
    ("1800000000|c1|q|NONE|CONNECT|1|x|1", "without an agent"),
    ("1800000000|c1|q|a|CONNECT|many|x|1", "no number of seconds"),
    ("1800000000|c1|q|a|STINT|L|1|nowhere||1", "no origin"),
    (f"1800000000|c1|{'q' * 200}|a|CONNECT|1|x|1", "a field of 200 characters"),
    ("1800000000|NONE|q|NONE|CALLBACK_REQUESTED|", "neither a call's id nor a promise"),
    ("1800000000|NONE|q|NONE|CALLBACK_ATTEMPT|cb-1|1|callback", "without a call's id"),
    ("1800000000|c1|q|NONE|CALLBACK_RESULT|cb-1|1|", "no outcome"),
    ("1800000000|c1|q|NONE|CALLBACK_CLOSED||reached", "no promise"),
    ("1800000000|c1|q\x00|NONE|ABANDON|1|1|1", "control character"),
    ("2026-03-21 08:00:00|c1|q|NONE|ABANDON|1|1|1", "say its time zone"),
])
def test_a_bad_line_says_why(line: str, reason: str) -> None:
    event = parse_line(line.encode())
    assert isinstance(event, BadLine)
    assert reason in event.reason


def test_names_that_are_not_utf_8_are_kept_with_marks() -> None:
    event = parse_line(b"1800000000|c1|caf\xe9|NONE|ABANDON|1|1|1")
    assert event == Abandoned(1800000000, "c1", "caf\ufffd", 1)


def test_local_time_is_read_in_the_given_zone() -> None:
    event = parse_line(b"2026-03-21 08:00:00.123456|c1|q|NONE|ABANDON|1|1|1", ZoneInfo("Asia/Tehran"))
    assert event == Abandoned(1774067400, "c1", "q", 1)


def test_a_manager_s_pause_needs_no_call() -> None:
    event = parse_line(b"1800000000|MANAGER|medical|a101|PAUSE|lunch")
    assert isinstance(event, AgentDid)
    assert (event.agent, event.reason, event.queue) == ("a101", "lunch", "medical")
