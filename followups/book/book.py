"""What a site's cases go by: subjects, units, provinces and the calendar."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from followups.book.subjects import Subject, Subjects, load_subjects, responsible_unit
from followups.book.units import Unit, Units, load_units
from followups.cases.case import Tier
from followups.cases.refusals import (
    RetiredSubjectError,
    UnknownProvinceError,
    UnknownSubjectError,
    UnknownUnitError,
)
from followups.deadlines.deadline import Deadline, DeadlineRule, reckon
from followups.deadlines.opening_hours import UnitCalendar
from followups.deadlines.working_days import WorkingDays
from foundation.paths import Home
from foundation.provinces import Province, all_provinces
from foundation.settings import Holidays, Settings

FOLDER = "followups"
"""Under the home: the site's own subjects.yaml and units.yaml."""


@dataclass(frozen=True, slots=True)
class CaseBook:
    subjects: Subjects
    units: Units
    provinces: Mapping[str, Province]
    holidays: Holidays
    zone: ZoneInfo
    now_ms: Callable[[], int]

    def subject(self, name: str) -> Subject:
        """Raises UnknownSubjectError."""
        try:
            return self.subjects.by_id[name]
        except KeyError:
            raise UnknownSubjectError(subject=name[:40]) from None

    def open_subject(self, name: str) -> Subject:
        """One that takes new cases.

        Raises:
            UnknownSubjectError, RetiredSubjectError: it does not.
        """
        subject = self.subject(name)
        if subject.retired:
            raise RetiredSubjectError(subject=name)
        return subject

    def unit(self, name: str) -> Unit:
        """Raises UnknownUnitError."""
        try:
            return self.units.by_id[name]
        except KeyError:
            raise UnknownUnitError(unit=name[:60]) from None

    def check_province(self, name: str | None) -> None:
        """Raises UnknownProvinceError."""
        if name is not None and name not in self.provinces:
            raise UnknownProvinceError(province=name[:40])

    def responsible(self, subject: Subject, province: str | None, tier: Tier | None = None) -> Unit:
        """The unit that answers for the subject: at this tier, or first."""
        return responsible_unit(subject, province, self.units, tier)

    def calendar(self, unit: str) -> UnitCalendar:
        """The unit's hours on the days of this site, as far as they are known now.

        Raises:
            UnknownUnitError
        """
        today = datetime.fromtimestamp(self.now_ms() / 1000, UTC).astimezone(self.zone).date()
        return UnitCalendar(self.unit(unit).hours, WorkingDays(self.holidays, today), self.zone)

    def deadline(self, rule: DeadlineRule, unit: str, clock_ms: int) -> Deadline:
        """What the rule promises for a clock that begins to count at `clock_ms` at this unit."""
        return reckon(rule, datetime.fromtimestamp(clock_ms / 1000, UTC), self.calendar(unit))


def load_case_book(home: Home, settings: Settings, now_ms: Callable[[], int]) -> CaseBook:
    """Read the shipped files and the site's own.

    Raises:
        DataFileError: with every fault, its file and line.
    """
    folder = home.root / FOLDER
    units, subjects = _read(_stamp(folder / "units.yaml"), _stamp(folder / "subjects.yaml"))
    return CaseBook(subjects, units, all_provinces(), settings.holidays, ZoneInfo(settings.site.timezone), now_ms)


@dataclass(frozen=True, slots=True)
class _Stamp:
    """A file as it is now; None of it: there is none."""

    path: Path
    state: tuple[int, int] | None


def _stamp(path: Path) -> _Stamp:
    try:
        status = path.stat()
    except FileNotFoundError:
        return _Stamp(path, None)
    return _Stamp(path, (status.st_mtime_ns, status.st_size))


@lru_cache(maxsize=8)
def _read(units_file: _Stamp, subjects_file: _Stamp) -> tuple[Units, Subjects]:
    # Every request of the web pages asks anew; what has not changed is not read again.
    units = load_units(units_file.path)
    return units, load_subjects(units, subjects_file.path)
