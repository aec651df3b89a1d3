"""How satisfied callers are, as they say by keys. Pure: counts, shares and means over whatever is grouped by.

Callers who hung up before their agent did were never asked: who answers is no fair sample of all callers, which the
report says.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final

from callqueue.metrics.passports import EXACT, Passport, Unit
from followups.surveys.surveys import Survey

TEXTS = Path(__file__).parent.parent / "passports.yaml"
"""Passports of this room, in words."""
EVIDENCE = "survey_keys"
PASSPORTS: Final[Mapping[str, Passport]] = MappingProxyType({one.id: one for one in (
    Passport("survey_asked", Unit.COUNT, EVIDENCE, EXACT),
    Passport("survey_answered", Unit.COUNT, EVIDENCE, EXACT),
    Passport("survey_response_rate", Unit.RATIO, EVIDENCE, EXACT),
    Passport("satisfaction_answers", Unit.COUNT, EVIDENCE, EXACT),
    Passport("satisfaction_mean", Unit.NUMBER, EVIDENCE, EXACT),
    Passport("satisfaction_good", Unit.RATIO, EVIDENCE, EXACT),
)})


class Occasion(StrEnum):
    """After what a caller was asked."""

    CALL = "call"
    RESULT = "result"


class Dimension(StrEnum):
    """What a report has a line for each of."""

    TOTAL = "total"
    QUEUE = "queue"
    AGENT = "agent"
    UNIT = "unit"
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class Response:
    """One caller who was asked."""

    survey: str
    queue: str | None
    agent: str | None
    cases: Sequence[tuple[str, str]]
    """Unit and subject of every case that this call or result was about."""
    answers: Mapping[str, int]
    """Key by question."""


def write_keys(answers: Mapping[str, int]) -> str | None:
    """One caller's answers in one word; None: he gave none."""
    return " ".join(f"{question}={key}" for question, key in sorted(answers.items())) or None


def read_keys(written: str | None) -> dict[str, int]:
    """What `write_keys` wrote."""
    pairs = [pair.rpartition("=") for pair in (written or "").split()]
    return {question: int(key) for question, _, key in pairs}


@dataclass(slots=True)
class Answers:
    """What several callers said, in numbers that can be added."""

    asked: Counter[str] = field(default_factory=Counter)
    """By survey."""
    answered: int = 0
    keys: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    """By survey, question and key."""

    def add(self, survey: str, answers: Mapping[str, int], callers: int = 1) -> None:
        """Callers who were asked this and answered the same."""
        self.asked[survey] += callers
        self.answered += callers if answers else 0
        for question, key in answers.items():
            self.keys[survey, question, key] += callers

    def subtract(self, other: "Answers") -> None:
        """Without the others' callers, all of whom are among these."""
        self.asked -= other.asked
        self.answered -= other.answered
        self.keys -= other.keys


@dataclass(frozen=True, slots=True)
class QuestionResult:
    survey: str
    question: str
    counts: Mapping[int, int]
    """Answers by key, every possible key."""
    good: frozenset[int]

    @property
    def answers(self) -> int:
        return sum(self.counts.values())

    @property
    def mean(self) -> float | None:
        return sum(key * count for key, count in self.counts.items()) / self.answers if self.answers else None

    @property
    def good_share(self) -> float | None:
        return sum(self.counts[key] for key in self.good) / self.answers if self.answers else None


@dataclass(frozen=True, slots=True)
class SatisfactionLine:
    """One queue's (agent's, unit's, subject's) callers, or all."""

    name: str | None
    """None: callers without one, as of a call that led to no case."""
    asked: int
    answered: int
    questions: tuple[QuestionResult, ...]

    @property
    def response_rate(self) -> float | None:
        return self.answered / self.asked if self.asked else None


def group_responses(responses: Iterable[Response], by: Dimension) -> dict[str | None, Answers]:
    """What each one's callers said; a call about two units is counted with both, and once in the total."""
    groups: dict[str | None, Answers] = {}
    for response in responses:
        for name in _names(by)(response):
            groups.setdefault(name, Answers()).add(response.survey, response.answers)
    return groups


def _names(by: Dimension) -> Callable[[Response], Iterable[str | None]]:
    match by:
        case Dimension.TOTAL:
            return lambda _response: (Dimension.TOTAL.value,)
        case Dimension.QUEUE:
            return lambda response: (response.queue,)
        case Dimension.AGENT:
            return lambda response: (response.agent,)
        case Dimension.UNIT:
            return lambda response: dict.fromkeys(unit for unit, _ in response.cases) or (None,)
        case Dimension.SUBJECT:
            return lambda response: dict.fromkeys(subject for _, subject in response.cases) or (None,)


def tell_satisfaction(
    groups: Mapping[str | None, Answers], surveys: Mapping[str, Survey],
) -> list[SatisfactionLine]:
    """A line for each name, in order."""
    ordered = sorted(groups, key=lambda name: (name is None, name or ""))
    return [_line(name, groups[name], surveys) for name in ordered]


def _line(name: str | None, answers: Answers, surveys: Mapping[str, Survey]) -> SatisfactionLine:
    results = tuple(
        QuestionResult(
            survey, question.id, {key: answers.keys[survey, question.id, key] for key in range(1, question.keys + 1)},
            question.good,
        )
        for survey in sorted(answers.asked) if survey in surveys for question in surveys[survey].questions
    )
    return SatisfactionLine(name, answers.asked.total(), answers.answered, results)
