from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from callqueue.cel.feed import fold_cel
from callqueue.cel.parser import CelEvent, parse_cel
from callqueue.journal.events import BadLine

BRIDGE_ENTER = (
    b'"1795311461.105113","BRIDGE_ENTER","s-2","s-1","PJSIP/a101-0000001e","pasokh-agents","enter","AppQueue","",'
    b'"{""bridge_id"":""d0b9"",""bridge_technology"":""simple_bridge""}"'
)
HANGUP = (
    b'"1795311462.5","HANGUP","s-1","s-1","PJSIP/trunk-0000001d","pasokh-queue","enter","","",'
    b'"{""hangupcause"":16,""hangupsource"":""PJSIP/trunk-0000001d"",""dialstatus"":""ANSWER""}"'
)


def test_a_bridge_entry_says_who_entered_what_when() -> None:
    assert parse_cel(BRIDGE_ENTER) == CelEvent(
        1795311461105113, "BRIDGE_ENTER", "s-2", "s-1", "PJSIP/a101-0000001e", "AppQueue", "d0b9")


def test_a_hangup_says_who_hung_up() -> None:
    event = parse_cel(HANGUP)
    assert isinstance(event, CelEvent)
    assert (event.at_us, event.hangup_source) == (1795311462500000, "PJSIP/trunk-0000001d")


@given(st.binary(max_size=300))
def test_no_garbage_raises(text: bytes) -> None:
    event = parse_cel(text)
    assert not isinstance(event, BadLine) or event.reason


@given(st.lists(st.text(max_size=20), min_size=8, max_size=12), st.text(max_size=40))
def test_no_quoted_fields_raise(fields: list[str], extra: str) -> None:
    quoted = ",".join('"' + field.replace('"', '""') + '"' for field in ["1795311461.1", *fields, extra])
    parse_cel(quoted.encode("utf-8", "surrogatepass"))


@given(st.integers(0, len(HANGUP)))
def test_a_line_cut_anywhere_is_bad_or_the_line(cut: int) -> None:
    event = parse_cel(HANGUP[:cut])
    assert isinstance(event, BadLine) or event == parse_cel(HANGUP)


def event(at: int, kind: str, channel_id: str, **more: Any) -> CelEvent:
    return CelEvent(at, kind, channel_id, "c1", f"PJSIP/trunk-{channel_id}", **more)


def test_a_channel_that_ends_leaves_its_bridge_and_its_queue() -> None:
    changes = fold_cel([
        event(1, "CHAN_START", "c1"), event(2, "APP_START", "c1", app="Queue"),
        event(3, "BRIDGE_ENTER", "c1", bridge="b"), event(9, "CHAN_END", "c1"), event(9, "LINKEDID_END", "c1"),
    ])
    assert changes.legs[0]["left_us"] == 9
    assert changes.stays[0]["ended_us"] == 9
    assert (changes.calls[0]["ended_us"], changes.calls[0]["queued"]) == (9, True)


def test_an_end_whose_beginning_was_in_an_earlier_batch_waits_for_the_database() -> None:
    changes = fold_cel([event(5, "BRIDGE_EXIT", "c1", bridge="b"), event(6, "APP_END", "c1", app="Queue")])
    assert changes.leg_ends == [{"of_channel": "c1", "of_bridge": "b", "new_end": 5}]
    assert changes.stay_ends == [{"of_channel": "c1", "new_end": 6}]
