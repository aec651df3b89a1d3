"""What a report is asked for, read the same from a page's address, from a program's and from the command line.

A parameter has a name, reads what was written, and refuses what it cannot read with a name that stays the same on the
wire, what was written, and what may be written instead (texts: `report.refused.<name>`).

    STEP = one_of("step", Step, Step.NONE)
    read_parameters([STEP, QUEUES], [("step", "hour"), ("queue", "pensions")], asking)[STEP]   # Step.HOUR
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import urlencode

from foundation.calendars import MOMENT_HELP, Calendar, Interval, MomentError, Step, calendar_of
from foundation.settings import Settings
from foundation.text import latin_digits
from reports.frame.periods import Almanac, Compare, Period, compared, named, written

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Named = TypeVar("Named", bound=StrEnum)
Pairs = Sequence[tuple[str, str]]
"""As an address holds them; a name may come more than once."""
LONGEST_VALUE = 100
MOST_VALUES = 200
MOST_PIECES = 10_000
"""A year by hours, a hundred days by quarters of an hour."""
SHORTEST = {Step.QUARTER_HOUR: 900, Step.HALF_HOUR: 1800, Step.HOUR: 3600, Step.DAY: 82_800}
"""Seconds of a piece at least; longer ones are few."""
YES, NO = ("yes", "true", "1", ""), ("no", "false", "0")


class ParameterError(Exception):
    """What was asked for cannot be; `name` is stable on the wire, `values` say what was written and what may be."""

    name: ClassVar[str]
    status: ClassVar[int] = 422

    def __init__(self, **values: str) -> None:
        super().__init__(f"{self.name}: {', '.join(f'{key} {value}' for key, value in values.items())}")
        self.values = values


class UnknownParameterError(ParameterError):
    """The report has no such parameter."""

    name = "unknown-parameter"


class TwiceError(ParameterError):
    """Given more than once, and only one is taken."""

    name = "given-twice"


class WrongChoiceError(ParameterError):
    name = "wrong-choice"


class WrongMomentError(ParameterError):
    name = "wrong-moment"


class EmptyTimeError(ParameterError):
    """Nothing lies between the two moments."""

    name = "empty-time"


class TimeTwiceError(ParameterError):
    """A named period, and moments beside it."""

    name = "period-and-moments"


class TooManyRowsError(ParameterError):
    """The time is cut into more pieces than a report holds."""

    name = "too-many-rows"


class WrongDigitsError(ParameterError):
    name = "wrong-digits"


class WrongNameError(ParameterError):
    """Longer than any name, or with signs that no name has."""

    name = "wrong-name"


@dataclass(frozen=True, slots=True)
class Asking:
    """What reading needs to know of the site and the moment."""

    settings: Settings
    almanac: Almanac


@dataclass(frozen=True)
class Parameter(Generic[T_co]):
    """One parameter. Its title is the text `parameter.<name>`, and each choice's `choice.<name>.<choice>`."""

    name: str
    read: Callable[[Sequence[str]], T_co]
    """What was written, once or more often; raises ParameterError."""
    default: T_co
    choices: tuple[str, ...] = ()
    many: bool = False
    """Whether it may be given more than once."""
    flag: bool = False
    """Whether it is said or not, without a value on the command line."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a report is asked for: `parameters[STEP]` is a Step, `parameters.interval` the time."""

    interval: Interval
    earlier: Interval | None
    """The time it is compared with."""
    calendar: Calendar
    values: Mapping[str, Any]
    written: Pairs
    """As it was asked for, without what was left at its default: the report's address."""

    def __getitem__(self, parameter: Parameter[T]) -> T:
        found: T = self.values.get(parameter.name, parameter.default)
        return found

    @property
    def query(self) -> str:
        """For an address, after its `?`."""
        return urlencode(self.written)


def read_parameters(
    known: Iterable[Parameter[Any]], pairs: Pairs, asking: Asking, *, default_from: str = "today",
) -> Parameters:
    """What was written, as the report takes it; empty values are as if they were not there.

    Raises:
        ParameterError: the first thing that cannot be.
    """
    by_name = {parameter.name: parameter for parameter in (*TIME, *known)}
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        if name not in by_name:
            raise UnknownParameterError(parameter=name[:60], known=", ".join(by_name))
        if value.strip() or by_name[name].flag:
            given.setdefault(name, []).append(value.strip())
    values = {name: _read(by_name[name], texts) for name, texts in given.items()}
    kept = [(name, text) for name in by_name for text in given.get(name, ())]
    return _with_time(values, kept, asking, default_from)


def _read(parameter: Parameter[T], texts: Sequence[str]) -> T:
    if len(texts) > (MOST_VALUES if parameter.many else 1):
        raise TwiceError(parameter=parameter.name)
    for text in texts:
        if len(text) > LONGEST_VALUE or not text.isprintable():
            raise WrongNameError(parameter=parameter.name, written=_short(text))
    return parameter.read(texts)


def _with_time(values: Mapping[str, Any], kept: Pairs, asking: Asking, default_from: str) -> Parameters:
    calendar = values.get(CALENDAR.name) or calendar_of(asking.settings.site.language)
    almanac = Almanac(asking.almanac.zone, calendar, asking.almanac.now)
    period: Period | None = values.get(PERIOD.name)
    if period is not None and (FROM.name in values or TO.name in values):
        raise TimeTwiceError(period=period.value)
    start, end = values.get(FROM.name, default_from), values.get(TO.name, "")
    interval = named(period, almanac) if period else _written(start, end, almanac)
    if interval.seconds <= 0:
        raise EmptyTimeError(start=start, end=end or "now")
    _refuse_too_many(interval, values.get(STEP.name, Step.NONE))
    known = period or (Period.TODAY if (start, end) == (Period.TODAY, "") else None)
    compare = values.get(COMPARE.name, COMPARE.default)
    return Parameters(interval, compared(interval, known, compare, almanac), calendar, values, tuple(kept))


def _written(start: str, end: str, almanac: Almanac) -> Interval:
    for name, text in (("from", start), ("to", end)):
        try:
            interval = written(start, end if name == "to" else "", almanac)
        except (MomentError, OverflowError, ValueError, OSError) as error:
            raise WrongMomentError(parameter=name, written=_short(text), help=MOMENT_HELP) from error
    return interval


def _refuse_too_many(interval: Interval, step: Step) -> None:
    pieces = interval.seconds // SHORTEST.get(step, interval.seconds)
    if pieces > MOST_PIECES:
        raise TooManyRowsError(rows=str(pieces), most=str(MOST_PIECES))


def fitting_step(parameters: "Parameters") -> Step:
    """The step that was asked for; without one, such that a chart has some dozens of points."""
    asked = parameters[STEP]
    if asked is not Step.NONE:
        return asked
    days = parameters.interval.seconds / 86_400
    return Step.HOUR if days <= 2 else Step.DAY if days <= 92 else Step.MONTH


def one_of(name: str, choices: type[Named], default: Named) -> Parameter[Named]:
    """One word of several."""
    def read(texts: Sequence[str]) -> Named:
        return choices(_choice(name, texts[0], tuple(choices)))

    return Parameter(name, read, default, tuple(each.value for each in choices))


def maybe_one_of(name: str, choices: type[Named]) -> Parameter[Named | None]:
    """One word of several, or none."""
    def read(texts: Sequence[str]) -> Named:
        return choices(_choice(name, texts[0], tuple(choices)))

    return Parameter[Named | None](name, read, None, tuple(each.value for each in choices))


def word(name: str, choices: Sequence[str] = ()) -> Parameter[str | None]:
    """One word: any, or one of `choices`."""
    def read(texts: Sequence[str]) -> str:
        return _choice(name, texts[0], choices) if choices else texts[0]

    return Parameter[str | None](name, read, None, tuple(choices))


def words(name: str) -> Parameter[tuple[str, ...]]:
    """Any number of words; each counts once."""
    def read(texts: Sequence[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(texts))

    return Parameter[tuple[str, ...]](name, read, (), many=True)


def flag(name: str) -> Parameter[bool]:
    """Said or not."""
    def read(texts: Sequence[str]) -> bool:
        return _choice(name, texts[0].lower(), (*YES, *NO)) in YES

    return Parameter(name, read, default=False, choices=("yes", "no"), flag=True)


def last_digits(name: str) -> Parameter[str | None]:
    """The last digits of a telephone number."""
    def read(texts: Sequence[str]) -> str:
        plain = latin_digits(texts[0])
        if not re.fullmatch(r"\+?[0-9]+", plain):
            raise WrongDigitsError(parameter=name, written=_short(texts[0]))
        return plain

    return Parameter[str | None](name, read, None)


def _choice(name: str, written: str, choices: Sequence[str]) -> str:
    if written not in choices:
        raise WrongChoiceError(parameter=name, written=_short(written), choices=", ".join(filter(None, choices)))
    return written


def _short(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text[:60])


FROM = Parameter[str]("from", lambda texts: texts[0], "")
TO = Parameter[str]("to", lambda texts: texts[0], "")
PERIOD = maybe_one_of("period", Period)
CALENDAR = maybe_one_of("calendar", Calendar)
COMPARE = one_of("compare", Compare, Compare.NONE)
TIME: tuple[Parameter[Any], ...] = (PERIOD, FROM, TO, CALENDAR, COMPARE)
"""What every report is asked for."""

STEP = one_of("step", Step, Step.NONE)
QUEUES = words("queue")
AGENTS = words("agent")
SUBJECT = word("subject")
PROVINCE = word("province")
CALLER = last_digits("caller")
WHOLE_NUMBERS = flag("whole-numbers")
"""Callers' numbers whole, not only their last four digits."""
