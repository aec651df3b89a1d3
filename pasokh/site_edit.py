"""Adding and removing agents and queues in `site.yaml`, with its comments and its order kept. Pure.

Only lines of the entry itself are touched. Whether the new text says exactly what was wanted is then asked of the YAML
reader; where a file is written in another way than ours, nothing is changed and the person is told to do it by hand.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal

import yaml

SectionName = Literal["agents", "queues"]


class NotEditableError(Exception):
    """The file is written in a way that cannot be edited safely; the text says which part."""


class EntryThereError(Exception):
    """There is an entry of this name already."""


class NoEntryError(Exception):
    """There is no entry of this name."""


def with_entry(text: str, section: SectionName, name: str, values: Mapping[str, Any]) -> str:
    """The file with one more entry at the end of a section.

    Raises:
        EntryThereError, NotEditableError: nothing can be added.
    """
    wanted = _content(text)
    if name in (wanted.get(section) or {}):
        raise EntryThereError(name)
    wanted[section] = {**(wanted.get(section) or {}), name: dict(values)}
    lines = text.splitlines(keepends=True)
    key = name if yaml.safe_load(name) == name else f"'{name}'"  # `no` and `on` are words of YAML
    entry = f"  {key}: {_flow(values)}\n"
    first, end = _section(lines, section)
    if first is None:
        lines += [] if not lines or lines[-1].endswith("\n") else ["\n"]
        new = [*lines, f"{section}:\n", entry]
    else:
        head = re.sub(r":\s*\{\s*\}", ":", lines[first])
        new = [*lines[:first], head, *lines[first + 1:end], entry, *lines[end:]]
    return _checked("".join(new), wanted, section)


def without_entry(text: str, section: SectionName, name: str) -> str:
    """The file without this entry.

    Raises:
        NoEntryError, NotEditableError: nothing can be taken out.
    """
    wanted = _content(text)
    if name not in (wanted.get(section) or {}):
        raise NoEntryError(name)
    left = {key: value for key, value in wanted[section].items() if key != name}
    wanted[section] = left
    lines = text.splitlines(keepends=True)
    first, end = _section(lines, section)
    begin = None if first is None else _find(lines, name, first + 1, end)
    if first is None or begin is None:
        raise NotEditableError(f"{section}.{name}")
    after = _entry_end(lines, begin, end)
    head = [f"{section}: {{}}\n"] if not left else [lines[first]]
    return _checked("".join([*lines[:first], *head, *lines[first + 1:begin], *lines[after:]]), wanted, section)


def _content(text: str) -> dict[str, Any]:
    content = yaml.safe_load(text) or {}
    if not isinstance(content, dict):
        raise NotEditableError("the whole file")
    return dict(content)


def _section(lines: list[str], section: str) -> tuple[int | None, int]:
    """The line of the section's name, and the line after its last entry."""
    first = next((n for n, line in enumerate(lines) if re.match(rf"{section}\s*:", line)), None)
    if first is None:
        return None, len(lines)
    last = first
    for n in range(first + 1, len(lines)):
        indent = _indent(lines[n])
        if indent == 0:
            break
        if indent is not None:
            last = n
    return first, last + 1


def _find(lines: list[str], name: str, first: int, end: int) -> int | None:
    key = re.compile(rf"\s+['\"]?{re.escape(name)}['\"]?\s*:")
    entries = next((indent for n in range(first, end) if (indent := _indent(lines[n]))), None)
    return next((n for n in range(first, end) if _indent(lines[n]) == entries and key.match(lines[n])), None)


def _entry_end(lines: list[str], begin: int, end: int) -> int:
    """The next line that is not indented further than the entry's own."""
    own = _indent(lines[begin]) or 0
    for n in range(begin + 1, end):
        indent = _indent(lines[n])
        if indent is not None and indent <= own:
            return n
    return end


def _indent(line: str) -> int | None:
    """None of an empty line or a comment."""
    bare = line.strip()
    return None if not bare or bare.startswith("#") else len(line) - len(line.lstrip())


def _flow(values: Mapping[str, Any]) -> str:
    text = yaml.safe_dump(dict(values), default_flow_style=True, allow_unicode=True, sort_keys=False, width=10_000)
    return text.strip()


def _checked(text: str, wanted: Mapping[str, Any], section: str) -> str:
    try:
        found = _content(text)
    except yaml.YAMLError as error:
        raise NotEditableError(section) from error
    if found != wanted:
        raise NotEditableError(section)
    return text
