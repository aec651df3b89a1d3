"""How long a caller would wait, from the pictures of the floor."""

from datetime import UTC, datetime
from typing import Any

import pytest

from foundation.bus import BusMessage
from ivr.queue_load import NOBODY, QueueLoad, estimate_wait

NOW = 1_795_000_000.0


def picture(waiting: int, **agents: int) -> dict[str, Any]:
    states = dict.fromkeys(("talking", "ringing", "wrap-up", "paused", "unreachable", "ready"), 0)
    return {"waiting": [{}] * waiting, "agents": {state: ["a"] * agents.get(state, 0) for state in states}}


# waiting ready talking wrap-up paused -> seconds, at 100 s a caller
ESTIMATES = """
 0 1 0 0 0   0
 0 3 2 0 0   0
 0 0 1 0 0   100
 0 0 2 0 0   50
 4 0 4 1 0   100
 2 1 1 0 0   100
 9 0 0 0 5   nobody
 0 0 0 0 0   nobody
"""


@pytest.mark.parametrize("row", ESTIMATES.strip().splitlines())
def test_those_before_a_caller_are_shared_among_the_agents_at_work(row: str) -> None:
    *numbers, expected = row.split()
    waiting, ready, talking, wrap_up, paused = map(int, numbers)
    agents = {"ready": ready, "talking": talking, "wrap-up": wrap_up, "paused": paused}
    assert estimate_wait(picture(waiting, **agents), 100) == (NOBODY if expected == "nobody" else float(expected))


def test_the_floors_own_estimate_goes_before_the_usual_figure_but_not_before_an_empty_desk() -> None:
    busy, empty = (picture(2, **agents) | {"estimated_wait": 95} for agents in ({"talking": 1}, {"paused": 1}))
    assert (estimate_wait(busy), estimate_wait(empty)) == (95, NOBODY)


def load(status: str = "live", at: float = NOW) -> QueueLoad:
    found = QueueLoad()
    moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    found.on_message(BusMessage("pasokh/queues/medical", picture(1, talking=1)))
    found.on_message(BusMessage("pasokh/floor", {"status": status, "at": moment}))
    return found


def test_a_live_floor_tells_the_wait() -> None:
    assert load().wait("medical", NOW + 1) == 360


@pytest.mark.parametrize("seen", [
    load(status="blind"), load(at=NOW - 6), QueueLoad(),
])
def test_a_floor_that_is_blind_or_stale_or_was_never_seen_tells_nothing(seen: QueueLoad) -> None:
    assert seen.wait("medical", NOW) is None


def test_a_queue_that_is_no_more_or_makes_no_sense_tells_nothing() -> None:
    seen = load()
    seen.on_message(BusMessage("pasokh/queues/medical", None))
    seen.on_message(BusMessage("pasokh/queues/odd", {"agents": [], "waiting": 3}))
    assert (seen.wait("medical", NOW), seen.wait("odd", NOW)) == (None, None)
