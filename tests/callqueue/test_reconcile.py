from dataclasses import replace

from callqueue.ledger.evidence import GapKind
from callqueue.ledger.reconcile import CelView, Leg, Span, reconcile
from callqueue.ledger.stint import Ending, Origin, Outcome, Stint

BEGAN = 1_800_000_000
ANSWERED = Stint(
    "c1", "c1", 1, "medical", Origin.DIRECT, BEGAN, Outcome.ANSWERED, wait=10, agent="a101", answered=BEGAN + 10,
    finished=BEGAN + 40, talk=30, ending=Ending.CALLER, agent_channel_id="x1",
)
ABANDONED = Stint("c1", "c1", 1, "medical", Origin.DIRECT, BEGAN, Outcome.ABANDONED, wait=7, finished=BEGAN + 7)


def span(start: float, end: float) -> Span:
    return Span(round((BEGAN + start) * 1e6), round((BEGAN + end) * 1e6))


def leg(channel_id: str, start: float, end: float, bridge: str = "b1") -> Leg:
    return Leg(channel_id, bridge, span(start, end))


TALK = CelView((leg("c1", 10.2, 40.25), leg("x1", 10.1, 40.3)), (), (span(0.1, 40.3),), knows_call=True)


def test_cel_gives_wait_and_talk_in_milliseconds() -> None:
    found = reconcile(ANSWERED, TALK)
    assert (found.spoke, found.wait_ms, found.talk_ms, found.hold_ms, found.gaps) == (True, 10_100, 30_050, 0, ())


def test_hold_is_not_talk() -> None:
    found = reconcile(ANSWERED, replace(TALK, holds=(span(12, 15), span(14, 16), span(39, 60))))
    assert (found.talk_ms, found.hold_ms) == (30_050 - 5_250, 5_250)


def test_nobody_claims_to_know_of_holds_in_a_time_when_nobody_watched() -> None:
    assert reconcile(ANSWERED, replace(TALK, blind=(span(30, 32),))).hold_ms is None
    assert reconcile(ANSWERED, replace(TALK, blind=(span(0, 10), span(41, 90)))).hold_ms == 0


def test_connected_but_never_bridged_is_not_spoken() -> None:
    stint = replace(ANSWERED, finished=BEGAN + 10, talk=0)
    found = reconcile(stint, CelView(stays=(span(0, 10),), knows_call=True))
    assert (found.spoke, found.talk_ms, found.wait_ms, found.gaps) == (False, 0, None, ())


def test_consultation_in_another_bridge_is_not_talk_with_the_caller() -> None:
    view = replace(TALK, legs=(
        leg("c1", 10.2, 20), leg("x1", 10.1, 20), leg("x1", 20, 30, "consult"), leg("s1", 20, 30, "consult"),
        leg("c1", 30, 40.2), leg("x1", 30, 40.2),
    ))
    assert reconcile(replace(ANSWERED, talk=20), view).talk_ms == 9_800 + 10_200


def test_after_a_masquerade_whoever_met_the_agent_was_the_caller() -> None:
    found = reconcile(ANSWERED, replace(TALK, legs=(leg("m9", 10.2, 40.25), leg("x1", 10.1, 40.3))))
    assert found.talk_ms == 30_050


def test_a_second_is_no_disagreement_and_two_are() -> None:
    assert reconcile(replace(ANSWERED, talk=31), TALK).gaps == ()
    (gap,) = reconcile(replace(ANSWERED, talk=33, wait=13), TALK).gaps
    assert gap.kind is GapKind.DISAGREEMENT
    assert gap.detail == "queue medical: wait: journal 13 s, CEL 10100 ms; talk: journal 33 s, CEL 30050 ms"


def test_an_interrupted_conversation_has_no_end_to_disagree_about() -> None:
    assert reconcile(replace(ANSWERED, talk=90, ending=Ending.INTERRUPTED), TALK).gaps == ()


def test_an_abandoned_wait_is_that_of_the_queue_application() -> None:
    view = CelView(stays=(span(-30, -20), span(0.3, 7.8)), knows_call=True)
    assert reconcile(ABANDONED, view).wait_ms == 7_500


def test_a_conversation_that_cel_does_not_know_is_declared() -> None:
    found = reconcile(ANSWERED, CelView())
    assert found.spoke is None
    assert [gap.kind for gap in found.gaps] == [GapKind.CEL_LOST]
