"""What has to be said beside forecast and plan, in the site's language."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from callqueue.metrics import Unit
from foundation.calendars import day_text
from foundation.catalogue import Texts, load_catalogue
from foundation.settings import Language
from foundation.text import digits
from reports.frame.tables import Teller
from reports.staffing.history import DayClass
from reports.staffing.holdback import LEAST_LEARNING
from reports.staffing.need import Assumptions
from reports.staffing.patience import Patience
from reports.staffing.plan import Choice, Sum
from reports.staffing.reading import Learnt

TEXTS = Path(__file__).parent / "texts.yaml"


@dataclass(frozen=True, slots=True)
class Ahead:
    """The days that are asked for, and what the asker knows of them."""

    first: date
    days: int
    growth: float = 1.0
    queues: tuple[str, ...] = ()
    """Empty: all."""


def staffing_texts(language: Language) -> Texts:
    return load_catalogue([TEXTS.parent.parent / "texts.yaml", TEXTS]).texts(language)


def forecast_notes(learnt: Learnt, ahead: Ahead, teller: Teller) -> Iterator[str]:
    """What the forecast rests on, how wrong it has been beside the naive one, and what it cannot know."""
    texts, history, errors = teller.texts, learnt.history, learnt.errors
    if ahead.queues:
        yield texts("staffing.note.queues", queues=", ".join(map(teller.queue, ahead.queues)))
    yield texts("staffing.note.history", count=len(history), start=day_text(history[0].day, teller.language),
                end=day_text(history[-1].day, teller.language))
    if len(history) < LEAST_LEARNING:
        yield texts("staffing.note.little")
    if not learnt.forecaster.seasons:
        yield texts("staffing.note.no-season")
    if errors.wape is not None:
        yield texts("staffing.note.errors", count=errors.weeks, **_errors_told(learnt, teller))
        if errors.naive_wape is not None and errors.naive_wape <= errors.wape:
            yield texts("staffing.note.naive-better")
    else:
        yield texts("staffing.note.no-errors")
    if not errors.spread_is_measured:
        yield texts("staffing.note.assumed-spread", spread=teller.value(errors.spread, Unit.RATIO))
    kinds = {learnt.kind(ahead.first + timedelta(days=number)) for number in range(ahead.days)}
    for kind in sorted(kinds - {DayClass.ORDINARY}):
        yield _special_note(kind, learnt, teller)
    if ahead.growth != 1:
        yield texts("staffing.note.growth", growth=teller.value(ahead.growth - 1, Unit.CHANGE))
    if learnt.refused:
        yield texts("staffing.note.refused", count=learnt.refused)


def assumption_notes(
    assumptions: Assumptions, choice: Choice, patience: Patience | None, teller: Teller,
) -> Iterator[str]:
    texts = teller.texts
    yield texts("staffing.note.assumed", aht=teller.value(assumptions.aht, Unit.SECONDS),
                shrinkage=teller.value(assumptions.shrinkage, Unit.RATIO),
                model=texts(f"staffing.model.{choice.value}"))
    if assumptions.patience is None:
        yield texts("staffing.note.no-patience")
    elif patience is None:
        yield texts("staffing.note.given-patience", patience=teller.value(assumptions.patience, Unit.SECONDS))
    else:
        yield texts("staffing.note.patience", count=patience.abandoned, **{
            name: teller.value(seconds, Unit.SECONDS)
            for name, seconds in (("patience", patience.mean), ("low", patience.low), ("high", patience.high))})


def _errors_told(learnt: Learnt, teller: Teller) -> dict[str, str]:
    errors = learnt.errors
    return {
        "wape": teller.value(errors.wape, Unit.RATIO), "bias": teller.value(errors.bias, Unit.CHANGE),
        "naive": teller.value(errors.naive_wape, Unit.RATIO),
        "naive_bias": teller.value(errors.naive_bias, Unit.CHANGE),
        "day": teller.value(errors.day_wape, Unit.RATIO),
    }


def _special_note(kind: DayClass, learnt: Learnt, teller: Teller) -> str:
    count = sum(learnt.kind(each.day) is kind for each in learnt.history)
    factor = teller.value(learnt.forecaster.specials[kind] - 1, Unit.CHANGE)
    day = teller.texts(f"staffing.day.{kind.value}")
    return teller.texts("staffing.note.special" if count else "staffing.note.special-unseen",
                        count=count, day=day, factor=factor)


def total_note(each: Sum, teller: Teller) -> str:
    return teller.texts(
        "staffing.note.sum", target=digits(each.target.goal, teller.language), hours=each.agent_hours,
        paid=each.paid_hours, cost=each.cost, most=each.most, occupancy=teller.value(each.occupancy, Unit.RATIO))
