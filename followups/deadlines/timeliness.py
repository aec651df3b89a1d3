"""Whether promises to callers were kept. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from callqueue.metrics.arithmetic import ratio
from callqueue.metrics.passports import EXACT, MEASURED, Passport, Unit

EVIDENCE = "cases_told"


class Dimension(StrEnum):
    TOTAL = "total"
    UNIT = "unit"
    SUBJECT = "subject"
    PROVINCE = "province"


@dataclass(frozen=True, slots=True)
class Promise:
    """A case whose deadline has passed, or several of which the same is to be said."""

    unit: str
    """Who had it when its deadline passed, or when it was closed before."""
    subjects: Sequence[str]
    """Its own and those above it."""
    province: str | None
    closed: bool
    closed_in_time: bool
    told_in_time: bool
    resolved_in_time: bool
    dropped: bool
    """The caller withdrew it, or it was a duplicate."""
    reopened: bool
    cases: int = 1


@dataclass(frozen=True, slots=True)
class Timeliness:
    """The figures of one unit, subject or province, or of all."""

    name: str | None
    followups_due: int
    followups_on_time: int
    followups_told_on_time: int
    followups_resolved_on_time: int
    followups_late: int
    followups_overdue: int
    followups_dropped: int
    followups_reopened: int

    @property
    def followup_on_time(self) -> float | None:
        return ratio(self.followups_on_time, self.followups_due)

    @property
    def followup_told_on_time(self) -> float | None:
        return ratio(self.followups_told_on_time, self.followups_due)

    @property
    def followup_resolved_on_time(self) -> float | None:
        return ratio(self.followups_resolved_on_time, self.followups_due)


def _count(name: str) -> Passport:
    return Passport(name, Unit.COUNT, EVIDENCE, EXACT)


def _share(name: str) -> Passport:
    return Passport(name, Unit.RATIO, EVIDENCE, MEASURED)


PASSPORTS: Final[Mapping[str, Passport]] = MappingProxyType({one.id: one for one in (
    _share("followup_on_time"), _count("followups_due"), _count("followups_on_time"), _count("followups_told_on_time"),
    _count("followups_resolved_on_time"), _count("followups_late"), _count("followups_overdue"),
    _count("followups_dropped"), _count("followups_reopened"), _share("followup_told_on_time"),
    _share("followup_resolved_on_time"),
)})


def tell_timeliness(promises: Iterable[Promise], by: Dimension) -> list[Timeliness]:
    """A line for each name; with subjects, a case counts with its own and with all above it."""
    groups: dict[str | None, list[Promise]] = {}
    for promise in promises:
        for name in _names(promise, by):
            groups.setdefault(name, []).append(promise)
    return [_line(name, groups[name]) for name in sorted(groups, key=lambda one: (one is None, one or ""))]


def _names(promise: Promise, by: Dimension) -> Sequence[str | None]:
    match by:
        case Dimension.TOTAL:
            return ("total",)
        case Dimension.UNIT:
            return (promise.unit,)
        case Dimension.SUBJECT:
            return promise.subjects
        case Dimension.PROVINCE:
            return (promise.province,)


def _line(name: str | None, promises: Sequence[Promise]) -> Timeliness:
    counted: Counter[str] = Counter()
    for one in promises:
        counted.update(dict.fromkeys(_counts(one), one.cases))
    return Timeliness(name, **{f"followups_{key}": counted[key] for key in COUNTS})


COUNTS: Final = ("due", "on_time", "told_on_time", "resolved_on_time", "late", "overdue", "dropped", "reopened")


def _counts(one: Promise) -> list[str]:
    if one.dropped and one.closed_in_time:
        return ["dropped"]
    found = {
        "due": True, "on_time": one.closed_in_time, "told_on_time": one.closed_in_time or one.told_in_time,
        "resolved_on_time": one.closed_in_time or one.resolved_in_time,
        "late": one.closed and not one.closed_in_time, "overdue": not one.closed, "reopened": one.reopened,
    }
    return [name for name, holds in found.items() if holds]
