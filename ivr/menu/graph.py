"""Draws the menus as one SVG picture: a box for each menu, a row for each key, a line to where it leads.

Columns are steps from the start. Texts in Persian run from the right; nothing but an SVG viewer is needed.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap

from foundation.settings import Language
from ivr.menu.lint import actions_of, targets_of
from ivr.menu.menu import Alternative, EnterQueue, Goodbye, Handled, Menu, Operator, Tree
from ivr.menu.words import describe, describe_condition

WIDTH, GAP_X, GAP_Y, MARGIN = 330, 110, 28, 40
HEAD, LINE, ROW, SMALL = 34, 18, 24, 15
CHARACTERS = 44
MOST_LINES = 4

STYLE = """
text { font-family: Vazirmatn, 'Noto Sans Arabic', 'Noto Sans', 'DejaVu Sans', Tahoma, sans-serif; font-size: 13px; fill: #1f2933 }
.box { fill: #ffffff; stroke: #9fb3c8; stroke-width: 1.2 }
.head { fill: #243b53 } .head-start { fill: #0c6b58 } .name { fill: #ffffff; font-weight: 600; font-size: 14px }
.said { fill: #52606d; font-size: 12px } .when { fill: #8d5b00; font-size: 11px } .key { fill: #243b53; font-weight: 700 }
.keycap { fill: #f0f4f8; stroke: #9fb3c8 } .person { fill: #0c6b58 } .self { fill: #5f2da8 } .end { fill: #b44d12 }
.way { fill: none; stroke: #627d98; stroke-width: 1.4 } .back { stroke-dasharray: 5 4; stroke: #9fb3c8 }
.paper { fill: #f7f9fb }
"""  # noqa: E501 - CSS

TIP = """<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<path d="M0 0 8 4 0 8z" fill="#627d98"/></marker></defs>"""
TextOf = Callable[[str], str]
"""A prompt's words in the drawing's language."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a box: a key (or none), what it does, and when."""

    key: str
    action: Alternative
    first: bool


@dataclass(frozen=True, slots=True)
class Box:
    name: str
    said: tuple[str, ...]
    lines: tuple[Line, ...]
    x: int
    y: int

    @property
    def height(self) -> int:
        return self.row(len(self.lines)) - self.y + 8

    def row(self, index: int) -> int:
        """The top of row number `index`."""
        smalls = sum(line.action.when is not None for line in self.lines[:index])
        return self.y + HEAD + LINE * len(self.said) + 14 + ROW * index + SMALL * smalls


def draw(tree: Tree, text_of: TextOf, language: Language) -> str:
    """The whole picture."""
    boxes = {box.name: box for box in _place(tree, text_of)}
    width = max(box.x + WIDTH for box in boxes.values()) + MARGIN
    height = max(box.y + box.height for box in boxes.values()) + MARGIN
    starts = {start.menu for start in tree.call.start}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
        f"<style>{STYLE}</style>",
        TIP,
        f'<rect class="paper" width="{width}" height="{height}"/>',
        *(way for box in boxes.values() for way in _ways(box, boxes)),
        *(part for box in boxes.values() for part in _draw_box(box, language, start=box.name in starts)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def columns(tree: Tree) -> list[list[str]]:
    """The menus by how many steps from a start they are; those that nobody reaches come last."""
    first = list(dict.fromkeys([
        *(start.menu for start in tree.call.start), *([tree.call.busy] if tree.call.busy else []),
    ]))
    found, seen = [first], set(first)
    while True:
        actions = [action for name in found[-1] for action in actions_of(tree.menus[name])]
        ahead = [target for action in actions for target in targets_of(action)]
        fresh = [name for name in dict.fromkeys(ahead) if name not in seen]
        if not fresh:
            break
        found.append(fresh)
        seen.update(fresh)
    lost = [name for name in tree.menus if name not in seen]
    return [*found, lost] if lost else found


def _place(tree: Tree, text_of: TextOf) -> Iterator[Box]:
    for column, names in enumerate(columns(tree)):
        y = MARGIN
        for name in names:
            box = _box(name, tree.menus[name], text_of, MARGIN + column * (WIDTH + GAP_X), y)
            y += box.height + GAP_Y
            yield box


def _box(name: str, menu: Menu, text_of: TextOf, x: int, y: int) -> Box:
    said = wrap(" ".join(text_of(prompt) for prompt in menu.say), CHARACTERS)
    if len(said) > MOST_LINES:
        said = [*said[:MOST_LINES - 1], said[MOST_LINES - 1] + " …"]
    rows = [*menu.keys.items(), ("", menu.otherwise)]
    lines = [Line(key, action, index == 0) for key, choices in rows for index, action in enumerate(choices)]
    return Box(name, tuple(said), tuple(lines), x, y)


def _draw_box(box: Box, language: Language, *, start: bool) -> Iterator[str]:
    head = "head-start" if start else "head"
    yield f'<rect class="box" x="{box.x}" y="{box.y}" width="{WIDTH}" height="{box.height}" rx="9"/>'
    yield (f'<path class="{head}" d="M{box.x} {box.y + HEAD}v-{HEAD - 9}q0-9 9-9h{WIDTH - 18}q9 0 9 9v{HEAD - 9}z"/>')
    yield f'<text class="name" x="{box.x + 14}" y="{box.y + 22}">{escape(box.name)}</text>'
    yield from _said(box.said, box, language)
    for index, line in enumerate(box.lines):
        yield from _row(line, box.x, box.row(index))


def _said(said: Sequence[str], box: Box, language: Language) -> Iterator[str]:
    # With direction rtl the text starts at its x, which is then the right edge.
    side = (f'x="{box.x + WIDTH - 14}" direction="rtl"' if language == "fa" else f'x="{box.x + 14}"')
    for index, text in enumerate(said):
        yield f'<text class="said" {side} y="{box.y + HEAD + LINE * (index + 1)}">{escape(text)}</text>'


def _row(line: Line, x: int, y: int) -> Iterator[str]:
    if line.first:
        cap = escape(line.key) or "…"
        yield f'<rect class="keycap" x="{x + 12}" y="{y}" width="24" height="20" rx="5"/>'
        yield f'<text class="key" x="{x + 24}" y="{y + 15}" text-anchor="middle">{cap}</text>'
    yield f'<text class="{_kind(line.action)}" x="{x + 46}" y="{y + 15}">{escape(describe(line.action))}</text>'
    if line.action.when is not None:
        words = escape(describe_condition(line.action.when))
        yield f'<text class="when" x="{x + 46}" y="{y + 15 + SMALL}">{words}</text>'


def _kind(action: Alternative) -> str:
    if isinstance(action, EnterQueue | Operator):
        return "person"
    if isinstance(action, Handled):
        return "self"
    return "end" if isinstance(action, Goodbye) else "go"


def _ways(box: Box, boxes: dict[str, Box]) -> Iterator[str]:
    for index, line in enumerate(box.lines):
        for target in dict.fromkeys(targets_of(line.action)):
            yield _way(box, boxes[target], box.row(index) + 10)


def _way(box: Box, to: Box, y: int) -> str:
    """Onwards from right to left edge; back from left to right edge; within a column round its right side."""
    ahead, back = to.x > box.x, to.x < box.x
    x, bend = (box.x, -GAP_X // 2) if back else (box.x + WIDTH, GAP_X // 2)
    end_x, end_bend = (to.x, -GAP_X // 2) if ahead else (to.x + WIDTH, GAP_X // 2)
    end_y = to.y + HEAD // 2
    return (f'<path class="way{"" if ahead else " back"}" marker-end="url(#tip)" d="M{x} {y}'
            f'C{x + bend} {y} {end_x + end_bend} {end_y} {end_x} {end_y}"/>')
