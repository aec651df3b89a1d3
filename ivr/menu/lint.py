"""What is wrong with menus that load: menus nobody reaches, keys that lead nowhere, sounds that are missing."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from foundation.data_file import DataFileError, Fault, Place, Source, read_source
from ivr.menu.menu import (
    Alternative,
    Announce,
    Back,
    ChooseLanguage,
    EnterQueue,
    GoMenu,
    Goodbye,
    Handled,
    Menu,
    MenuFile,
    Operator,
    Start,
    Tree,
)
from ivr.menu.tree import Known, load_tree

HasSound = Callable[[str], bool]


def check_menus(paths: Sequence[Path], known: Known, has_sound: HasSound) -> list[Fault]:
    """Every fault and every finding, in the order of files and lines."""
    try:
        tree = load_tree(paths, known)
    except DataFileError as error:
        return sorted(error.faults, key=lambda fault: (str(fault.file), fault.line))
    sources = [read_source(path, MenuFile) for path in paths]
    return [finding for source in sources for finding in sorted(_lint(source, tree, has_sound), key=_line)]


def reachable(tree: Tree) -> set[str]:
    """The menus that a caller can come to."""
    found: set[str] = set()
    ahead = [start.menu for start in tree.call.start] + ([tree.call.busy] if tree.call.busy else [])
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += [target for action in actions_of(tree.menus[name]) for target in targets_of(action)]
    return found


def actions_of(menu: Menu) -> list[Alternative]:
    """Everything that a menu may do, by key or without."""
    return [*(action for choices in menu.keys.values() for action in choices), *menu.otherwise]


def targets_of(action: Alternative) -> list[str]:
    """The menus that an action may lead to."""
    match action:
        case GoMenu(menu=name) | ChooseLanguage(menu=name) | Start(menu=name):
            return [name]
        case Handled():
            return [name for each in (*(action.then or ()), *action.otherwise) for name in targets_of(each)]
        case _:
            return []


def _line(fault: Fault) -> int:
    return fault.line


def _lint(source: Source[MenuFile], tree: Tree, has_sound: HasSound) -> Iterator[Fault]:
    known, onwards = reachable(tree), _onwards(tree)
    asked = {name for each in tree.conditions for name in (each.open, each.closed)}
    for name in source.file.hours:
        if name not in asked:
            yield source.fault(("hours", name), "no condition asks for these hours")
    if source.file.call is not None:
        for field in ("before_queue", "no_input", "wrong_key", "goodbye"):
            yield from _silent(source, ("call", field), getattr(source.file.call, field), has_sound)
    for name, menu in source.file.menus.items():
        place = ("menus", name)
        if name not in known:
            yield source.fault(place, "no caller can reach this menu")
        elif name not in onwards and name != tree.call.busy:
            yield source.fault((*place, "keys"), "a dead end: no key leads on to a person, a service or a goodbye")
        yield from _lint_menu(source, place, menu, has_sound)


def _lint_menu(source: Source[MenuFile], place: Place, menu: Menu, has_sound: HasSound) -> Iterator[Fault]:
    yield from _silent(source, (*place, "say"), menu.say, has_sound)
    for key, choices in menu.keys.items():
        here = (*place, "keys", key)
        yield from _never(source, here, choices)
        for index, action in enumerate(choices):
            if isinstance(action, Announce):
                yield from _silent(source, (*source.place(here, index), "say"), action.say, has_sound)
    yield from _never(source, (*place, "otherwise"), menu.otherwise)


def _never(source: Source[MenuFile], place: Place, choices: Sequence[Alternative]) -> Iterator[Fault]:
    always = next((index for index, action in enumerate(choices) if action.when is None), len(choices))
    for index in range(always + 1, len(choices)):
        yield source.fault(source.place(place, index), "never taken: the alternative before it always fits")


def _silent(
    source: Source[MenuFile], place: Place, prompts: Sequence[str], has_sound: HasSound,
) -> Iterator[Fault]:
    for index, prompt in enumerate(prompts):
        if not has_sound(prompt):
            reason = "has no sound yet: run `bin/pasokh prompts build`"
            yield source.fault((*place, str(index)), reason, repr(prompt))


def _onwards(tree: Tree) -> set[str]:
    """Menus from which keys lead out to a person, a service or a goodbye, over other menus where need be."""
    found: set[str] = set()
    grown = True
    while grown:
        grown = False
        for name, menu in tree.menus.items():
            if name not in found and any(_leads_on(action, found) for keys in menu.keys.values() for action in keys):
                found.add(name)
                grown = True
    return found


def _leads_on(action: Alternative, found: set[str]) -> bool:
    if isinstance(action, EnterQueue | Operator | Goodbye | Handled):
        return True
    return not isinstance(action, Back) and any(target in found for target in targets_of(action))
