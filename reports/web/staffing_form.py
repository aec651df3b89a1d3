"""What the staffing pages ask: the form of a plan and the sliders of a what-if. Pure: no request, no store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from foundation.catalogue import Texts
from foundation.text import digits, duration_text, number_text, percent_text
from reports.frame.parameters import Pairs
from reports.frame.report import Context
from reports.staffing import asking
from reports.staffing.asking import Number, WhatIfQuestion
from reports.staffing.making import MadeWhatIf
from reports.staffing.plan import Choice
from reports.web.report_pages import Field

SPANS = ("1", "7", "14", "28")


@dataclass(frozen=True, slots=True)
class Slider:
    """One number of a what-if."""

    name: str
    title: str
    unit: str
    """How it is written: number, seconds or ratio."""
    least: float
    most: float
    step: float
    value: float
    shown: str
    at_zero: str
    """What 0 means, in words; "": nothing else than 0."""


def plan_fields(asked: Pairs, context: Context) -> list[Field]:
    """Queues, days, numbers, model."""
    texts, given = context.texts, dict(asked)
    queues = [(name, context.teller.queue(name)) for name in context.settings.queues]
    days = given.get("days", SPANS[0])
    spans = [*SPANS, *([] if days in SPANS else [days])]
    models = [(model.value, texts(f"staffing.model.{model.value}")) for model in Choice]
    numbers = [_number_field(each, given, texts) for each in asking.PLAN_NUMBERS if each is not asking.DAYS]
    return [
        Field("queue", texts("parameter.queue"), "checks", [value for name, value in asked if name == "queue"], queues),
        Field("from", texts("staffing.field.from"), "text", [given["from"]] if "from" in given else []),
        Field("days", texts("staffing.field.days"), "choice", [days], [(span, _days(span, texts)) for span in spans]),
        *numbers,
        Field("model", texts("staffing.field.model"), "choice", [given.get("model", "")], models,
              texts("staffing.field.model.any")),
        Field("high", texts("staffing.field.high"), "check", ["yes"] if given.get("high") == "yes" else []),
    ]


def _days(written: str, texts: Texts) -> str:
    """A choice of the form; what is no number is refused elsewhere."""
    return texts("staffing.days", count=int(written)) if written.isdecimal() and len(written) < 4 else written


def _number_field(number: Number, given: Mapping[str, str], texts: Texts) -> Field:
    usual = "" if number.default is None else written_number(number.default, texts)
    value = digits(given[number.name], texts.language) if number.name in given else usual
    return Field(number.name, texts(f"staffing.field.{number.name}"), "text", [value] if value else [])


def written_number(value: float, texts: Texts) -> str:
    """As one writes it into a form, in one's own digits."""
    plain = digits(f"{value:.10g}", texts.language)
    return plain.replace(".", "٫") if texts.language == "fa" else plain


def sliders(made: MadeWhatIf, question: WhatIfQuestion, texts: Texts) -> Sequence[Slider]:
    """All numbers of a what-if but the cost, each with room to both sides."""
    known, needed = made.assumptions, made.sheet.more["agents_needed"].values()
    agents, patience = question.agents or min(needed), known.patience or 0.0
    return [
        _slider("calls", "number", 1, _room(made.traffic.calls, 100), made.traffic.calls, texts=texts),
        _slider("aht", "seconds", 10, _room(known.aht, 900), known.aht, texts=texts),
        _slider("patience", "seconds", 0, _room(patience, 900), patience, texts=texts),
        _slider("threshold", "seconds", 0, _room(question.threshold, 120), question.threshold, texts=texts),
        _slider("agents", "number", 1, _room(max(agents, *needed), 40), agents, texts=texts),
        _slider("shrinkage", "ratio", 0, max(0.6, known.shrinkage), known.shrinkage, texts=texts, step=0.01),
    ]


def _slider(
    name: str, unit: str, least: float, most: float, value: float, *, texts: Texts, step: float = 1,
) -> Slider:
    at_zero = texts("staffing.patience.endless") if name == "patience" else ""
    shown = {
        "seconds": duration_text(value, texts.language), "ratio": percent_text(value, texts.language, 0),
    }.get(unit) or number_text(value, texts.language)
    return Slider(name, texts(f"staffing.slider.{name}"), unit, least, most, step, round(round(value / step) * step, 4),
                  at_zero if at_zero and not value else shown, at_zero)


def _room(value: float, usual: float) -> float:
    """The slider's end: twice the value where the usual end is too near."""
    return max(usual, ceil(value * 2 / 10) * 10)
