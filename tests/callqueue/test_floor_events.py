import pytest
from hypothesis import given
from hypothesis import strategies as st

from callqueue.floor.events import STEPS, apply
from callqueue.floor.pictures import picture_agent, picture_queue
from callqueue.floor.state import AgentState, Floor, mask
from tests.support.floor_table import agent_text, event_of, events_of, floor_of, waiting_text

LOGGED_IN = """
    10 QueueMemberAdded q=insurance agent=a101 Interface=PJSIP/a101 Penalty=0 Paused=0 dev=1 LoginTime=10
    10 QueueMemberAdded q=medical   agent=a101 Interface=PJSIP/a101 Penalty=5 Paused=0 dev=1 LoginTime=10
"""
ANSWERED = LOGGED_IN + """
    20 QueueCallerJoin   q=insurance ch=c1 call=L1 from=09121234567 pos=1
    21 AgentCalled       q=insurance ch=c1 call=L1 from=09121234567 leg=x1 agent=a101
    21 QueueMemberStatus q=insurance agent=a101 Paused=0 dev=3
    21 QueueMemberStatus q=medical   agent=a101 Paused=0 dev=3
    25 QueueCallerLeave  q=insurance ch=c1 call=L1 pos=1
    25 AgentConnect      q=insurance ch=c1 call=L1 from=09121234567 leg=x1 agent=a101
"""


def test_callers_wait_in_their_order_with_their_instant_of_joining() -> None:
    floor = floor_of("""
        100 QueueCallerJoin  q=insurance ch=c1 call=L1 from=09121234567 pos=1
        103 QueueCallerJoin  q=insurance ch=c2 call=L2 from=09351234568 pos=2
        104 QueueCallerJoin  q=medical   ch=c3 call=L3 from=unknown     pos=1
        105 QueueCallerJoin  q=insurance ch=c4 call=L4 from=+982112345  pos=1
    """)
    assert waiting_text(floor, "insurance") == "c4@105 c1@100 c2@103"
    assert waiting_text(floor, "medical") == "c3@104"
    picture = picture_queue(floor, "insurance")
    assert [caller["position"] for caller in picture.waiting] == [1, 2, 3]
    assert [caller["number"] for caller in picture.waiting] == ["***345", "***567", "***568"]
    assert picture.longest_wait_since == "1970-01-01T00:01:40.000Z"
    assert picture_queue(floor, "medical").waiting[0]["number"] is None


def test_a_caller_who_leaves_makes_room_and_a_hang_up_never_leaves_one_behind() -> None:
    floor = floor_of("""
        100 QueueCallerJoin    q=insurance ch=c1 call=L1 pos=1
        101 QueueCallerJoin    q=insurance ch=c2 call=L2 pos=2
        102 QueueCallerJoin    q=insurance ch=c3 call=L3 pos=3
        110 QueueCallerAbandon q=insurance ch=c1 call=L1 pos=1
        110 QueueCallerLeave   q=insurance ch=c1 call=L1 pos=1
        111 Hangup             ch=c3
    """)
    assert waiting_text(floor, "insurance") == "c2@101"


def test_a_caller_waits_in_one_queue_at_a_time() -> None:
    floor = floor_of("""
        100 QueueCallerJoin q=insurance ch=c1 call=L1 pos=1
        160 QueueCallerJoin q=operator  ch=c1 call=L1 pos=1
    """)
    assert waiting_text(floor, "insurance") == ""
    assert waiting_text(floor, "operator") == "c1@160"


def test_an_agent_logs_in_is_rung_talks_and_is_ready_again() -> None:
    assert agent_text(Floor(), "a101") == "offline since 0"
    assert agent_text(floor_of(LOGGED_IN), "a101") == "ready since 10"
    ringing = LOGGED_IN + "21 AgentCalled q=insurance ch=c1 call=L1 leg=x1 agent=a101"
    assert agent_text(floor_of(ringing), "a101") == "ringing since 21, call L1 of insurance"
    assert agent_text(floor_of(ANSWERED), "a101") == "talking since 25, call L1 of insurance"
    over = floor_of(ANSWERED + """
        60 AgentComplete     q=insurance ch=c1 call=L1 leg=x1 agent=a101 Reason=caller
        60 Hangup            ch=x1
        60 QueueMemberStatus q=insurance agent=a101 Paused=0 dev=1
        60 QueueMemberStatus q=medical   agent=a101 Paused=0 dev=1
    """)
    assert agent_text(over, "a101") == "ready since 60"


def test_no_other_call_is_seen_between_the_end_of_a_call_and_the_telephones_own_word() -> None:
    over = floor_of(ANSWERED + "60 AgentComplete q=insurance ch=c1 call=L1 leg=x1 agent=a101 Reason=caller")
    assert agent_text(over, "a101") == "ready since 60"


def test_a_hang_up_ends_a_conversation_even_without_agent_complete() -> None:
    assert agent_text(floor_of(ANSWERED + "61 Hangup ch=x1"), "a101") == "ready since 61"


@pytest.mark.parametrize("end", ["AgentRingNoAnswer q=insurance leg=x1 agent=a101", "Hangup ch=x1"])
def test_a_ring_that_is_not_picked_up_ends(end: str) -> None:
    floor = floor_of(LOGGED_IN + f"""
        21 AgentCalled       q=insurance ch=c1 call=L1 leg=x1 agent=a101
        21 QueueMemberStatus q=insurance agent=a101 Paused=0 dev=3
        25 {end}
    """)
    assert agent_text(floor, "a101") == "ready since 25"


def test_a_pause_counts_when_it_holds_in_every_queue() -> None:
    half = LOGGED_IN + "30 QueueMemberPause q=insurance agent=a101 Paused=1 PausedReason=lunch dev=1\n"
    assert agent_text(floor_of(half), "a101") == "ready since 10"
    whole = half + "30 QueueMemberPause q=medical agent=a101 Paused=1 PausedReason=lunch dev=1\n"
    assert agent_text(floor_of(whole), "a101") == "paused (lunch) since 30"
    back = whole + "90 QueueMemberPause q=medical agent=a101 Paused=0 dev=1"
    assert agent_text(floor_of(back), "a101") == "ready since 90"


def test_wrap_up_is_a_state_of_its_own_and_a_pause_of_another_reason_begins_anew() -> None:
    wrap_up = ANSWERED + """
        60 AgentComplete    q=insurance ch=c1 call=L1 leg=x1 agent=a101
        60 QueueMemberPause q=insurance agent=a101 Paused=1 PausedReason=wrap-up dev=1
        60 QueueMemberPause q=medical   agent=a101 Paused=1 PausedReason=wrap-up dev=1
    """
    assert agent_text(floor_of(wrap_up), "a101") == "wrap-up (wrap-up) since 60"
    lunch = floor_of(wrap_up + """
        65 QueueMemberPause q=insurance agent=a101 Paused=1 PausedReason=lunch dev=1
        65 QueueMemberPause q=medical   agent=a101 Paused=1 PausedReason=lunch dev=1
    """)
    assert agent_text(lunch, "a101") == "paused (lunch) since 65"


def test_a_masked_conversation_is_shown_so_also_after_it_was_handed_over() -> None:
    masked = floor_of(ANSWERED + "30 UserEvent UserEvent=MaskChanged Call=L1 Until=150500000 Mask=x")
    handed = floor_of("""
        40 AttendedTransfer Result=Success SecondTransfererUniqueid=x1 {transfer}
        41 UserEvent UserEvent=MaskChanged Call=L9 Until=
    """.format(transfer="TransfereeChannel=PJSIP/trunk-1 TransfereeLinkedid=L1 "
               "TransferTargetChannel=PJSIP/a102-0000001f TransferTargetUniqueid=x2"), masked)
    for agent in ("a101", "a102"):
        call = picture_agent(agent, handed.agent(agent)).call
        assert call is not None
        assert call["masked_until"] == "1970-01-01T00:02:30.500Z"
    lifted = floor_of("50 UserEvent UserEvent=MaskChanged Call=L1 Until=", handed)
    assert [agent.talk.masked_until for agent in lifted.agents.values() if agent.talk] == [None, None]
    assert agent_text(lifted, "a101") == "talking since 25, call L1 of insurance"


def test_a_pause_pressed_during_a_call_is_shown_with_the_call() -> None:
    floor = floor_of(ANSWERED + """
        30 QueueMemberPause q=insurance agent=a101 Paused=1 PausedReason=prayer dev=3
        30 QueueMemberPause q=medical   agent=a101 Paused=1 PausedReason=prayer dev=3 Penalty=5
    """)
    assert agent_text(floor, "a101") == "talking (prayer) since 25, call L1 of insurance"
    picture = picture_agent("a101", floor.agent("a101"))
    assert picture.call == {
        "call_id": "L1", "queue": "insurance", "since": "1970-01-01T00:00:25.000Z", "number": "***567",
        "masked_until": None,
    }
    assert picture.queues == {"insurance": 0, "medical": 5}


def test_a_telephone_busy_with_another_call_is_talking_without_a_call_of_ours() -> None:
    floor = floor_of(LOGGED_IN + "40 QueueMemberStatus q=medical agent=a101 Paused=0 dev=2")
    assert agent_text(floor, "a101") == "talking since 40"


def test_a_telephone_that_is_gone_is_unreachable_and_the_last_log_out_is_offline() -> None:
    gone = LOGGED_IN + """
        40 QueueMemberStatus q=insurance agent=a101 Paused=0 dev=5
        40 QueueMemberStatus q=medical   agent=a101 Paused=0 dev=5
    """
    assert agent_text(floor_of(gone), "a101") == "unreachable since 40"
    out = floor_of(gone + """
        50 QueueMemberRemoved q=insurance agent=a101
        50 QueueMemberRemoved q=medical   agent=a101
    """)
    assert agent_text(out, "a101") == "offline since 50"
    assert out.agent("a101").logged_in is None


def test_a_queues_picture_names_its_agents_by_state() -> None:
    floor = floor_of(ANSWERED + """
        30 QueueMemberAdded q=insurance agent=a102 Paused=0 dev=1
        30 QueueMemberAdded q=pensions  agent=a103 Paused=0 dev=1
    """)
    picture = picture_queue(floor, "insurance")
    assert {state: ids for state, ids in picture.agents.items() if ids} == {"talking": ("a101",), "ready": ("a102",)}
    assert set(picture.agents) == {state.value for state in AgentState} - {"offline"}


@pytest.mark.parametrize(("number", "shown"), [
    ("09121234567", "***567"), ("+982112345678", "***678"), ("1420", "***"), ("123456", "***"), ("unknown", None),
    ("", None), ("0912%0D%0A", None), ("09121234567\n", None), ("۰۹۱۲۱۲۳۴۵۶۷", None),
])
def test_a_number_is_never_shown_whole(number: str, shown: str | None) -> None:
    assert mask(number) == shown


def test_every_event_may_be_applied_twice() -> None:
    for instant, event in events_of(ANSWERED):
        assert event.name in STEPS
        floor = apply(Floor(), event, instant)
        assert apply(floor, event, instant) == floor


def test_asterisks_own_time_of_an_event_is_used() -> None:
    floor = floor_of("100 QueueCallerJoin q=insurance ch=c1 call=L1 pos=1 Timestamp=99.25")
    assert waiting_text(floor, "insurance") == "c1@99.25"


@given(
    st.sampled_from(sorted(STEPS)),
    st.dictionaries(st.sampled_from(["Queue", "Uniqueid", "Position", "Status", "MemberName", "Paused"]), st.text()),
)
def test_an_event_without_sense_never_raises(name: str, fields: dict[str, str]) -> None:
    apply(Floor(), event_of(name, *(f"{key}={value}" for key, value in fields.items())), 1.0)


def test_a_caller_whom_the_page_had_lost_rings_and_talks_like_one_of_the_queue() -> None:
    lost = ANSWERED + """
        60 AgentComplete     q=insurance ch=c1 call=L1 leg=x1 agent=a101 Reason=caller
        60 QueueMemberPause  q=insurance agent=a101 Paused=1 PausedReason=wrap-up dev=1
        60 QueueMemberPause  q=medical   agent=a101 Paused=1 PausedReason=wrap-up dev=1
    """
    assert agent_text(floor_of(lost), "a101") == "wrap-up (wrap-up) since 60"
    rings = lost + "\n63 UserEvent UserEvent=OfferRings agent=a101 q=insurance ch=x2 call=L1 Caller=09121234567"
    assert agent_text(floor_of(rings), "a101") == "ringing (wrap-up) since 63, call L1 of insurance"
    talks = rings + "\n65 UserEvent UserEvent=OfferAnswered agent=a101 q=insurance ch=x2 call=L1 Caller=09121234567"
    assert agent_text(floor_of(talks), "a101") == "talking (wrap-up) since 65, call L1 of insurance"
    assert picture_agent("a101", floor_of(talks).agent("a101")).call == {
        "call_id": "L1", "queue": "insurance", "number": "***567", "since": "1970-01-01T00:01:05.000Z",
        "masked_until": None}
    assert agent_text(floor_of(talks + "\n90 Hangup ch=x2"), "a101") == "wrap-up (wrap-up) since 90"
    assert floor_of("1 UserEvent UserEvent=Strange agent=a101", floor_of(talks)) == floor_of(talks)


IDLE = "10 QueueMemberAdded q=insurance agent=a101 dev=1\n10 QueueMemberAdded q=insurance agent=a102 dev=1"


def test_a_call_out_is_the_agents_conversation_from_its_answer_on() -> None:
    called = IDLE + "\n20 UserEvent UserEvent=CalledOut Telephone=PJSIP/a101-0000001f Leg=x5 ch=t1 call=x5 Caller=0912"
    assert agent_text(floor_of(called), "a101") == "talking since 20, call x5 of "
    assert agent_text(floor_of(called + "\n50 Hangup ch=x5"), "a101") == "ready since 50"
    by_a_caller = called.replace("PJSIP/a101-", "PJSIP/trunk-")
    assert floor_of(by_a_caller) == floor_of(IDLE)


def test_a_colleague_who_was_asked_has_the_caller_once_he_is_handed_over() -> None:
    talks = IDLE + "\n20 AgentConnect q=insurance ch=c1 call=L1 leg=x1 agent=a101 from=09121234567"
    passed = (
        "OrigTransfererUniqueid=x1 SecondTransfererUniqueid=x2 TransfereeChannel=PJSIP/trunk-00000001 "
        "TransfereeLinkedid=L1 TransfereeCallerIDNum=09121234567 TransferTargetUniqueid=x3 "
        "TransferTargetChannel=PJSIP/a102-00000004"
    )
    handed = talks + f"\n40 AttendedTransfer Result=Success {passed}"
    assert agent_text(floor_of(handed), "a102") == "talking since 40, call L1 of insurance"
    assert agent_text(floor_of(talks + f"\n40 AttendedTransfer Result=Fail {passed}"), "a102") == "ready since 10"
    late = IDLE + f"\n40 AttendedTransfer Result=Success {passed}"
    assert agent_text(floor_of(late), "a102") == "talking since 40, call L1 of "
    assert agent_text(floor_of(handed + "\n60 Hangup ch=x3"), "a102") == "ready since 60"
