"""What callers did in the menus: figures per menu from the steps of every call, and the calls behind each figure.

Pure: paths come in, figures go out.
"""

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from callqueue.metrics import Passport, Unit
from callqueue.metrics.passports import CEL, EXACT, MEASURED
from ivr.menu.walk import Result
from ivr.steps.steps import BUSY, HUNG_UP, CallEnding, Kind, Step

Path = Sequence[Step]
EVIDENCE = "steps"
HELPED = "helped"
CHOSEN = (Result.CHOSEN.value, Result.ANNOUNCED.value, Result.BACK.value, Result.REPEAT.value)
UNFINISHED = "unfinished"
MILLISECONDS = np.dtype("<i4")
LONGEST_MS = 2**31 - 1
"""A longer stay counts as this: 24 days."""


@dataclass(frozen=True, slots=True)
class MenuFigures:
    """One menu, or (menu None) all of them together. Seconds; None where nobody was there."""

    menu: str | None
    entered: int
    chosen: int
    wrong: int
    silent: int
    hung_up: int
    contained: int
    median_time: float | None
    keys: Mapping[str, int]
    """How often each of the menu's keys was chosen."""


@dataclass(frozen=True, slots=True)
class LineFigures:
    """All calls that came to the menus, by how they left them: calls = the sum of the six after it."""

    calls: int
    queued: int
    transferred: int
    goodbye: int
    hung_up: int
    failed: int
    unfinished: int
    busy: int
    contained: int


@dataclass(frozen=True, slots=True)
class Visit:
    """One stay of one call in one menu."""

    menu: str
    steps: tuple[Step, ...]

    @property
    def ms(self) -> int:
        return min(sum(step.ms for step in self.steps), LONGEST_MS)


def visits_of(path: Path) -> Iterator[Visit]:
    """The stays in menus, in order; an action from a menu and back to it is part of the same stay."""
    menus = [step for step in path if step.kind == Kind.MENU]
    for menu, steps in groupby(menus, lambda step: step.name):
        yield Visit(menu, tuple(steps))


def ending_of(path: Path) -> str:
    """How the call left the menus; `unfinished` while it is in them, or when the menus were killed under it."""
    last = path[-1]
    ended = last.kind == Kind.CALL and last.result in set(CallEnding)
    return last.result if ended else UNFINISHED


def is_contained(path: Path) -> bool:
    """Helped without an agent: told or served by an action, and gone without a queue."""
    told = any(step.result == Result.ANNOUNCED or step.result.partition(":")[0] == HELPED for step in path)
    return told and ending_of(path) in {CallEnding.GOODBYE, CallEnding.HUNG_UP}


@dataclass(slots=True)
class MenuTally:
    """Counts of one menu, growing call by call, or by those of other calls."""

    entered: int = 0
    contained: int = 0
    results: Counter[str] = field(default_factory=Counter)
    keys: Counter[str] = field(default_factory=Counter)
    ms: "array[int]" = field(default_factory=lambda: array("i"))
    """How long each stay was."""
    more_ms: list[NDArray[np.int32]] = field(default_factory=list)
    """The same of tallies that were added, each in rising order."""

    @property
    def parts(self) -> list[NDArray[np.int32]]:
        """Milliseconds of all stays, each part in rising order."""
        return [np.sort(np.array(self.ms, MILLISECONDS)), *self.more_ms]

    @property
    def lengths(self) -> NDArray[np.int32]:
        """Milliseconds of all stays, in rising order."""
        return np.sort(np.concatenate(self.parts))

    def add_tally(self, other: "MenuTally") -> None:
        self.entered += other.entered
        self.contained += other.contained
        self.results.update(other.results)
        self.keys.update(other.keys)
        self.more_ms.extend(other.parts)

    def add(self, visit: Visit) -> None:
        self.entered += 1
        self.ms.append(visit.ms)
        for step in visit.steps:
            self.results.update(name for name, is_so in COUNTED.items() if is_so(step))
            if step.key and is_chosen(step):
                self.keys[step.key] += 1

    def figures(self, menu: str) -> MenuFigures:
        return MenuFigures(
            menu=menu, entered=self.entered, contained=self.contained,
            **{name: self.results[name] for name in COUNTED},
            median_time=_median_seconds(self.parts), keys=dict(sorted(self.keys.items())),
        )


def _median_seconds(parts: Sequence[NDArray[np.int32]]) -> float | None:
    """The lower of the two middle ones: the least length that half of all, rounded up, do not exceed.

    It is looked for by halving, so that a year's lengths need not be put in order.
    """
    filled = [part for part in parts if part.size]
    if not filled:
        return None
    half = (sum(part.size for part in filled) + 1) // 2
    low, high = min(int(part[0]) for part in filled), max(int(part[-1]) for part in filled)
    while low < high:
        middle = (low + high) // 2
        if sum(int(np.searchsorted(part, np.int32(middle), "right")) for part in filled) >= half:
            high = middle
        else:
            low = middle + 1
    return low / 1000


@dataclass(slots=True)
class PathTally:
    """The figures of all calls, growing call by call, so that a month needs no more memory than a day; tallies of two
    times side by side, added, are the tally of both.
    """

    endings: Counter[str] = field(default_factory=Counter)
    busy: int = 0
    contained: int = 0
    lost: int = 0
    """Hung up in the menus, as the ledger counts `lost_in_menu`: without those refused as busy."""
    tallies: dict[str, MenuTally] = field(default_factory=dict)

    def add(self, path: Path) -> None:
        """One more call."""
        ending, contained = ending_of(path), is_contained(path)
        self.endings[ending] += 1
        self.busy += is_busy(path)
        self.contained += contained
        self.lost += ending == CallEnding.HUNG_UP and not is_busy(path)
        visits = list(visits_of(path))
        for visit in visits:
            self.tallies.setdefault(visit.menu, MenuTally()).add(visit)
        for menu in {visit.menu for visit in visits}:
            self.tallies[menu].contained += contained

    def add_tally(self, other: "PathTally") -> None:
        """All calls of another time."""
        self.endings.update(other.endings)
        self.busy += other.busy
        self.contained += other.contained
        self.lost += other.lost
        for menu, tally in other.tallies.items():
            self.tallies.setdefault(menu, MenuTally()).add_tally(tally)

    def menus(self) -> list[MenuFigures]:
        """A row for each menu that anybody entered, by name."""
        return [tally.figures(menu) for menu, tally in sorted(self.tallies.items())]

    def line(self) -> LineFigures:
        ended = self.endings
        return LineFigures(
            calls=ended.total(), queued=ended[CallEnding.QUEUED], transferred=ended[CallEnding.TRANSFERRED],
            goodbye=ended[CallEnding.GOODBYE], hung_up=ended[CallEnding.HUNG_UP], failed=ended[CallEnding.FAILED],
            unfinished=ended[UNFINISHED], busy=self.busy, contained=self.contained,
        )


def is_chosen(step: Step) -> bool:
    return step.result in CHOSEN


def is_hung_up(step: Step) -> bool:
    return step.result == HUNG_UP


def is_wrong(step: Step) -> bool:
    return step.result == Result.WRONG_KEY or (step.result == Result.GAVE_UP and bool(step.key))


def is_silent(step: Step) -> bool:
    return step.result == Result.NO_INPUT or (step.result == Result.GAVE_UP and not step.key)


def is_busy(path: Path) -> bool:
    return path[0].name == BUSY


COUNTED = {"chosen": is_chosen, "wrong": is_wrong, "silent": is_silent, "hung_up": is_hung_up}


RESULTS = tuple(dict.fromkeys((
    "entered", "chosen", "wrong", "silent", "hung_up", "contained", *(each.value for each in Result), "too_long",
)))
"""What calls of a menu can be asked for by."""


def counts(path: Path, menu: str | None, result: str) -> bool:
    """Whether a menu's figure was counted from this call (menu None: any menu); a step's result, too."""
    steps = [step for step in path if step.kind == Kind.MENU and menu in (None, step.name)]
    if result == "entered":
        return bool(steps)
    if result == "contained":
        return bool(steps) and is_contained(path)
    is_so = COUNTED.get(result, lambda step: step.result == result)
    return any(map(is_so, steps))


def _count(name: str) -> Passport:
    return Passport(name, Unit.COUNT, EVIDENCE, EXACT)


PASSPORTS = (
    _count("entered"), _count("chosen"), _count("wrong"), _count("silent"), _count("hung_up"), _count("contained"),
    Passport("median_time", Unit.SECONDS, EVIDENCE, MEASURED),
    _count("calls"), _count("queued"), _count("transferred"), _count("goodbye"), _count("failed"), _count("unfinished"),
    _count("busy"), _count("lost_in_menu_steps"),
    Passport("lost_in_menu", Unit.COUNT, CEL, EXACT, told="lost_in_menu.menus"),
)


def path_passports() -> Mapping[str, Passport]:
    return {passport.id: passport for passport in PASSPORTS}
