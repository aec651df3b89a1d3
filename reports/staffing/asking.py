"""What a plan or a what-if is asked for, read from a page's address or a program's.

The names are those of `bin/pasokh staffing`; a share is written like there: `shrinkage=0.3`. People's own
digits are read.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from foundation.calendars import MOMENT_HELP, MomentError, parse_moment
from foundation.settings import Settings
from foundation.text import latin_digits
from reports.frame.parameters import (
    LONGEST_VALUE,
    Pairs,
    ParameterError,
    TwiceError,
    UnknownParameterError,
    WrongChoiceError,
    WrongMomentError,
    WrongNameError,
)
from reports.staffing.notes import Ahead
from reports.staffing.plan import Choice
from reports.staffing.reading import LONGEST_PATIENCE, local_moment, today_of

MOST_QUEUES = 200
QUEUE, FROM, MODEL, HIGH = "queue", "from", "model", "high"
POINT = str.maketrans({"٫": ".", ",": "."})


class WrongNumberError(ParameterError):
    """No number, or outside of what can be reckoned with."""

    name = "wrong-number"


class DayIsOverError(ParameterError):
    """The forecast is for today and later days."""

    name = "day-is-over"


@dataclass(frozen=True, slots=True)
class Number:
    """One number that is asked for; without a default it may stay open."""

    name: str
    least: float
    most: float
    default: float | None = None
    whole: bool = False


DAYS: Final = Number("days", 1, 92, 1, whole=True)
GROWTH: Final = Number("growth", 0.01, 100, 1)
AHT: Final = Number("aht", 1, 86_400)
PATIENCE: Final = Number("patience", 1, LONGEST_PATIENCE)
SHRINKAGE: Final = Number("shrinkage", 0, 0.95, 0.3)
HOURLY_COST: Final = Number("hourly-cost", 0, 1e9, 0)
PLAN_NUMBERS: Final = (DAYS, GROWTH, AHT, PATIENCE, SHRINKAGE, HOURLY_COST)
FORECAST_NAMES: Final = (QUEUE, FROM, DAYS.name, GROWTH.name)
"""What of a plan's question concerns its forecast."""

CALLS: Final = Number("calls", 0.01, 1e6)
MINUTES: Final = Number("minutes", 1, 1440, 15)
NO_PATIENCE: Final = Number("patience", 0, LONGEST_PATIENCE)
"""0: nobody gives up."""
THRESHOLD: Final = Number("threshold", 0, 3600, 20)
AGENTS: Final = Number("agents", 1, 5000, whole=True)
WHAT_IF_NUMBERS: Final = (CALLS, MINUTES, AHT, NO_PATIENCE, THRESHOLD, AGENTS, SHRINKAGE, HOURLY_COST)


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    ahead: Ahead
    aht: float | None
    """Seconds; None: measured."""
    patience: float | None
    """Mean in seconds; None: measured."""
    shrinkage: float
    hourly_cost: float
    model: Choice | None
    high: bool


@dataclass(frozen=True, slots=True)
class WhatIfQuestion:
    """What is left open is taken from the ledger, or from what is usual."""

    queues: tuple[str, ...]
    calls: float | None
    minutes: float
    aht: float | None
    patience: float | None
    """0: nobody gives up."""
    threshold: float
    agents: int | None
    shrinkage: float
    hourly_cost: float


def read_plan_question(pairs: Pairs, settings: Settings, now: int) -> PlanQuestion:
    """Of an address.

    Raises:
        ParameterError: the first thing that cannot be.
    """
    given = _given(pairs, (QUEUE, FROM, MODEL, HIGH, *(each.name for each in PLAN_NUMBERS)))
    days, growth, aht, patience, shrinkage, hourly_cost = (_number(each, given) for each in PLAN_NUMBERS)
    first = _first_day(_one(FROM, given), settings, now)
    return PlanQuestion(
        Ahead(first, round(days or 1), growth or 1, _queues(given)), aht, patience, shrinkage or 0.0,
        hourly_cost or 0.0, _model(_one(MODEL, given)), _one(HIGH, given) == "yes")


def read_what_if_question(pairs: Pairs) -> WhatIfQuestion:
    """Of an address.

    Raises:
        ParameterError: the first thing that cannot be.
    """
    given = _given(pairs, (QUEUE, *(each.name for each in WHAT_IF_NUMBERS)))
    calls, minutes, aht, patience, threshold, agents, shrinkage, cost = (
        _number(each, given) for each in WHAT_IF_NUMBERS)
    if patience is not None and 0 < patience < PATIENCE.least:
        raise WrongNumberError(parameter=PATIENCE.name, written=_one(PATIENCE.name, given)[:60],
                               least=f"{PATIENCE.least:g}", most=f"{PATIENCE.most:,.10g}")
    return WhatIfQuestion(
        _queues(given), calls, minutes or 15, aht, patience, threshold or 0.0,
        None if agents is None else round(agents), shrinkage or 0.0, cost or 0.0)


def _given(pairs: Pairs, known: Sequence[str]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        if name not in known:
            raise UnknownParameterError(parameter=name[:60], known=", ".join(known))
        if len(value) > LONGEST_VALUE or not value.isprintable():
            raise WrongNameError(parameter=name, written="".join(s if s.isprintable() else "?" for s in value[:60]))
        if value.strip():
            found.setdefault(name, []).append(value.strip())
    return found


def _one(name: str, given: Mapping[str, list[str]]) -> str:
    """What was written; "": nothing."""
    texts = given.get(name, [])
    if len(texts) > 1:
        raise TwiceError(parameter=name)
    return texts[0] if texts else ""


def _queues(given: Mapping[str, list[str]]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(given.get(QUEUE, [])))
    if len(found) > MOST_QUEUES:
        raise TwiceError(parameter=QUEUE)
    return found


def _number(wanted: Number, given: Mapping[str, list[str]]) -> float | None:
    written = _one(wanted.name, given)
    if not written:
        return wanted.default
    try:
        found = float(latin_digits(written).translate(POINT))
    except ValueError:
        found = math.nan
    if not wanted.least <= found <= wanted.most or (wanted.whole and found != round(found)):
        raise WrongNumberError(parameter=wanted.name, written=written[:60], least=f"{wanted.least:g}",
                               most=f"{wanted.most:,.10g}")
    return found


def _model(written: str) -> Choice | None:
    if written and written not in tuple(Choice):
        raise WrongChoiceError(parameter=MODEL, written=written[:60], choices=", ".join(Choice))
    return Choice(written) if written else None


def _first_day(written: str, settings: Settings, now: int) -> date:
    today = today_of(settings, now)
    if not written:
        return today + timedelta(days=1)
    zone = ZoneInfo(settings.site.timezone)
    try:
        day = parse_moment(written, zone, local_moment(settings, now)).astimezone(zone).date()
    except (MomentError, OverflowError, ValueError, OSError) as error:
        raise WrongMomentError(parameter=FROM, written=written[:60], help=MOMENT_HELP) from error
    if day < today:
        raise DayIsOverError(parameter=FROM, written=written[:60])
    return day
