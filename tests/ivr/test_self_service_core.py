"""The pure parts of self-service: what is typed, what is said, the breaker, the counting of wrong tries."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from persiantools.jdatetime import JalaliDate
from pydantic import TypeAdapter, ValidationError

from ivr.self_service import breaker as circuit
from ivr.self_service.breaker import (
    FAILURES,
    OPEN_SECONDS,
    PROBE_SECONDS,
    Breaker,
    State,
    admit,
    on_failure,
    on_success,
)
from ivr.self_service.model import AnswerError, Reply
from ivr.self_service.questions import Question, Typed, Wrong
from ivr.self_service.tries import Limit, Tally, is_locked, on_not_counted, on_try
from ivr.speech import GRAMMARS

QUESTION: TypeAdapter[Any] = TypeAdapter(Question)
JALALI: Any = JalaliDate


def question(kind: str, **more: object) -> Any:
    return QUESTION.validate_python({"kind": kind, "say": ["x"], **more})


@pytest.mark.parametrize(("asked", "keys", "value"), [
    (question("national-id"), "0084575948", "0084575948"),
    (question("national-id"), "0084575940", None),
    (question("insurance-number"), "10000001", "10000001"),
    (question("insurance-number"), "1000001", None),
    (question("pin"), "0471", "0471"),
    (question("pin"), "047", None),
    (question("amount", least=1000, most=2000), "1500", "15000"),
    (question("amount", least=1000, most=2000), "999", None),
    (question("amount", least=1000, most=2000), "2001", None),
    (question("date"), "14050901", "2026-11-22"),
    (question("date"), "14030001", None),
    (question("date"), "14041230", None),
    (question("date"), "14031230", "2025-03-20"),
    (question("date"), "1405901", None),
    (question("choice", choices={"1": "one"}), "1", "one"),
    (question("choice", choices={"1": "one"}), "2", None),
    (question("digits", least=2, most=4), "12", "12"),
    (question("digits", least=2, most=4), "1", None),
    (question("digits", least=2, most=4, pattern="7.*"), "81", None),
    (question("digits", least=1, most=4), "", None),
    (question("digits", least=1, most=4), "1#", None),
])
def test_what_is_typed_is_checked_by_its_kind(asked: Any, keys: str, value: str | None) -> None:
    read = asked.read(keys)
    assert isinstance(read, Wrong) if value is None else read == Typed(value)
    assert len(keys) <= asked.longest


@given(st.dates(date(1925, 1, 1), date(2100, 1, 1)))
def test_every_jalali_day_can_be_typed(day: date) -> None:
    jalali = JALALI.to_jalali(day)
    read = question("date").read(f"{jalali.year:04}{jalali.month:02}{jalali.day:02}")
    assert read == Typed(day.isoformat())


@given(st.text("0123456789*#", max_size=20))
def test_no_keys_break_a_question(keys: str) -> None:
    for kind in ("national-id", "insurance-number", "pin", "date"):
        question(kind).read(keys)
    question("amount").read(keys)
    question("digits", least=1, most=20, pattern="[0-5]+").read(keys)


def test_secrets_are_not_said_back_and_not_shown() -> None:
    typed = question("pin").read("471193")
    assert question("pin").spoken(typed, GRAMMARS["fa"]) == ()
    private = question("digits", least=4, most=8, private=True)
    assert private.spoken(private.read("471193"), GRAMMARS["en"]) == ()
    assert "471193" not in repr(typed)


def test_a_secret_cannot_be_confirmed() -> None:
    for wrong in ({"kind": "pin", "confirm": True}, {"kind": "digits", "least": 1, "most": 2, "private": True}):
        with pytest.raises(ValidationError):
            QUESTION.validate_python({"say": ["x"], "confirm": True, **wrong})


def reply(*say: object, when: dict[str, object] | None = None) -> Reply:
    return Reply.model_validate({"say": list(say), "when": when or {}})


ANSWER = {"n": 12, "r": 23_500, "d": "2026-11-22", "t": "10:20", "text": "5728", "word": "good", "y": 2, "m": 0}


@pytest.mark.parametrize(("said", "text"), [
    ({"number": "n"}, "twelve"),
    ({"rials": "r"}, "twenty-three thousand and five hundred rials"),
    ({"tomans": "r"}, "two thousand three hundred and fifty tomans"),
    ({"time": "t"}, "ten twenty a.m."),
    ({"digits": "text"}, "five seven two eight"),
    ({"period": {"year": "y", "month": "m"}}, "two years"),
    ({"period": {"month": "m"}}, "zero months"),
])
def test_values_are_said_by_the_speech_grammar(said: object, text: str) -> None:
    names = reply(said).speak(ANSWER, "en")
    written = GRAMMARS["en"].written(names)
    assert written.replace(" and ", " ").replace("-", " ") == text.replace(" and ", " ").replace("-", " ")


def test_words_choose_prompts_and_each_language_may_have_an_order_of_its_own() -> None:
    both = Reply.model_validate({"say": {
        "fa": ["a", {"choice": "word", "prompts": {"good": "b"}}], "tr": [{"number": "n"}, "a"], "en": ["c"],
    }})
    assert both.speak(ANSWER, "fa") == ("a", "b")
    assert both.speak(ANSWER, "tr")[-1] == "a"
    assert both.speak(ANSWER, "en") == ("c",)


@pytest.mark.parametrize("answer", [{}, {"n": "12"}, {"n": True}, {"n": 10**30}])
def test_an_answer_that_cannot_be_said_is_an_outage_not_a_crash(answer: dict[str, object]) -> None:
    with pytest.raises(AnswerError):
        reply({"number": "n"}).speak(answer, "fa")


def test_a_reply_fits_by_every_word_of_its_condition() -> None:
    assert reply("a", when={"word": ["good", "fine"]}).fits(ANSWER)
    assert not reply("a", when={"word": "good", "n": "13"}).fits(ANSWER)


class Circuit(RuleBasedStateMachine):
    """Whatever happens: never two probes at once, and an answer closes it."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker()
        self.now = 0.0
        self.probe: float | None = None

    @rule(seconds=st.floats(0, 2 * OPEN_SECONDS))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def ask(self) -> None:
        before = self.breaker.state(self.now)
        admitted = admit(self.breaker, self.now)
        if before is State.OPEN:
            assert admitted is None
        if before is State.CLOSED:
            assert admitted == self.breaker
        if before is State.HALF_OPEN:
            free = self.probe is None or self.now >= self.probe + PROBE_SECONDS
            assert (admitted is not None) == free
            self.probe = self.now if free else self.probe
        self.breaker = admitted or self.breaker

    @rule()
    def fail(self) -> None:
        was_open = self.breaker.opened is not None
        self.breaker = on_failure(self.breaker, self.now)
        if was_open or self.breaker.failures >= FAILURES:
            assert self.breaker.state(self.now) is State.OPEN
            self.probe = None

    @rule()
    def succeed(self) -> None:
        self.breaker = on_success(self.breaker)
        self.probe = None
        assert self.breaker.state(self.now) is State.CLOSED

    @invariant()
    def fewer_failures_leave_it_closed(self) -> None:
        if self.breaker.opened is None:
            assert self.breaker.failures < FAILURES


TestCircuit = Circuit.TestCase


def test_the_breaker_opens_after_three_failures_in_a_row_and_lets_one_probe_pass() -> None:
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker = on_failure(breaker, 100.0)
    assert admit(breaker, 101.0) is None
    probing = admit(breaker, 100.0 + OPEN_SECONDS)
    assert probing is not None
    assert admit(probing, 100.0 + OPEN_SECONDS) is None
    assert circuit.on_success(probing).state(200.0) is State.CLOSED


LIMIT = Limit(3, 1000)


def test_the_third_wrong_try_locks_and_time_opens_again() -> None:
    tally = Tally()
    for now in (0, 10, 20):
        assert not is_locked(tally, now)
        tally = on_try(tally, LIMIT, now)
    assert is_locked(tally, 21)
    assert not is_locked(tally, 1020)
    assert on_try(tally, LIMIT, 1020).failures == 1


def test_a_try_that_nobody_could_judge_is_taken_back() -> None:
    tally = on_try(on_try(on_try(Tally(), LIMIT, 0), LIMIT, 1), LIMIT, 2)
    back = on_not_counted(tally, LIMIT)
    assert not is_locked(back, 3)
    assert back.failures == 2
