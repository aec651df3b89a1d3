"""Where a story's events stand on its drawing: rows from the top, places in per cent of the call's length. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from reports.story.model import Event, Lane, Story, What

TICKS = 6
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400)
"""Seconds between two ticks."""
SHORTEST_MS = 1000


class Shape(StrEnum):
    """How an event is drawn: told apart by form, not by colour alone."""

    STAY = "stay"
    """In a menu or a queue."""
    RING = "ring"
    MISSED = "missed"
    TALK = "talk"
    CONSULT = "consult"
    HOLD = "hold"
    SOUND = "sound"
    MASK = "mask"
    GAP = "gap"
    POINT = "point"


SHAPES = {
    What.MENU: Shape.STAY, What.ACTION: Shape.STAY, What.WAITED: Shape.STAY, What.RANG: Shape.RING,
    What.RANG_UNANSWERED: Shape.MISSED, What.TALKED: Shape.TALK, What.TOOK_OVER: Shape.TALK,
    What.CONSULTED: Shape.CONSULT, What.HELD: Shape.HOLD, What.RECORDED: Shape.SOUND, What.MESSAGE: Shape.SOUND,
    What.MASKED: Shape.MASK, What.GAP: Shape.GAP,
}
LAID_OVER = frozenset({Shape.HOLD, Shape.MASK})
"""A part of what is drawn below."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One event on the drawing; `left` and `width` in per cent."""

    number: int
    """Of the event in the story, from 1."""
    event: Event
    shape: Shape
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Line:
    """One row; an agent has one of his own."""

    lane: Lane
    agent: str | None
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Tick:
    left: float
    seconds: int
    """Since the beginning."""


@dataclass(frozen=True, slots=True)
class Timeline:
    lines: Sequence[Line]
    ticks: Sequence[Tick]


def draw(story: Story, now_ms: int, *, mirrored: bool = False) -> Timeline:
    """The drawing. What happened after the call, like attempts to call back, stands in the list only.

    Args:
        story: the call's.
        now_ms: of a call that still goes on, its end on the drawing.
        mirrored: time runs from the right to the left, as people read who write so.
    """
    start = story.began_ms
    end = max(start + SHORTEST_MS, now_ms if story.ended_ms is None else story.ended_ms)
    scale = 100 / (end - start)
    marks = [
        _mark(number, event, start, end, scale) for number, event in enumerate(story.events, 1)
        if event.at_ms <= end and (event.until_ms is None or event.until_ms >= start)
    ]
    ticks = list(_ticks((end - start) / 1000))
    if mirrored:
        marks = [replace(mark, left=round(100 - mark.left - mark.width, 3)) for mark in marks]
        ticks = [replace(tick, left=round(100 - tick.left, 3)) for tick in ticks]
    return Timeline(list(_lines(marks)), ticks)


def _mark(number: int, event: Event, start: int, end: int, scale: float) -> Mark:
    until = end if event.until_ms is None else min(event.until_ms, end)
    at = max(event.at_ms, start)
    shape = SHAPES.get(event.what, Shape.POINT) if event.lasts else Shape.POINT
    return Mark(number, event, shape, round((at - start) * scale, 3), round(max(0, until - at) * scale, 3))


def _lines(marks: Sequence[Mark]) -> Iterator[Line]:
    for lane in Lane:
        own = [mark for mark in marks if mark.event.lane is lane]
        if lane is Lane.AGENTS:
            agents = dict.fromkeys(mark.event.agent for mark in own)
            for agent in agents:
                yield Line(lane, agent, _under(mark for mark in own if mark.event.agent == agent))
        elif own:
            yield Line(lane, None, _under(own))


def _under(marks: Iterator[Mark] | Sequence[Mark]) -> list[Mark]:
    """In the order of drawing: what is short over what is long."""
    return sorted(marks, key=lambda mark: (mark.shape is Shape.POINT, mark.shape in LAID_OVER, -mark.width))


def _ticks(seconds: float) -> Iterator[Tick]:
    step = next((step for step in STEPS if seconds / step <= TICKS), STEPS[-1])
    for at in range(0, int(seconds) + 1, step):
        yield Tick(round(at * 100 / seconds, 3), at)
