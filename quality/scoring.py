"""What answers are worth. Pure.

The score of a conversation is Σ weight · value ÷ Σ weight over the questions that were answered with something else
than "does not apply"; a yes is worth 1, a no 0, and k of 1 to n on a scale (k − 1) ÷ (n − 1). A fatal question's no
makes it 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from quality.scorecards import Kind, Question, Scorecard

SKIPPED = "na"


class WrongAnswerError(ValueError):
    """Not one of the question's choices."""


@dataclass(frozen=True, slots=True)
class Score:
    ratio: float | None
    """0 to 1; None where every answered question was skipped or weighs nothing."""
    failed: tuple[str, ...]
    """Fatal questions that were answered with no."""
    missing: tuple[str, ...]
    """Questions without an answer."""


def value_of(question: Question, answer: str) -> float | None:
    """0 to 1; None: it does not apply.

    Raises:
        WrongAnswerError
    """
    if answer not in question.choices:
        raise WrongAnswerError(f"{question.id}: {answer!r} is none of {', '.join(question.choices)}")
    if answer == SKIPPED:
        return None
    if question.kind is Kind.YES_NO:
        return float(answer == "yes")
    return (int(answer) - 1) / (question.highest - 1)


def score(card: Scorecard, answers: Mapping[str, str]) -> Score:
    """
    Raises:
        WrongAnswerError
    """  # noqa: D212
    given = [(one, value_of(one, answers[one.id])) for one in card.questions if answers.get(one.id)]
    failed = tuple(one.id for one, value in given if one.fatal and value == 0)
    missing = tuple(one.id for one in card.questions if not answers.get(one.id))
    counted = [(one.weight, value) for one, value in given if value is not None]
    whole = sum(weight for weight, _ in counted)
    ratio = sum(weight * value for weight, value in counted) / whole if whole else None
    return Score(0.0 if failed else ratio, failed, missing)
