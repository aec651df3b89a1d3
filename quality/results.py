"""What evaluations say in figures: by agent, queue, scorecard or question. Pure; calibrations never count."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from callqueue.metrics import Passport, Unit
from callqueue.metrics.passports import EXACT
from quality.evaluations import Evaluation
from quality.scorecards import Scorecard
from quality.scoring import value_of

TEXTS: Final = Path(__file__).parent / "passports.yaml"
"""Passports of this room, in words."""
EVIDENCE: Final = "evaluations"
PASSPORTS: Final = {one.id: one for one in (
    Passport("evaluations", Unit.COUNT, EVIDENCE, EXACT),
    Passport("evaluated_calls", Unit.COUNT, EVIDENCE, EXACT),
    Passport("quality_score", Unit.RATIO, EVIDENCE, EXACT),
    Passport("quality_lowest", Unit.RATIO, EVIDENCE, EXACT),
    Passport("quality_failed", Unit.COUNT, EVIDENCE, EXACT),
    Passport("quality_skipped", Unit.COUNT, EVIDENCE, EXACT),
)}


class Dimension(StrEnum):
    AGENT = "agent"
    QUEUE = "queue"
    SCORECARD = "scorecard"
    QUESTION = "question"


@dataclass(frozen=True, slots=True)
class Line:
    """The figures of one agent, queue, scorecard or question."""

    name: str
    """Of a question `scorecard.question`."""
    evaluations: int
    calls: int
    score: float | None
    """0 to 1; None: nothing applied."""
    lowest: float | None
    failed: int
    skipped: int


@dataclass(frozen=True, slots=True)
class _Mark:
    recording_id: str
    value: float | None
    failed: bool
    skipped: int


Cards = Mapping[tuple[str, int], Scorecard]
"""By id and version: every one that something was judged by."""


def tell_quality(found: Iterable[Evaluation], by: Dimension, cards: Cards) -> list[Line]:
    """In the order of names."""
    marks: dict[str, list[_Mark]] = {}
    for one in found:
        if not one.calibration:
            for name, mark in _marks(one, by, cards):
                marks.setdefault(name, []).append(mark)
    return [_line(name, marks[name]) for name in sorted(marks)]


def _marks(one: Evaluation, by: Dimension, cards: Cards) -> Iterable[tuple[str, _Mark]]:
    if by is Dimension.QUESTION:
        return _question_marks(one, cards[one.scorecard, one.version])
    name: Mapping[Dimension, Callable[[], str]] = {
        Dimension.AGENT: lambda: one.agent, Dimension.QUEUE: lambda: one.queue or "",
        Dimension.SCORECARD: lambda: one.scorecard,
    }
    skipped = sum(answer == "na" for answer in one.answers.values())
    return [(name[by](), _Mark(one.recording_id, one.score, one.failed, skipped))]


def _question_marks(one: Evaluation, card: Scorecard) -> Iterable[tuple[str, _Mark]]:
    for question in card.questions:
        answer = one.answers.get(question.id)
        if answer is not None:
            value = value_of(question, answer)
            failed = question.fatal and value == 0
            yield f"{card.id}.{question.id}", _Mark(one.recording_id, value, failed, int(value is None))


def _line(name: str, marks: Sequence[_Mark]) -> Line:
    values = [mark.value for mark in marks if mark.value is not None]
    return Line(
        name, len(marks), len({mark.recording_id for mark in marks}),
        sum(values) / len(values) if values else None, min(values, default=None),
        sum(mark.failed for mark in marks), sum(mark.skipped for mark in marks),
    )
