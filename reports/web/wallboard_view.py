"""What a wallboard shows, from the bus's pictures and the day's figures. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from callqueue.floor.bus import FLOOR_TOPIC, QUEUES
from callqueue.floor.state import AgentState
from callqueue.metrics.figures import Value
from foundation.bus import Picture
from foundation.settings import Language, Limits, Settings
from reports.frame.tables import REFUSED
from reports.web.wallboard_day import DayFigures, Owed

STATES = (
    AgentState.READY, AgentState.RINGING, AgentState.TALKING, AgentState.WRAP_UP, AgentState.PAUSED,
    AgentState.UNREACHABLE,
)
OLD_SECONDS = 60
"""Figures of the day that are older are told to be old."""
Figures = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Beside:
    """The headline figure and those without which it may not be shown; None: there is no such figure."""

    service_level: Value
    service_level_human: Value
    provisional: bool
    """Whether contacts may still change the human service level."""
    abandonment_rate: Value
    left_for_callback: Value
    refused: Value
    interrupted: Value
    lost_in_menu: Value


@dataclass(frozen=True, slots=True)
class Present:
    """The moment, as the bus shows it."""

    waiting: int
    longest_ms: int | None
    """Since when the one who waits longest has waited, in epoch milliseconds."""
    agents: Mapping[AgentState, int]


@dataclass(frozen=True, slots=True)
class QueueView:
    name: str
    title: str
    threshold: int
    """T of the service level, in seconds."""
    limits: Limits
    present: Present | None
    """None: the bus has not told yet."""
    day: Beside | None
    owed: Owed | None

    @property
    def is_low(self) -> bool:
        """Whether today's service level is under the queue's limit."""
        limit, day = self.limits.service_level, self.day
        return limit is not None and day is not None and day.service_level is not None and (
            day.service_level * 100 < limit
        )


@dataclass(frozen=True, slots=True)
class Board:
    whole: Present | None
    whole_day: Beside | None
    whole_owed: Owed | None
    queues: tuple[QueueView, ...]
    figures: DayFigures | None
    is_old: bool
    """Whether the day's figures are too old to be trusted."""


def board_of(
    pictures: Mapping[str, Picture], figures: DayFigures | None, settings: Settings, language: Language, now_ms: int,
) -> Board:
    """The whole board in a language, at a moment."""
    queues = tuple(_queue(name, pictures, figures, settings, language) for name in settings.queues)
    floor = pictures.get(FLOOR_TOPIC)
    return Board(
        None if floor is None else whole_present(floor, [one.present for one in queues if one.present]),
        None if figures is None else beside(figures.total),
        None if figures is None else all_owed(figures.owed.values()),
        queues, figures, figures is not None and now_ms / 1000 - figures.made > OLD_SECONDS,
    )


def _queue(
    name: str, pictures: Mapping[str, Picture], figures: DayFigures | None, settings: Settings, language: Language,
) -> QueueView:
    queue, picture = settings.queues[name], pictures.get(QUEUES + name)
    return QueueView(
        name, queue.title.get(language, name), queue.service_threshold, queue.alarm,
        None if picture is None else queue_present(picture),
        None if figures is None else beside(figures.queues.get(name, {})),
        None if figures is None else figures.owed.get(name, Owed()),
    )


def queue_present(picture: Picture) -> Present:
    """Of one queue's topic."""
    agents = picture.get("agents", {})
    return Present(
        len(picture.get("waiting", ())), epoch_ms(picture.get("longest_wait_since")),
        {state: len(agents.get(state.value, ())) for state in STATES},
    )


def whole_present(floor: Picture, queues: Iterable[Present]) -> Present:
    """Of the line: an agent of several queues counts once."""
    agents = floor.get("agents") or {}
    longest = [one.longest_ms for one in queues if one.longest_ms is not None]
    return Present(
        floor.get("waiting") or 0, min(longest, default=None),
        {state: agents.get(state.value, 0) for state in STATES},
    )


def beside(values: Figures) -> Beside:
    """From a row of the queue report."""
    refused = [values.get(name) for name in REFUSED]
    return Beside(
        values.get("service_level"), values.get("service_level_human"),
        provisional=bool(values.get("contacts_provisional")),
        abandonment_rate=values.get("abandonment_rate"), left_for_callback=values.get("left_for_callback"),
        refused=sum(each for each in refused if each is not None) if any(r is not None for r in refused) else None,
        interrupted=values.get("interrupted"), lost_in_menu=values.get("lost_in_menu"),
    )


def all_owed(owed: Iterable[Owed]) -> Owed:
    several = list(owed)
    return Owed(sum(one.open for one in several), sum(one.overdue for one in several))


def epoch_ms(instant: str | None) -> int | None:
    """Of an instant on the bus."""
    return None if instant is None else round(datetime.fromisoformat(instant).timestamp() * 1000)
