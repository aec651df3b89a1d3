"""A plan of working times as a CSV file, read with all its faults named. Pure.

The columns `agent, day, from, to, activity, reason` in any order, separated by comma, semicolon or tabulator. Days are
Jalali or Gregorian, digits Persian or others, columns and activities in any of our languages. An end that is not after
its beginning is on the next day; `24:00` ends the day.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from callqueue.work_plan.plan import Activity, PlanLine, collisions
from callqueue.work_plan.refusals import PlanFault, WrongPlanFileError
from callqueue.work_plan.words import COLUMNS, NEEDED, PlanWords
from foundation.calendars import MomentError, day_start, parse_moment
from foundation.search_words import fold
from foundation.settings import Settings
from foundation.text import latin_digits

Found = TypeVar("Found")
SECOND = 1000
DAY = timedelta(days=1)
SEPARATORS = ",;\t"
DAY_FORM = re.compile(r"\d{4}([-/.])\d{1,2}\1\d{1,2}")
CLOCK_FORM = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
MOST_NAMED = 12
"""Agents and reasons that an error counts up."""


@dataclass(frozen=True, slots=True)
class WrittenLine:
    """A line of a plan and where it stands in its file, counted from 1."""

    number: int
    plan: PlanLine


class _FaultError(Exception):
    """What one cell is wrong in."""

    def __init__(self, name: str, **values: str) -> None:
        self.name, self.values = name, values


def read_plan_file(content: bytes, settings: Settings) -> list[WrittenLine]:
    """The lines of a plan.

    Raises:
        WrongPlanFileError: with every fault.
    """
    (first, header), *rows = _table(content)
    words = PlanWords.of(settings)
    columns, faults, lines = _columns(first, header, words), list[PlanFault](), list[WrittenLine]()
    for number, cells in rows:
        row = _Row(number, cells, columns, settings, words)
        plan = row.line()
        faults += row.faults
        lines += [WrittenLine(number, plan)] if plan else []
    if not rows:
        faults.append(PlanFault("no-lines", first))
    faults += _collisions(lines)
    if faults:
        raise WrongPlanFileError(faults)
    return lines


def _table(content: bytes) -> list[tuple[int, list[str]]]:
    """The headings and the rows that are not empty, each with its number."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise WrongPlanFileError([PlanFault("not-utf-8", line)]) from error
    separator = max(SEPARATORS, key=text.lstrip().partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(map(_plain, row))]
    except csv.Error as error:
        raise WrongPlanFileError([PlanFault("not-csv", reader.line_num, values={"error": str(error)})]) from error
    if not rows:
        raise WrongPlanFileError([PlanFault("no-lines", 1)])
    return rows


def _columns(line: int, header: Sequence[str], words: PlanWords) -> list[str]:
    """The name of each column; empty: it has none."""
    found = [words.columns.get(fold(title), "") for title in header]
    known = {"columns": ", ".join(COLUMNS)}
    faults = [
        PlanFault("unknown-column", line, title.strip(), values=known)
        for title, name in zip(header, found, strict=True) if not name and _plain(title)
    ]
    faults += [PlanFault("missing-column", line, name, values=known) for name in NEEDED if name not in found]
    faults += [PlanFault("column-twice", line, name) for name in COLUMNS if found.count(name) > 1]
    if faults:
        raise WrongPlanFileError(faults)
    return found


def _plain(cell: str) -> str:
    """Without the spaces around it and the invisible marks that word processors put in; digits as 0–9."""
    shown = "".join(sign for sign in cell if unicodedata.category(sign) != "Cf")
    return latin_digits(shown).strip()


class _Row:
    """One row while it is being read: what is wrong in each of its cells is gathered."""

    def __init__(
        self, number: int, row: Sequence[str], columns: Sequence[str], settings: Settings, words: PlanWords,
    ) -> None:
        self.faults: list[PlanFault] = []
        self._number, self._settings, self._words = number, settings, words
        self._zone = ZoneInfo(settings.site.timezone)
        self._cells = {name: _plain(cell) for name, cell in zip(columns, row, strict=False) if name}
        self._beyond = next(filter(None, map(_plain, row[len(columns):])), "")

    def line(self) -> PlanLine | None:
        """None: it has faults."""
        if self._beyond:
            self._note("too-many-cells", "", self._beyond)
        agent, day = self._read("agent", self._agent), self._read("day", self._day)
        start, end = self._read("from", _begin), self._read("to", _clock)
        activity = self._read("activity", self._activity)
        reason = self._read("reason", lambda text: self._reason(text, activity))
        if agent is None or day is None or start is None or end is None or activity is None or reason is None:
            return None
        if start == end:
            self._note("no-length", "to", self._cells["to"], start=self._cells["from"])
            return None
        ends = end if end > start else end + DAY
        start_ms = self._read("from", lambda _: self._instant(day, start))
        end_ms = self._read("to", lambda _: self._instant(day, ends))
        if start_ms is None or end_ms is None or self.faults:
            return None
        return PlanLine(agent, day, start_ms, end_ms, activity, reason)

    def _read(self, column: str, how: Callable[[str], Found]) -> Found | None:
        text = self._cells.get(column, "")
        if not text and column in NEEDED:
            self._note("empty-cell", column, "")
            return None
        try:
            return how(text)
        except _FaultError as fault:
            self._note(fault.name, column, text, **fault.values)
            return None

    def _note(self, name: str, column: str, value: str, **values: str) -> None:
        self.faults.append(PlanFault(name, self._number, column, value, values))

    def _agent(self, text: str) -> str:
        agents = self._settings.agents
        agent = text if text in agents else text.lower()
        if agent not in agents:
            raise _FaultError("unknown-agent", known=_counted_up(sorted(agents)))
        return agent

    def _day(self, text: str) -> date:
        if not DAY_FORM.fullmatch(text):
            raise _FaultError("wrong-day")
        try:
            return parse_moment(text, self._zone, datetime.now(UTC)).date()
        except MomentError as error:
            raise _FaultError("wrong-day") from error

    def _activity(self, text: str) -> Activity:
        activity = self._words.activities.get(fold(text))
        if activity is None:
            raise _FaultError("unknown-activity", known=", ".join(reversed(Activity)))
        return activity

    def _reason(self, text: str, activity: Activity | None) -> str:
        if not text:
            return ""
        if activity in {Activity.WORK, Activity.ABSENT}:
            raise _FaultError("reason-of-no-break")
        reason = self._words.reasons.get(fold(text))
        if reason is None:
            raise _FaultError("unknown-reason", known=_counted_up(self._settings.pause_reasons))
        return reason

    def _instant(self, day: date, clock: timedelta) -> int:
        """Of the two moments that a time is twice, where clocks are put back, the first."""
        later, seconds = divmod(clock, DAY)
        begun = day + later * DAY
        if not seconds:
            return int(day_start(begun, self._zone).timestamp()) * SECOND
        local = datetime.combine(begun, time()) + seconds
        instant = int(local.replace(tzinfo=self._zone).timestamp())
        if datetime.fromtimestamp(instant, self._zone).replace(tzinfo=None) != local:
            raise _FaultError("no-such-time", day=begun.isoformat())
        return instant * SECOND


def _begin(text: str) -> timedelta:
    clock = _clock(text)
    if clock == DAY:
        raise _FaultError("wrong-time")
    return clock


def _clock(text: str) -> timedelta:
    """Since midnight, a whole day at most."""
    found = CLOCK_FORM.fullmatch(text)
    if not found:
        raise _FaultError("wrong-time")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    clock = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if max(minutes, seconds) >= 60 or clock > DAY:
        raise _FaultError("wrong-time")
    return clock


def _collisions(lines: Sequence[WrittenLine]) -> Iterator[PlanFault]:
    numbers: dict[int, int] = {id(each.plan): each.number for each in lines}
    for first, second in collisions(each.plan for each in lines):
        one, other = sorted((numbers[id(first)], numbers[id(second)]))
        yield PlanFault("overlap", other, "from", values={"line": str(one), "activity": second.activity.value})


def _counted_up(names: Sequence[str]) -> str:
    more = ", …" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
