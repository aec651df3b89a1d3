"""Takes one caller through the menus."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ivr.call import Call
from ivr.menu import Tree
from ivr.menu_walk import Ask, Leave, Move, begin, to_operator, walk

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Step:
    """One question of a call, and what became of it."""

    menu: str
    key: str
    result: str
    seconds: float
    """Since the call came to the menus."""


@dataclass(slots=True)
class Trace:
    """What one caller did, step by step."""

    clock: Clock = time.monotonic
    steps: list[Step] = field(default_factory=list)
    began: float = field(init=False)
    menu: str = ""
    """Where he is now."""
    queue: str | None = None
    """Where he went."""

    def __post_init__(self) -> None:
        self.began = self.clock()

    @property
    def seconds(self) -> float:
        return self.clock() - self.began

    def add(self, menu: str, key: str, result: str) -> None:
        self.steps.append(Step(menu, key, result, round(self.seconds, 2)))


async def guide(call: Call, tree: Tree, trace: Trace) -> None:
    """Answer, walk the menus, and leave the call with a queue chosen or a goodbye said."""
    await call.answer()
    ask = begin(tree)
    while True:
        trace.menu = ask.position.menu
        if trace.seconds > tree.call.total_seconds:
            trace.add(trace.menu, "", "too_long")
            await _leave(call, to_operator(tree), trace)
            return
        move = await _ask(call, tree, ask, trace)
        if move.language is not None:
            await call.set_language(move.language)
        if isinstance(move.then, Leave):
            await _leave(call, move.then, trace)
            return
        ask = move.then


async def send_to_operator(call: Call, queue: str, trace: Trace) -> None:
    """Without any usable menus: a person, at once."""
    await call.answer()
    await _leave(call, Leave(("please-wait",), queue), trace)


async def _ask(call: Call, tree: Tree, ask: Ask, trace: Trace) -> Move:
    key = await call.ask_key(ask.prompts, ask.seconds)
    move = walk(tree, ask.position, key)
    trace.add(ask.position.menu, key, move.result)
    return move


async def _leave(call: Call, leave: Leave, trace: Trace) -> None:
    if leave.queue is None:
        await call.play(leave.prompts)
        await call.finish()
        return
    # Chosen before anything is said: if we end in the middle of it, the caller still arrives.
    await call.enter_queue(leave.queue, leave.priority)
    trace.queue = leave.queue
    await call.play(leave.prompts)
