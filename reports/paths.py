"""What callers did in the menus: figures per menu from the steps of every call, and the calls behind each figure.

Pure: paths come in, figures go out.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median_low

from callqueue.metrics import Passport, Unit
from ivr.menu_walk import Result
from ivr.steps import BUSY, HUNG_UP, CallEnding, Kind, Step

Path = Sequence[Step]
EVIDENCE = "steps of the menus"
EXACT = "exact count"
HELPED = "helped"
CHOSEN = (Result.CHOSEN.value, Result.ANNOUNCED.value, Result.BACK.value, Result.REPEAT.value)
UNFINISHED = "unfinished"


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
    def seconds(self) -> float:
        return sum(step.ms for step in self.steps) / 1000


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


def figures_of_menus(paths: Sequence[Path]) -> list[MenuFigures]:
    """A row for each menu that anybody entered, by name."""
    visits: dict[str, list[tuple[Path, Visit]]] = {}
    for path in paths:
        for visit in visits_of(path):
            visits.setdefault(visit.menu, []).append((path, visit))
    return [_menu(name, found) for name, found in sorted(visits.items())]


def _menu(name: str, visits: Sequence[tuple[Path, Visit]]) -> MenuFigures:
    steps = [step for _, visit in visits for step in visit.steps]
    calls = {path[0].call_id: path for path, _ in visits}
    return MenuFigures(
        menu=name, entered=len(visits),
        chosen=sum(step.result in CHOSEN for step in steps),
        wrong=sum(map(is_wrong, steps)), silent=sum(map(is_silent, steps)),
        hung_up=sum(step.result == HUNG_UP for step in steps),
        contained=sum(map(is_contained, calls.values())),
        median_time=median_low([visit.seconds for _, visit in visits]) if visits else None,
        keys=dict(sorted(Counter(step.key for step in steps if step.key and step.result in CHOSEN).items())),
    )


def is_wrong(step: Step) -> bool:
    return step.result == Result.WRONG_KEY or (step.result == Result.GAVE_UP and bool(step.key))


def is_silent(step: Step) -> bool:
    return step.result == Result.NO_INPUT or (step.result == Result.GAVE_UP and not step.key)


def figures_of_line(paths: Sequence[Path]) -> LineFigures:
    endings = Counter(ending_of(path) for path in paths)
    return LineFigures(
        calls=len(paths), queued=endings[CallEnding.QUEUED], transferred=endings[CallEnding.TRANSFERRED],
        goodbye=endings[CallEnding.GOODBYE], hung_up=endings[CallEnding.HUNG_UP], failed=endings[CallEnding.FAILED],
        unfinished=endings[UNFINISHED], busy=sum(map(is_busy, paths)), contained=sum(map(is_contained, paths)),
    )


def is_busy(path: Path) -> bool:
    return path[0].name == BUSY


def lost_in_menus(paths: Sequence[Path]) -> int:
    """Callers who hung up in the menus, as the ledger counts `lost_in_menu`: without those refused as busy."""
    return sum(ending_of(path) == CallEnding.HUNG_UP and not is_busy(path) for path in paths)


RESULTS = (
    "entered", "chosen", "wrong", "silent", "hung_up", "contained", *(each.value for each in Result), "too_long",
)
"""What calls of a menu can be asked for by."""


def behind(paths: Sequence[Path], menu: str | None, result: str) -> list[Path]:
    """The calls from which a menu's figure was counted (menu None: any menu); a step's result, too."""
    return [path for path in paths if _counts(path, menu, result)]


def _counts(path: Path, menu: str | None, result: str) -> bool:
    steps = [step for step in path if step.kind == Kind.MENU and menu in (None, step.name)]
    match result:
        case "entered":
            return bool(steps)
        case "contained":
            return bool(steps) and is_contained(path)
        case "chosen":
            return any(step.result in CHOSEN for step in steps)
        case "wrong":
            return any(map(is_wrong, steps))
        case "silent":
            return any(map(is_silent, steps))
    return any(step.result == result for step in steps)


def _count(name: str, formula: str) -> Passport:
    return Passport(name, Unit.COUNT, formula, EVIDENCE, EXACT)


PASSPORTS = (
    _count("entered", "stays in the menu; a menu said again, or an action and back, is the same stay"),
    _count("chosen", "questions answered by a key that the menu has"),
    _count("wrong", "questions answered by a key that the menu has not, the last retry included"),
    _count("silent", "questions answered by no key in time, the last retry included"),
    _count("hung_up", "questions during which the caller hung up; for all menus: calls whose caller hung up before any"
                      " queue, whatever was being played"),
    _count("contained", "calls that came to the menu, were told an announcement or helped by an action (service, voice"
                        " message, callback), and ended without a queue"),
    Passport("median_time", Unit.SECONDS, "median length of the stays, questions and prompts included, actions not",
             EVIDENCE, "milliseconds"),
    _count("calls", "calls that came to the menus in the time = queued + transferred + goodbye + hung_up + failed +"
                    " unfinished; booked to their beginning"),
    _count("queued", "calls that left the menus for a queue"),
    _count("transferred", "calls put through to an agent's telephone"),
    _count("goodbye", "calls that the menus ended with a goodbye"),
    _count("failed", "calls that a fault of ours took out of the menus; the rescue path took them"),
    _count("unfinished", "calls still in the menus, or under which the menus were killed"),
    _count("busy", "calls over the site's capacity, which heard so (refused_busy in the ledger); also in calls"),
    _count("lost_in_menu_steps", "calls that hung up in the menus, without those over the capacity: by the steps"),
    Passport("lost_in_menu", Unit.COUNT, "the same by the ledger (CEL), with calls that never came to the menus"
             " (rescued, or cut by a crash); a difference is shown, not smoothed", "CEL", EXACT),
)


def path_passports() -> Mapping[str, Passport]:
    return {passport.id: passport for passport in PASSPORTS}
