"""The people of the demo, and the story that is told of them."""

import random
from itertools import islice

import pytest

from bench.crowd import LANGUAGES, SUBJECTS, Mood, Person, crowd
from bench.story import Story
from foundation.asterisk.ami_protocol import Event


def people(count: int, per_minute: float = 12, seed: int = 7) -> list[Person]:
    return list(islice(crowd(random.Random(seed), per_minute), count))  # noqa: S311 - no secret


def test_the_same_seed_brings_the_same_people() -> None:
    assert people(50) == people(50)
    assert people(50) != people(50, seed=8)


def test_callers_come_as_often_as_asked_for() -> None:
    waits = [person.after for person in people(4000, per_minute=30)]
    assert sum(waits) / len(waits) == pytest.approx(2.0, rel=0.1)
    assert min(waits) < 0.1


def test_nobody_calls_again_while_his_last_call_may_be_up() -> None:
    numbers = [person.caller.number for person in people(300)]
    for place, number in enumerate(numbers):
        assert number not in numbers[place + 1 : place + 30]
    assert len(set(numbers)) < len(numbers)


def test_everybody_presses_keys_that_the_menus_know() -> None:
    for person in people(300):
        language, *subject = [press.digits for press in person.caller.keys][:2]
        assert language in LANGUAGES
        assert person.mood is Mood.LOST or subject[0] in SUBJECTS


def test_some_give_up_and_some_wait_until_they_are_served() -> None:
    found = people(300)
    assert {person.mood for person in found} == set(Mood)
    assert all((person.caller.patience is None) == (person.mood is Mood.PATIENT) for person in found)
    assert "hangs up in the menus" in next(person for person in found if person.mood is Mood.LOST).plan()


def event(name: str, number: str, **fields: str) -> Event:
    return Event({key.lower(): (value,) for key, value in (fields | {"CallerIDNum": number}).items()}, name)


def test_a_call_is_told_from_joining_to_its_end() -> None:
    lines: list[str] = []
    story = Story(lines.append, {"0912"})
    story.on_event(event("QueueCallerJoin", "0912", Queue="medical", Position="2"))
    story.on_event(event("AgentConnect", "0912", MemberName="a101", HoldTime="4"))
    story.on_event(event("AgentComplete", "0912", MemberName="a101", TalkTime="13"))
    assert lines == [
        "0912  waits in medical, place 2", "0912  a101 answers after 4 s", "0912  spoke with a101 for 13 s",
    ]
    assert (story.joined, story.answered, story.given_up) == (1, 1, 0)


def test_real_callers_of_the_line_are_not_told_of() -> None:
    lines: list[str] = []
    story = Story(lines.append, {"0912"})
    story.on_event(event("QueueCallerJoin", "0935", Queue="medical", Position="1"))
    assert lines == []
    assert story.joined == 0
