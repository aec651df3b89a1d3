"""Reads menu files: every fault is named with its file, line, key, value and reason."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from ivr.menu import (
    Announce,
    CallbackAction,
    CallRules,
    ChooseLanguage,
    EnterQueue,
    GoMenu,
    Handled,
    Menu,
    MenuFile,
    ServiceAction,
    TransferAction,
    Tree,
    VoiceMessageAction,
)

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


class MenuError(Exception):
    """The menus cannot be used; the text names every fault."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Known:
    """What menus may name."""

    queues: frozenset[str]
    default_queue: str
    has_prompt: Callable[[str], bool]
    handled: frozenset[str] = frozenset()
    """Kinds of actions that this version carries out in ivr/actions."""
    services: frozenset[str] = frozenset()
    boxes: frozenset[str] = frozenset()


FileModel = TypeVar("FileModel", bound=BaseModel)


@dataclass(frozen=True)
class Source(Generic[FileModel]):
    """A file that was read: its model, and the line of each of its places."""

    path: Path
    file: FileModel
    lines: Mapping[Place, int]

    def fault(self, place: Place, reason: str, value: str = "") -> Fault:
        return Fault(self.path, _line(self.lines, place), ".".join(place), reason, value)


def load_tree(paths: Sequence[Path], known: Known) -> Tree:
    """All files together.

    Raises:
        MenuError: with every fault that was found.
    """
    faults: list[Fault] = []
    sources: list[Source[MenuFile]] = []
    for path in paths:
        try:
            sources.append(read_source(path, MenuFile))
        except MenuError as error:
            faults += error.faults
    if faults:
        raise MenuError(faults)
    return _join(sources, known)


def read_source(path: Path, model: type[FileModel]) -> Source[FileModel]:
    """Read a YAML file as `model`.

    Raises:
        MenuError: with every fault that was found.
    """
    try:
        loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        lines = dict(_lines(path, node, ())) if node else {}
        content = loader.construct_document(node) if node else {}
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise MenuError([Fault(path, line, "file", f"not YAML: {error.problem}")]) from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MenuError([Fault(path, 1, "file", f"cannot be read: {error}")]) from error
    except RecursionError as error:
        raise MenuError([Fault(path, 1, "file", "an anchor (&) contains itself")]) from error
    try:
        return Source(path, model.model_validate(content), lines)
    except ValidationError as error:
        raise MenuError([_explain(path, lines, problem) for problem in error.errors()]) from error


def _lines(path: Path, node: yaml.Node, place: Place) -> Iterator[tuple[Place, int]]:
    yield place, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen: set[Place] = set()
        for key, value in node.value:
            here, line = (*place, str(key.value)), key.start_mark.line + 1
            if here in seen:
                # YAML would silently take the last one.
                raise MenuError([Fault(path, line, ".".join(here), "this key is here twice")])
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
    """Pydantic's path, without the kind of action that it puts in behind the action's place."""
    place: Place = ()
    parts = iter(loc)
    for part in parts:
        if (*place, part) not in lines:
            break
        place = (*place, part)
        if (*place, "do") in lines:
            next(parts, None)
    return place


def _line(lines: Mapping[Place, int], place: Place) -> int:
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def _join(sources: Sequence[Source[MenuFile]], known: Known) -> Tree:
    faults: list[Fault] = []
    rules: CallRules | None = None
    owners: dict[str, Source[MenuFile]] = {}
    for source in sources:
        if source.file.call is not None:
            if rules is not None:
                faults.append(source.fault(("call",), "another file has these rules already"))
            rules = source.file.call
        for name in source.file.menus:
            if name in owners:
                faults.append(source.fault(("menus", name), f"{owners[name].path} has this menu already"))
            owners[name] = source
    if rules is None:
        raise MenuError([Fault(source.path, 1, "call", "no file says where a call starts") for source in sources[:1]])
    tree = Tree(
        call=rules, default_queue=known.default_queue,
        menus=MappingProxyType({name: source.file.menus[name] for name, source in owners.items()}),
    )
    faults += [fault for source in sources for fault in _check(source, tree, known)]
    if faults:
        raise MenuError(faults)
    return tree


def _check(source: Source[MenuFile], tree: Tree, known: Known) -> Iterator[Fault]:
    if source.file.call is not None:
        yield from _check_call(source, source.file.call, tree, known)
    for name, menu in source.file.menus.items():
        place = ("menus", name)
        yield from _check_prompts(source, (*place, "say"), menu.say, known)
        for key, action in menu.keys.items():
            yield from _check_action(source, (*place, "keys", key), action, tree, known)
        yield from _check_action(source, (*place, "otherwise"), menu.otherwise, tree, known)
        if not _escapes(tree, menu):
            yield source.fault((*place, "otherwise"), "leads round in a circle, never to a person or a goodbye")


def _check_call(source: Source[MenuFile], call: CallRules, tree: Tree, known: Known) -> Iterator[Fault]:
    if call.start not in tree.menus:
        yield source.fault(("call", "start"), "there is no such menu", repr(call.start))
    for name in ("before_queue", "no_input", "wrong_key", "goodbye"):
        yield from _check_prompts(source, ("call", name), getattr(call, name), known)


def _check_action(source: Source[MenuFile], place: Place, action: object, tree: Tree, known: Known) -> Iterator[Fault]:
    if isinstance(action, Handled):
        yield from _check_handled(source, place, action, known)
        for name in ("then", "otherwise"):
            yield from _check_action(source, (*place, name), getattr(action, name), tree, known)
    match action:
        case GoMenu(menu=name) | ChooseLanguage(menu=name) if name not in tree.menus:
            yield source.fault((*place, "menu"), "there is no such menu", repr(name))
        case EnterQueue(queue=queue) if queue not in known.queues:
            yield source.fault((*place, "queue"), "there is no such queue in the site's settings", repr(queue))
        case Announce(say=say):
            yield from _check_prompts(source, (*place, "say"), say, known)


def _check_handled(source: Source[MenuFile], place: Place, action: Handled, known: Known) -> Iterator[Fault]:
    kind = str(getattr(action, "do", ""))
    if kind not in known.handled:
        yield source.fault((*place, "do"), "this version of Pasokh has no such action", repr(kind))
        return
    match action:
        case ServiceAction(service=name) if name not in known.services:
            yield source.fault((*place, "service"), "there is no such service", repr(name))
        case VoiceMessageAction(box=name) if name not in known.boxes:
            yield source.fault((*place, "box"), "there is no such box in the site's settings", repr(name))
        case CallbackAction(queue=queue) | TransferAction(queue=str(queue)) if queue not in known.queues:
            yield source.fault((*place, "queue"), "there is no such queue in the site's settings", repr(queue))


def _check_prompts(source: Source[MenuFile], place: Place, prompts: tuple[str, ...], known: Known) -> Iterator[Fault]:
    for index, prompt in enumerate(prompts):
        if not known.has_prompt(prompt):
            reason = "no prompt of this name has a text or a recording in every language it is needed in"
            yield source.fault((*place, str(index)), reason, repr(prompt))


def _escapes(tree: Tree, menu: Menu) -> bool:
    """Whether a caller who presses nothing at all comes out somewhere."""
    seen: set[str] = set()
    action = menu.otherwise
    while isinstance(action, GoMenu):
        if action.menu in seen or action.menu not in tree.menus:
            # A menu that is not there is a fault of its own.
            return action.menu not in tree.menus
        seen.add(action.menu)
        action = tree.menus[action.menu].otherwise
    return True
