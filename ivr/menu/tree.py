"""All menu files together: joined into one tree, and checked against what the site has."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from foundation.data_file import DataFileError, Fault, Place, Source, read_source
from ivr.conditions import Condition
from ivr.menu.menu import (
    Alternative,
    Announce,
    CallbackAction,
    CallRules,
    CaseAction,
    ChooseLanguage,
    EnterQueue,
    GoMenu,
    Handled,
    MenuFile,
    ServiceAction,
    Start,
    TransferAction,
    Tree,
    VoiceMessageAction,
)


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
    provinces: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    """Of cases."""


def load_tree(paths: Sequence[Path], known: Known) -> Tree:
    """All files together.

    Raises:
        DataFileError: with every fault that was found.
    """
    faults: list[Fault] = []
    sources: list[Source[MenuFile]] = []
    for path in paths:
        try:
            sources.append(read_source(path, MenuFile))
        except DataFileError as error:
            faults += error.faults
    if faults:
        raise DataFileError(faults)
    return _join(sources, known)


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
        missing = "no file says where a call starts"
        raise DataFileError([Fault(source.path, 1, "call", missing) for source in sources[:1]])
    tree = Tree(
        call=rules, default_queue=known.default_queue,
        menus=MappingProxyType({name: source.file.menus[name] for name, source in owners.items()}),
        hours=MappingProxyType({name: hours for source in sources for name, hours in source.file.hours.items()}),
    )
    faults += [fault for source in sources for fault in _check(source, tree, known)]
    if faults:
        raise DataFileError(faults)
    return tree


def _check(source: Source[MenuFile], tree: Tree, known: Known) -> Iterator[Fault]:
    if source.file.call is not None:
        yield from _check_call(source, source.file.call, tree, known)
    for name, menu in source.file.menus.items():
        place = ("menus", name)
        yield from _check_prompts(source, (*place, "say"), menu.say, known)
        for key, choices in menu.keys.items():
            yield from _check_choices(source, (*place, "keys", key), choices, tree, known)
        yield from _check_choices(source, (*place, "otherwise"), menu.otherwise, tree, known)
        for action in menu.otherwise:
            if isinstance(action, Handled) and action.then is None:
                yield source.fault((*place, "otherwise"), "say with `then` where the caller goes after it")
        if circles(tree, name):
            yield source.fault((*place, "otherwise"), "leads round in a circle, never to a person or a goodbye")


def _check_call(source: Source[MenuFile], call: CallRules, tree: Tree, known: Known) -> Iterator[Fault]:
    yield from _check_choices(source, ("call", "start"), call.start, tree, known)
    if call.busy is not None and call.busy not in tree.menus:
        yield source.fault(("call", "busy"), "there is no such menu", repr(call.busy))
    for name in ("before_queue", "no_input", "wrong_key", "goodbye"):
        yield from _check_prompts(source, ("call", name), getattr(call, name), known)


def _check_choices(
    source: Source[MenuFile], place: Place, choices: Sequence[Alternative], tree: Tree, known: Known,
) -> Iterator[Fault]:
    for index, action in enumerate(choices):
        here = source.place(place, index)
        if action.when is not None:
            yield from _check_condition(source, (*here, "when"), action.when, tree, known)
        yield from _check_action(source, here, action, tree, known)


def _check_condition(
    source: Source[MenuFile], place: Place, condition: Condition, tree: Tree, known: Known,
) -> Iterator[Fault]:
    for field in ("open", "closed"):
        name = getattr(condition, field)
        if name is not None and name not in tree.hours:
            yield source.fault((*place, field), "no file has `hours` of this name", repr(name))
    for province in condition.provinces or ():
        if province not in known.provinces:
            yield source.fault((*place, "provinces"), "there is no such province (see foundation/provinces.yaml)",
                               repr(province))
    if condition.wait_over is not None and condition.wait_over.queue not in known.queues:
        yield source.fault((*place, "wait_over", "queue"), "there is no such queue in the site's settings",
                           repr(condition.wait_over.queue))


def _check_action(source: Source[MenuFile], place: Place, action: object, tree: Tree, known: Known) -> Iterator[Fault]:
    if isinstance(action, Handled):
        yield from _check_handled(source, place, action, known)
        yield from _check_choices(source, (*place, "then"), action.then or (), tree, known)
        yield from _check_choices(source, (*place, "otherwise"), action.otherwise, tree, known)
    match action:
        case GoMenu(menu=name) | ChooseLanguage(menu=name) | Start(menu=name) if name not in tree.menus:
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
        case CaseAction(subject=name) if name not in known.subjects:
            yield source.fault((*place, "subject"), "no case can be opened on such a subject", repr(name))
        case TransferAction(number=str(number)) if number not in known.agents:
            yield source.fault((*place, "number"), "there is no such agent in the site's settings", repr(number))
        case CallbackAction(queue=queue) | TransferAction(queue=str(queue)) if queue not in known.queues:
            yield source.fault((*place, "queue"), "there is no such queue in the site's settings", repr(queue))


def _check_prompts(source: Source[MenuFile], place: Place, prompts: tuple[str, ...], known: Known) -> Iterator[Fault]:
    for index, prompt in enumerate(prompts):
        if not known.has_prompt(prompt):
            reason = "no prompt of this name has a text or a recording in every language it is needed in"
            yield source.fault((*place, str(index)), reason, repr(prompt))


def circles(tree: Tree, start: str) -> bool:
    """Whether a caller who presses nothing at all can come back to this menu for ever."""
    seen: set[str] = set()
    ahead = _in_silence(tree, start)
    while ahead:
        name = ahead.pop()
        if name == start:
            return True
        if name not in seen and name in tree.menus:
            seen.add(name)
            ahead += _in_silence(tree, name)
    return False


def _in_silence(tree: Tree, menu: str) -> list[str]:
    """The menus that nothing but silence may lead to."""
    last = tree.menus[menu].otherwise
    handled = [action for action in last if isinstance(action, Handled)]
    after = [each for action in handled for each in (*(action.then or ()), *action.otherwise)]
    return [action.menu for action in (*last, *after) if isinstance(action, GoMenu)]
