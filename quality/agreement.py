"""How far several evaluators agree on one conversation. Pure.

Krippendorff's alpha for interval data: 1 − observed ÷ expected disagreement, where a disagreement is the square of two
values' difference (K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", University of Pennsylvania, 2011).
1 is full agreement; 0 is what answers given by chance would show; below 0 they contradict each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from quality.scorecards import Question, Scorecard
from quality.scoring import value_of


@dataclass(frozen=True, slots=True)
class Spread:
    """One question's answers, by evaluator."""

    question: Question
    answers: Mapping[str, str]
    spread: float | None
    """Highest value − lowest, 0 to 1; None where fewer than two gave a value."""


def krippendorff_alpha(units: Sequence[Sequence[float]]) -> float | None:
    """The agreement of the values that several people gave to each unit; a missing one is left out.

    None: fewer than two comparable values, or all are the same, so that chance alone would agree as well.
    """
    pairable = [unit for unit in units if len(unit) > 1]
    values = [value for unit in pairable for value in unit]
    count = len(values)
    expected = sum((one - other) ** 2 for one, other in permutations(values, 2))
    if count < 2 or not expected:
        return None
    observed = sum(
        sum((one - other) ** 2 for one, other in permutations(unit, 2)) / (len(unit) - 1) for unit in pairable)
    return 1 - (observed / count) / (expected / (count * (count - 1)))


def spreads(card: Scorecard, given: Mapping[str, Mapping[str, str]]) -> list[Spread]:
    """Each question's answers of all evaluators; those on which they differ most first."""
    found = [_spread(question, given) for question in card.questions]
    return sorted(found, key=lambda one: -(one.spread or 0))


def agreement(card: Scorecard, given: Mapping[str, Mapping[str, str]]) -> float | None:
    """Krippendorff's alpha over the card's questions, each value from 0 to 1."""
    return krippendorff_alpha([_values(question, given) for question in card.questions])


def _spread(question: Question, given: Mapping[str, Mapping[str, str]]) -> Spread:
    values = _values(question, given)
    answers = {who: answers[question.id] for who, answers in given.items() if question.id in answers}
    return Spread(question, answers, max(values) - min(values) if len(values) > 1 else None)


def _values(question: Question, given: Mapping[str, Mapping[str, str]]) -> list[float]:
    values = (value_of(question, answers[question.id]) for answers in given.values() if question.id in answers)
    return [value for value in values if value is not None]
