"""Bridges as an Asterisk wrote them, in tables of stays; who is credited with what, below each."""

from callqueue.cel.conversations import Passed, Presence, Served, conversations_of, owner_of
from callqueue.ledger.reconcile import Span


def stays(table: str) -> list[Presence]:
    """Lines of `channel owner bridge call from to` (microseconds); the owner of a caller is `-`."""
    found = []
    for line in table.strip().splitlines():
        channel, owner, bridge, call, start, end = line.split()
        span = Span(int(start), int(end))
        found.append(Presence(channel, None if owner == "-" else owner, bridge, call, span))
    return found


def credited(table: str, passed: list[Passed] | None = None, served: list[Served] | None = None) -> list[str]:
    """What the agent of the first line is credited with."""
    first, *others = stays(table)
    found = conversations_of(first, others, passed or [], served or [])
    return [f"{each.kind} {each.span.start}-{each.span.end} {each.partner or each.call_id}" for each in found]


OWN = [Served("c1", 1, "x1", "c1")]


def test_the_queues_caller_is_a_direct_conversation() -> None:
    assert credited("""
        x1 a101 b1 c1 10 90
        c1 -    b1 c1 11 91
    """, served=OWN) == ["direct 11-90 c1"]


def test_who_gets_the_caller_by_a_blind_transfer_is_credited_too() -> None:
    assert credited("""
        x2 a102 b2 c1 100 200
        c1 -    b2 c1 101 201
    """, [Passed(95, "x1", None, "c1", "c1")], OWN) == ["transfer 101-200 c1"]


def test_an_attended_transfer_is_consultation_and_then_conversation() -> None:
    passed = [Passed(152, "x1", "y1", "c1", "c1")]
    assert credited("""
        z1 a102 b2 y1 100 150
        y1 a101 b2 y1 101 153
    """, passed) == ["consultation 101-150 a101"]
    assert credited("""
        z1 a102 b1 c1 150 300
        x1 a101 b1 c1 10  150
        c1 -    b1 c1 11  301
    """, passed, OWN) == ["transfer 150-300 c1"]


def test_a_consulted_queues_agent_keeps_the_caller_who_takes_the_place_of_a_colleague() -> None:
    """Asterisk links the two bridges by a Local channel where it cannot join them."""
    assert credited("""
        z1 b201 b2 y1 100 400
        y1 a101 b2 y1 101 200
        l2 -    b2 c1 200 401
    """, [Passed(203, "x1", "y1", "c1", "c1")], [Served("y1", 1, "z1", "c1")]) == [
        "consultation 101-200 a101", "transfer 200-400 c1",
    ]


def test_a_caller_who_comes_by_masquerade_is_known_from_the_transfer_alone() -> None:
    assert credited("""
        z1 b202 b2 y1 100 400
        y1 a103 b2 y1 102 110
    """, [Passed(104, "x1", "y1", "c1", "c1")], [Served("y1", 1, "z1", "c1")]) == [
        "consultation 102-104 a103", "transfer 104-400 c1",
    ]


def test_a_consultation_that_was_given_up_is_no_conversation_with_the_caller() -> None:
    assert credited("""
        y1 a101 b2 y1 100 150
        z1 a102 b2 y1 99  151
    """) == ["consultation 100-150 a102"]


def test_nobody_in_the_bridge_is_no_conversation() -> None:
    assert credited("x1 a101 b1 c1 10 90") == []


def test_a_caller_between_two_agents_is_spoken_with_by_both() -> None:
    assert credited("""
        x1 a101 b1 c1 10 90
        c1 -    b1 c1 10 90
        z1 a102 b1 c1 40 60
    """, served=OWN) == ["direct 10-90 c1"]


def test_channels_belong_to_agents_callers_or_nobody() -> None:
    names = ("PJSIP/a101-0000001f", "PJSIP/front-desk-0000001f", "PJSIP/trunk-0000001f", "Local/x@y-0000001f;2", "")
    assert [owner_of(name) for name in names] == ["a101", "front-desk", None, None, None]
