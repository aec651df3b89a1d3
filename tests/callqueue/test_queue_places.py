"""A caller comes to another place by priorities, and everybody else keeps his order."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callqueue.queues.places import Give, Place, plan_move


def queue_of(*priorities: int) -> list[Place]:
    return [
        Place("medical", n, f"PJSIP/trunk-{n}", str(n), str(n), priority)
        for n, priority in enumerate(sorted(priorities, reverse=True), 1)
    ]


def carry_out(queue: list[Place], steps: list[Give]) -> list[Place]:
    """As app_queue does with `Immediate`: out, and in again behind all who have the same priority or more."""
    for step in steps:
        there = next(place for place in queue if place.channel == step.place.channel)
        queue = [place for place in queue if place is not there]
        index = sum(place.priority >= step.priority for place in queue)
        queue.insert(index, replace(there, priority=step.priority))
    return queue


@given(st.lists(st.integers(0, 3), min_size=1, max_size=7), st.data())
def test_any_caller_comes_to_any_place_and_all_others_keep_their_order(
    priorities: list[int], data: st.DataObject,
) -> None:
    queue = queue_of(*priorities)
    caller = queue[data.draw(st.integers(0, len(queue) - 1))]
    position = data.draw(st.integers(1, len(queue)))
    after = [place.channel for place in carry_out(queue, plan_move(queue, caller, position))]
    assert after.index(caller.channel) == position - 1
    kept = [place.channel for place in queue if place != caller]
    assert [channel for channel in after if channel != caller.channel] == kept


@pytest.mark.parametrize(("position", "steps"), [
    (1, [(3, 1)]), (2, [(1, 1), (3, 1)]), (3, []), (4, [(1, 0), (2, 0), (4, 0), (3, 0)]),
])
def test_nobody_behind_the_caller_is_given_a_priority(position: int, steps: list[tuple[int, int]]) -> None:
    queue = queue_of(0, 0, 0, 0)
    found = plan_move(queue, queue[2], position)
    assert [(step.place.position, step.priority) for step in found] == steps
