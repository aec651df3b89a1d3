"""Who waits, with which place, and who is free or soon will be, from what Asterisk lists."""

from callqueue.agents.sessions import Session
from callqueue.callbacks.plan import Agent, OnHold
from callqueue.dialler.picture import Picture, agents_at_work
from callqueue.floor.state import Agent as FloorAgent
from callqueue.floor.state import AgentState, Floor, Leg, Member
from callqueue.queues.on_hold import on_hold
from foundation.asterisk.ami_protocol import Event, parse
from foundation.settings import Settings

NOW = 1_795_325_345.0
SETTINGS = Settings.model_validate({
    "queues": {"operator": {"wrap_up_seconds": 5, "widen": [{"after": 20, "max_penalty": 5}]}},
    "outbound": {"lead_seconds": 20},
})


def event(name: str, *lines: str) -> Event:
    message = parse("\r\n".join([f"Event: {name}", *lines]))
    assert isinstance(message, Event)
    return message


def entry(position: int, channel: str, wait: int, priority: int = 0) -> Event:
    return event("QueueEntry", "Queue: operator", f"Position: {position}", f"Uniqueid: {channel}", f"Wait: {wait}",
                 f"Priority: {priority}")


def test_a_place_is_what_the_channel_keeps_and_else_when_it_joined() -> None:
    status = [event("QueueParams", "Queue: operator"), entry(2, "p-2.1", 10, 3), entry(1, "cb-x-1", 5)]
    channels = [
        event("Status", "Uniqueid: cb-x-1", "Variable: PASOKH_PLACE=1795325000000", "Variable: PASOKH_PROMISE=cb-x"),
        event("Status", "Uniqueid: p-2.1", "Variable: PASOKH_PLACE=", "Variable: PASOKH_PROMISE="),
    ]
    assert on_hold(status, channels, round(NOW * 1000)) == [
        OnHold("operator", 1795325000000, 0, "cb-x"), OnHold("operator", round(NOW * 1000) - 10_000, 3, None),
    ]


def member(penalty: int = 0, *, paused: bool = False) -> dict[str, Member]:
    return {"operator": Member("PJSIP/x", penalty, paused)}


def picture(sessions: dict[str, Session] | None = None, **agents: FloorAgent) -> Picture:
    return Picture(NOW, Floor(agents=agents), {}, (), sessions or {})


def test_ready_agents_are_free_and_those_away_or_of_a_later_step_are_nobody() -> None:
    seen = picture(
        a=FloorAgent(AgentState.READY, members=member()), b=FloorAgent(AgentState.PAUSED, members=member()),
        c=FloorAgent(AgentState.READY, members=member(5)), d=FloorAgent(AgentState.UNREACHABLE, members=member()),
    )
    assert agents_at_work(seen, SETTINGS, {}) == [Agent("a", frozenset({"operator"}), ready=True)]


def test_a_talk_as_long_as_most_is_likely_to_end_soon() -> None:
    leg = Leg("x", "x", "operator", NOW - 60, None)
    seen = picture(a=FloorAgent(AgentState.TALKING, members=member(), talk=leg))
    [agent] = agents_at_work(seen, SETTINGS, {"operator": [10, 61, 65, 70, 74, 300]})
    assert agent.free_soon == 4 / 5
    assert not agent.ready
