"""When an alternative of a menu fits: hours, holidays, the caller's province, the queue's load, an earlier call.

Pure: what is known of the moment and the caller comes in as `Facts`. What is not known never fits.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY_MINUTES = 1440
RANGE = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)-([01]?\d|2[0-4]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes of a day, `start <= minute < end`; an end beyond midnight is above 1440."""

    start: int
    end: int

    def holds(self, minute: int) -> bool:
        return self.start <= minute < self.end


Spans = tuple[Span, ...]


def _spans(value: object) -> object:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple):
        return texts
    return tuple(_span(text) if isinstance(text, str) else text for text in texts)


def _span(text: str) -> Span:
    found = RANGE.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r}: write hours like 08:00-16:30")
    start, end = (int(found[first]) * 60 + int(found[first + 1]) for first in (1, 3))
    if max(start, end) > DAY_MINUTES or start == end:
        raise ValueError(f"{text!r}: from 00:00 to 24:00, and not empty")
    return Span(start, end if end > start else end + DAY_MINUTES)


def _days(value: str) -> str:
    if unknown := [day for day in value.split("-") if day not in WEEKDAYS]:
        raise ValueError(f"{unknown[0]!r} is no day; write saturday, or saturday-wednesday")
    return value


def days_of(text: str) -> list[int]:
    """Numbers of the days (Monday is 0) in `saturday` or `saturday-wednesday`."""
    first, _, last = text.partition("-")
    start = WEEKDAYS.index(first)
    return [(start + step) % 7 for step in range((WEEKDAYS.index(last or first) - start) % 7 + 1)]


class Hours(BaseModel):
    """Opening hours: days of the week, or rows of them, to hours. A day that is not named is closed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: dict[Annotated[str, AfterValidator(_days)], Annotated[Spans, BeforeValidator(_spans)]]
    holidays: Annotated[Spans, BeforeValidator(_spans)] | Literal["as-usual"] = ()
    """The hours of a public holiday or a closure of the site, whatever day it falls on; not given: closed."""

    @model_validator(mode="after")
    def _each_day_once(self) -> Self:
        days = [day for text in self.days for day in days_of(text)]
        if twice := [WEEKDAYS[day] for day in set(days) if days.count(day) > 1]:
            raise ValueError(f"days: {', '.join(sorted(twice))} is in two of them")
        return self

    def of(self, day: date, *, holiday: bool) -> Spans:
        if holiday and self.holidays != "as-usual":
            return self.holidays
        return next((spans for text, spans in self.days.items() if day.weekday() in days_of(text)), ())


class LongWait(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    queue: str
    seconds: Annotated[int, Field(ge=0)]


class Condition(BaseModel):
    """All that is named must be so."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    open: str | None = None
    """Within the opening hours of this name."""
    closed: str | None = None
    """Outside them."""
    holiday: bool | None = None
    """A public holiday or a closure of the site; or (false) neither."""
    provinces: tuple[str, ...] | None = None
    """The caller's number is from one of these; `unknown` for mobile and withheld numbers."""
    wait_over: LongWait | None = None
    """The estimated wait in the queue is longer."""
    called_within_hours: Annotated[float, Field(gt=0, le=720)] | None = None
    """The same number has called before, not longer ago."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("names no condition; leave `when` out")
        return self


def _no_holiday(_day: date) -> bool:
    return False


def _no_wait(_queue: str) -> float | None:
    return None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of this moment and this caller."""

    moment: datetime
    """In the site's zone."""
    hours: Mapping[str, Hours]
    is_holiday: Callable[[date], bool] = _no_holiday
    province: str | None = None
    wait: Callable[[str], float | None] = _no_wait
    """Estimated seconds until an agent answers in a queue; None when nobody knows."""
    called: float | None = None
    """Hours since the caller's last call before this one; None: none, or nobody knows."""


def fits(condition: Condition | None, facts: Facts) -> bool:
    """Whether everything the condition names is so."""
    return condition is None or all((
        condition.open is None or is_open(facts.hours[condition.open], facts),
        condition.closed is None or not is_open(facts.hours[condition.closed], facts),
        condition.holiday is None or condition.holiday is facts.is_holiday(facts.moment.date()),
        condition.provinces is None or (facts.province or "unknown") in condition.provinces,
        condition.wait_over is None or _waits_longer(condition.wait_over, facts),
        condition.called_within_hours is None
        or (facts.called is not None and facts.called <= condition.called_within_hours),
    ))


def is_open(hours: Hours, facts: Facts) -> bool:
    """Whether the moment is within the hours; those of an evening may reach beyond midnight."""
    today = facts.moment.date()
    minute = facts.moment.hour * 60 + facts.moment.minute
    yesterday = today - timedelta(days=1)
    return any(span.holds(minute) for span in hours.of(today, holiday=facts.is_holiday(today))) or any(
        span.holds(minute + DAY_MINUTES) for span in hours.of(yesterday, holiday=facts.is_holiday(yesterday)))


def _waits_longer(rule: LongWait, facts: Facts) -> bool:
    wait = facts.wait(rule.queue)
    return wait is not None and wait > rule.seconds
