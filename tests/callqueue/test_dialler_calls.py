"""What the dialler makes of Asterisk's words about one call of ours."""

import pytest

from callqueue.dialler.calls import UNSEEN_MS, Watched, compare, follow, watch
from callqueue.outbound.evidence import Verdict
from callqueue.outbound.model import Attempt, AttemptOutcome, Channel, OutboundCall, State
from foundation.asterisk.ami_protocol import Event, parse

NOW = 1_795_325_345_000
CALL = OutboundCall(
    id="cb-mea9g64c4a", purpose="callback", number="09121110001", language="fa", channel=Channel.WEB, place_ms=NOW,
    asked_ms=NOW, state=State.DIALLING, next_attempt_ms=NOW, queue="insurance",
)
ATTEMPT = Attempt("cb-mea9g64c4a-1", CALL.id, 1, "node", NOW, dialled_ms=NOW)


def told(name: str, **fields: str) -> Event:
    message = parse("\r\n".join([f"Event: {name}", *(f"{key}: {value}" for key, value in fields.items())]))
    assert isinstance(message, Event)
    return message


def after(*events: Event) -> Watched:
    watched = watch(CALL, ATTEMPT)
    for number, event in enumerate(events, 1):
        watched = follow(watched, event, NOW + number)
    return watched


@pytest.mark.parametrize(("cause", "outcome"), [
    ("17", AttemptOutcome.BUSY), ("19", AttemptOutcome.NO_ANSWER), ("0", AttemptOutcome.NO_ANSWER),
    ("1", AttemptOutcome.UNREACHABLE), ("38", AttemptOutcome.UNREACHABLE),
])
def test_a_call_that_nobody_picked_up_is_told_by_its_cause(cause: str, outcome: AttemptOutcome) -> None:
    watched = after(told("Hangup", ChannelState="5", Cause=cause))
    assert watched.over
    assert watched.verdict == Verdict(outcome, int(cause) or None)


def test_of_a_call_that_was_picked_up_the_records_say_how_it_ended() -> None:
    watched = after(told("Hangup", ChannelState="6", Cause="16"))
    assert watched.over
    assert watched.verdict is None


def test_who_speaks_with_an_agent_is_reached_however_the_call_ends() -> None:
    watched = after(
        told("QueueCallerJoin"), told("AgentConnect"), told("Hangup", ChannelState="6", Cause="16"))
    assert (watched.answered_ms, watched.joined_ms) == (NOW + 1, NOW + 1)
    assert watched.verdict == Verdict(AttemptOutcome.REACHED)


def test_a_channel_that_asterisk_is_still_making_is_not_over() -> None:
    fresh = watch(CALL, ATTEMPT)
    assert not compare(fresh, (), NOW + UNSEEN_MS).over
    assert compare(fresh, (), NOW + UNSEEN_MS + 1).over


def test_a_channel_that_was_seen_and_is_gone_is_over() -> None:
    seen = compare(watch(CALL, ATTEMPT), {ATTEMPT.channel_id}, NOW)
    assert seen.seen
    assert not seen.over
    assert compare(seen, (), NOW + 1).over
