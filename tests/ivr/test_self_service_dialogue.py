"""A service on a call, against an Asterisk that answers by a script and a back office that answers from a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from foundation.data_file import read_source
from ivr.agi.connection import HangupError
from ivr.self_service.back_office import OfficeDownError, Question, Refused
from ivr.self_service.book import SHIPPED
from ivr.self_service.contract import load_contract
from ivr.self_service.dialogue import Dialogue, LockedError, Result, Told
from ivr.self_service.model import Service

CONTRACT = load_contract()
DEBT = read_source(SHIPPED / "employer-debt.yaml", Service).file
OWING = {"status": "owing", "debt_rials": 5000, "due_on": "2026-12-21"}
ID, PIN = "0084575948", "471193"


@dataclass
class Line:
    """A caller who presses these keys, one row for each question, and what he was played."""

    keys: list[str]
    language: str = "en"
    played: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)

    async def play(self, prompts: Any) -> None:
        self.played += prompts

    async def ask_key(self, prompts: Any, _seconds: float) -> str:
        self.played += prompts
        if not self.keys:
            raise HangupError("gone")
        return self.keys.pop(0)

    async def ask_digits(self, prompts: Any, _length: int, *_seconds: float) -> str:
        return await self.ask_key(prompts, 0)

    async def set(self, variable: Any, value: str) -> None:
        self.variables[str(variable)] = value


@dataclass
class Office:
    """Answers in turn; an exception is raised."""

    answers: list[Any]
    asked: list[Mapping[str, str]] = field(default_factory=list)

    async def ask(self, question: Question) -> Any:
        self.asked.append(question.values)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class Prover:
    outcomes: list[Any]

    async def prove(self, national_id: str, pin: str) -> str | None:
        assert (national_id, len(pin)) == (ID, 6)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return str(outcome) if outcome else None


async def serve(
    keys: list[str], answers: list[Any], proofs: list[Any] | None = None, person: str | None = None,
) -> tuple[Told, Line, Office]:
    line, office = Line(keys), Office(answers)
    call: Any = line
    prover = Prover(["key"] if proofs is None else proofs)
    dialogue = Dialogue(call, DEBT, CONTRACT["employerDebt"], office, prover, "k" * 32, person)
    return await dialogue.run(), line, office


async def test_a_caller_proves_himself_confirms_what_he_typed_and_hears_the_answer() -> None:
    told, line, office = await serve([ID, PIN, "7000000005", "1", "1", "*"], [OWING])
    assert told == Told(Result.TOLD)
    assert office.asked == [{"person": "key", "workshop": "7000000005"}]
    assert line.variables == {"PASOKH_IDENTITY": "proved"}
    assert line.played.count("svc-debt") == 2
    assert "toman-and" not in line.played
    assert line.played.index("service-heard") < line.played.index("svc-debt")


async def test_a_proved_caller_is_not_asked_again() -> None:
    told, line, office = await serve(["7000000005", "1", "0"], [OWING], [], person="before")
    assert told == Told(Result.AGENT)
    assert office.asked[0]["person"] == "before"
    assert "ask-pin" not in line.played


@pytest.mark.parametrize(("keys", "answers", "proofs", "result", "heard"), [
    (["123", "", "999"], [], [], Result.NO_ANSWER, "service-not-national-id"),
    (["*"], [], [], Result.CANCELLED, "ask-national-id"),
    ([ID, "12*"], [], [], Result.CANCELLED, "ask-pin"),
    ([ID, PIN] * 3, [], [None] * 3, Result.NOT_PROVED, "service-not-proved"),
    ([ID, PIN], [], [LockedError()], Result.LOCKED, "service-locked"),
    ([ID, PIN], [], [OfficeDownError("x")], Result.OFFICE_DOWN, "service-down"),
    ([ID, PIN, "7000000005", "1"], [OfficeDownError("x")], ["key"], Result.OFFICE_DOWN, "service-down"),
    ([ID, PIN, "7000000005", "1"], [{"status": "owing"}], ["key"], Result.OFFICE_DOWN, "service-down"),
    ([ID, PIN, "7000000005", "1", ""], [Refused("no_workshop")], ["key"], Result.REFUSED, "svc-no-workshop"),
    ([ID, PIN, "12", "70", "7000000005", "1", "*"], [OWING], ["key"], Result.TOLD, "service-not-valid"),
    ([ID, PIN, *["7000000005", "2"] * 3], [], ["key"], Result.NO_ANSWER, "service-confirm"),
])
async def test_every_turn_ends_in_words_to_the_caller(
    keys: list[str], answers: list[Any], proofs: list[Any], result: Result, heard: str,
) -> None:
    told, line, _ = await serve(keys, answers, proofs)
    assert told.result is result
    assert heard in line.played


async def test_a_proof_that_has_run_out_is_asked_for_again_and_the_question_is_kept() -> None:
    told, _, office = await serve(["7000000005", "1", ID, PIN, "*"], [Refused("no_person"), OWING], ["new"], "old")
    assert told == Told(Result.TOLD)
    assert [values["person"] for values in office.asked] == ["old", "new"]


@pytest.mark.parametrize("count", range(6))
async def test_a_hang_up_at_any_question_ends_it_there(count: int) -> None:
    keys = [ID, PIN, "7000000005", "1", "1", "1"][:count]
    with pytest.raises(HangupError):
        await serve(keys, [OWING])


async def test_a_pin_is_never_played() -> None:
    _, line, _ = await serve([ID, PIN, "7000000005", "1", "*"], [OWING])
    said = [name for name in line.played if name.startswith("number-")]
    assert said[:10] == [f"number-{digit}" for digit in "7000000005"]
