"""How satisfied callers are, as they say by keys. Pure: counts, shares and means over whatever is grouped by.

Callers who hung up before their agent did were never asked: who answers is no fair sample of all callers, which the
report says.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from callqueue.metrics.passports import EXACT, Passport, Unit
from followups.surveys.surveys import Survey

EVIDENCE = "keys that callers pressed (main store)"
PASSPORTS: Final[Mapping[str, Passport]] = MappingProxyType({one.id: one for one in (
    Passport("survey_asked", Unit.COUNT, "callers to whom a survey's invitation was played, booked to that moment;"
             " callers who hung up before their agent did are not asked", EVIDENCE, EXACT),
    Passport("survey_answered", Unit.COUNT, "asked callers who pressed a valid key at least once", EVIDENCE, EXACT),
    Passport("survey_response_rate", Unit.RATIO, "survey_answered ÷ survey_asked", EVIDENCE, EXACT),
    Passport("satisfaction_answers", Unit.COUNT, "valid keys for one question of one survey", EVIDENCE, EXACT),
    Passport("satisfaction_mean", Unit.NUMBER, "sum of the keys ÷ satisfaction_answers", EVIDENCE, EXACT),
    Passport("satisfaction_good", Unit.RATIO, "answers with a key that the survey calls good ÷ satisfaction_answers",
             EVIDENCE, EXACT),
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


def tell_satisfaction(
    responses: Iterable[Response], by: Dimension, surveys: Mapping[str, Survey],
) -> list[SatisfactionLine]:
    """A line for each name, in order; a call about two units is counted with both, and once in the total."""
    groups: dict[str | None, list[Response]] = {}
    for response in responses:
        for name in _names(by)(response):
            groups.setdefault(name, []).append(response)
    ordered = sorted(groups, key=lambda name: (name is None, name or ""))
    return [_line(name, groups[name], surveys) for name in ordered]


def _names(by: Dimension) -> Callable[[Response], Iterable[str | None]]:
    match by:
        case Dimension.TOTAL:
            return lambda _response: ("total",)
        case Dimension.QUEUE:
            return lambda response: (response.queue,)
        case Dimension.AGENT:
            return lambda response: (response.agent,)
        case Dimension.UNIT:
            return lambda response: dict.fromkeys(unit for unit, _ in response.cases) or (None,)
        case Dimension.SUBJECT:
            return lambda response: dict.fromkeys(subject for _, subject in response.cases) or (None,)


def _line(name: str | None, responses: Sequence[Response], surveys: Mapping[str, Survey]) -> SatisfactionLine:
    counted: Counter[tuple[str, str, int]] = Counter(
        (response.survey, question, key) for response in responses for question, key in response.answers.items()
    )
    asked = dict.fromkeys(response.survey for response in responses)
    results = tuple(
        QuestionResult(
            survey, question.id, {key: counted[survey, question.id, key] for key in range(1, question.keys + 1)},
            question.good,
        )
        for survey in sorted(asked) if survey in surveys for question in surveys[survey].questions
    )
    return SatisfactionLine(name, len(responses), sum(bool(response.answers) for response in responses), results)
