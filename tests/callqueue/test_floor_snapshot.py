from callqueue.floor.snapshot import take_snapshot
from callqueue.floor.state import Floor
from foundation.asterisk.ami import Event
from tests.support.floor_table import agent_text, events_of, floor_of, waiting_text

STATUS = """
    0 QueueParams q=insurance
    0 QueueMember q=insurance Name=a101 Location=PJSIP/a101 Penalty=0 Paused=0 dev=3 LoginTime=500
    0 QueueMember q=insurance Name=a102 Location=PJSIP/a102 Penalty=5 Paused=1 PausedReason=lunch LastPause=900 dev=1 LoginTime=600
    0 QueueMember q=insurance Name=a103 Location=PJSIP/a103 Penalty=0 Paused=0 dev=3 LoginTime=700
    0 QueueEntry  q=insurance ch=c3 pos=2 Wait=10 from=09351234568
    0 QueueEntry  q=insurance ch=c2 pos=1 Wait=30 from=09121234567
    0 QueueParams q=medical
"""  # noqa: E501 - one event a line
CHANNELS = """
    0 CoreShowChannel Channel=PJSIP/trunk-00000001 ch=c1 call=L1 from=09121234567 ChannelState=6 Application=Queue ApplicationData=insurance,,,,60 BridgeId=b1 Duration=00:01:10
    0 CoreShowChannel Channel=PJSIP/a101-00000002  ch=x1 call=L1 from=insurance   ChannelState=6 Application=AppQueue BridgeId=b1 Duration=00:01:00
    0 CoreShowChannel Channel=PJSIP/trunk-00000003 ch=c2 call=L2 from=09351234568 ChannelState=6 Application=Queue ApplicationData=insurance BridgeId= Duration=00:00:31
    0 CoreShowChannel Channel=PJSIP/a103-00000004  ch=x3 call=L2 from=insurance   ChannelState=5 Application=AppQueue BridgeId= Duration=00:00:04
"""  # noqa: E501 - one event a line


def listed(table: str) -> list[Event]:
    return [event for _, event in events_of(table)]


def snapshot(before: Floor | None = None, status: str = STATUS, channels: str = CHANNELS, at: float = 1000) -> Floor:
    return take_snapshot(before or Floor(), listed(status), listed(channels), at)


def test_a_snapshot_knows_who_waits_who_rings_and_who_talks_with_whom() -> None:
    floor = snapshot()
    assert waiting_text(floor, "insurance") == "c2@970 c3@990"
    assert [caller.call_id for caller in floor.waiting["insurance"]] == ["L2", "c3"]
    assert floor.waiting["medical"] == ()
    assert agent_text(floor, "a101") == "talking since 940, call L1 of insurance"
    assert agent_text(floor, "a102") == "paused (lunch) since 900"
    assert agent_text(floor, "a103") == "ringing since 996, call L2 of insurance"
    assert floor.agent("a102").logged_in == 600


def test_a_snapshot_keeps_what_has_not_changed_and_forgets_what_has_ended() -> None:
    before = floor_of("""
        700 QueueMemberAdded q=insurance agent=a103 Paused=0 dev=1
        710 QueueMemberAdded q=insurance agent=a104 Paused=0 dev=1
        969.5 QueueCallerJoin q=insurance ch=c2 call=L2 pos=1
        969.6 QueueCallerJoin q=insurance ch=c9 call=L9 pos=2
        995.5 AgentCalled     q=insurance ch=c2 call=L2 leg=x3 agent=a103
    """)
    floor = snapshot(before)
    assert waiting_text(floor, "insurance") == "c2@969.5 c3@990"
    assert agent_text(floor, "a103") == "ringing since 995.5, call L2 of insurance"
    assert agent_text(floor, "a104") == "offline since 1000"
    assert snapshot(floor, at=1005) == floor


def test_an_agent_with_another_call_than_before_talks_since_that_call() -> None:
    before = floor_of("""
        500 QueueMemberAdded q=insurance agent=a101 Paused=0 dev=1
        600 AgentConnect     q=insurance ch=c0 call=L0 leg=x0 agent=a101
    """)
    assert agent_text(snapshot(before), "a101") == "talking since 940, call L1 of insurance"


def test_events_of_the_snapshots_own_time_change_nothing_that_it_knows() -> None:
    late = """
        969 QueueCallerJoin   q=insurance ch=c2 call=L2 pos=2
        990 QueueCallerJoin   q=insurance ch=c3 call=L3 pos=3
        985 QueueCallerLeave  q=insurance ch=c1 call=L1 pos=1
        940 AgentCalled       q=insurance ch=c1 call=L1 leg=x1 agent=a101
        940 QueueMemberStatus q=insurance agent=a101 Penalty=0 Interface=PJSIP/a101 Paused=0 dev=3
        941 AgentConnect      q=insurance ch=c1 call=L1 leg=x1 agent=a101
        995 QueueCallerJoin   q=insurance ch=c8 call=L8 pos=1
        996 QueueCallerLeave  q=insurance ch=c8 call=L8 pos=1
        997 QueueMemberAdded  q=medical agent=a109 Paused=0 dev=1
        998 QueueMemberRemoved q=medical agent=a109
    """
    floor = snapshot()
    after = floor_of(late, floor)
    assert after.waiting == floor.waiting
    assert {name: agent for name, agent in after.agents.items() if name != "a109"} == floor.agents
    assert agent_text(after, "a109").startswith("offline")


def test_a_snapshot_of_an_empty_asterisk_shows_everybody_offline() -> None:
    floor = snapshot(snapshot(), status="0 QueueParams q=insurance", channels="", at=1100)
    assert waiting_text(floor, "insurance") == ""
    assert {agent.state for agent in floor.agents.values()} == {"offline"}


def test_after_a_transfer_away_the_callee_talks_without_a_queue_call() -> None:
    floor = snapshot(channels="""
        0 CoreShowChannel Channel=PJSIP/trunk-00000001 ch=c1 call=L1 ChannelState=6 Application=Dial ApplicationData=PJSIP/a101 BridgeId=b1 Duration=00:01:10
        0 CoreShowChannel Channel=PJSIP/a101-00000002  ch=x1 call=L1 ChannelState=6 Application=AppDial BridgeId=b1 Duration=bad
    """)  # noqa: E501 - one event a line
    assert agent_text(floor, "a101") == "talking since 1000"


def test_a_caller_who_is_back_with_his_agent_is_seen_as_his_queues() -> None:
    channels = """
        0 CoreShowChannel Channel=PJSIP/trunk-00000001 ch=c1 call=L1 from=09121234567 ChannelState=6 Application=Dial ApplicationData=PJSIP/a101,15,mb(pasokh-offered^rings^1(a101^insurance^09121234567))U(pasokh-offered^a101^insurance^09121234567) BridgeId=b1 Duration=00:01:10
        0 CoreShowChannel Channel=PJSIP/a101-00000002  ch=x2 call=L1 from=insurance   ChannelState=6 Application=AppDial BridgeId=b1 Duration=00:00:20
    """  # noqa: E501 - one event a line
    assert agent_text(snapshot(channels=channels), "a101") == "talking since 980, call L1 of insurance"
    assert snapshot(channels=channels.replace("U(", "M(")).agent("a101").leg is None
    without_queue = channels.replace("^insurance^", "^^")
    assert agent_text(snapshot(channels=without_queue), "a101") == "talking since 980, call L1 of "


def test_a_call_out_is_seen_once_it_is_answered() -> None:
    channels = """
        0 CoreShowChannel Channel=PJSIP/a101-00000002  ch=x2 call=x2 ChannelState=6 Application=Dial ApplicationData=PJSIP/09121234567@trunk,60,U(pasokh-called^PJSIP/a101-00000002^x2^09121234567) BridgeId=b1 Duration=00:00:20
        0 CoreShowChannel Channel=PJSIP/trunk-00000003 ch=t1 call=x2 ChannelState=6 Application=AppDial BridgeId=b1 Duration=00:00:20
    """  # noqa: E501 - one event a line
    seen = snapshot(channels=channels)
    assert agent_text(seen, "a101") == "talking since 980, call x2 of "
    assert seen.agent("a101").leg.number == "***567"  # type: ignore[union-attr]
    assert snapshot(channels=channels.replace("BridgeId=b1", "BridgeId=")).agent("a101").leg is None
