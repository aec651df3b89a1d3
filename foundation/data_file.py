"""Reads files of ours that are data: every fault is named with its file, line, key, value and reason."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from foundation.yaml_text import loader_for

Place = tuple[str, ...]
"""Keys from the top of a file, like ("menus", "language", "keys", "1")."""


@dataclass(frozen=True)
class Fault:
    file: Path
    line: int
    key: str
    reason: str
    value: str = ""

    def __str__(self) -> str:
        value = f" = {self.value}" if self.value else ""
        return f"{self.file}:{self.line}: {self.key}{value}: {self.reason}"


class DataFileError(Exception):
    """A file cannot be used; the text names every fault."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


FileModel = TypeVar("FileModel", bound=BaseModel)


@dataclass(frozen=True)
class Source(Generic[FileModel]):
    """A file that was read: its model, and the line of each of its places."""

    path: Path
    file: FileModel
    lines: Mapping[Place, int]

    def place(self, place: Place, index: int) -> Place:
        """Of one of several alternatives; a lone one may stand without a list."""
        listed = (*place, str(index))
        return listed if listed in self.lines else place

    def fault(self, place: Place, reason: str, value: str = "") -> Fault:
        return Fault(self.path, _line(self.lines, place), ".".join(place), reason, value)


def read_source(path: Path, model: type[FileModel]) -> Source[FileModel]:
    """Read a YAML file as `model`.

    Raises:
        DataFileError: with every fault that was found.
    """
    try:
        loader = loader_for(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        lines = dict(_lines(path, node, ())) if node else {}
        content = loader.construct_document(node) if node else {}
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DataFileError([Fault(path, line, "file", f"not YAML: {error.problem}")]) from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataFileError([Fault(path, 1, "file", f"cannot be read: {error}")]) from error
    except RecursionError as error:
        raise DataFileError([Fault(path, 1, "file", "an anchor (&) contains itself")]) from error
    try:
        return Source(path, model.model_validate(content), lines)
    except ValidationError as error:
        raise DataFileError([_explain(path, lines, problem) for problem in error.errors()]) from error


def _lines(path: Path, node: yaml.Node, place: Place) -> Iterator[tuple[Place, int]]:
    yield place, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen: set[Place] = set()
        for key, value in node.value:
            here, line = (*place, str(key.value)), key.start_mark.line + 1
            if here in seen:
                # YAML would silently take the last one.
                raise DataFileError([Fault(path, line, ".".join(here), "this key is here twice")])
            seen.add(here)
            yield here, line
            yield from _below(path, value, here)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _lines(path, value, (*place, str(index)))


def _below(path: Path, node: yaml.Node, place: Place) -> Iterator[tuple[Place, int]]:
    """The places inside `node`; its own line is its key's."""
    return ((found, line) for found, line in _lines(path, node, place) if found != place)


def _explain(path: Path, lines: Mapping[Place, int], problem: Any) -> Fault:
    place = _known_place(lines, tuple(str(part) for part in problem["loc"] if part != "[key]"))
    reason = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        reason = "no such setting"
    value = repr(problem["input"]) if isinstance(problem["input"], str | int | float) else ""
    missing = problem["type"] == "missing"
    key = ".".join((*place, str(problem["loc"][-1])) if missing else place) or "file"
    return Fault(path, _line(lines, place), key, reason, value)


def _known_place(lines: Mapping[Place, int], loc: Place) -> Place:
    """Pydantic's path as the file has it: without the index of a lone alternative, and the kind of an action."""
    place: Place = ()
    rest = list(loc)
    while rest:
        if (*place, rest[0]) in lines:
            place = (*place, rest.pop(0))
        elif rest[0] == "0" and len(rest) > 1:
            rest.pop(0)
        else:
            break
        if (*place, "do") in lines:
            if rest and rest[0] == "0":
                rest.pop(0)
            del rest[:1]
    return place


def _line(lines: Mapping[Place, int], place: Place) -> int:
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)
