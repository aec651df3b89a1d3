"""Takes one caller through the menus."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ivr.actions import CallContext, handler
from ivr.agi.connection import HangupError
from ivr.call import Call
from ivr.menu import Handled, Tree
from ivr.menu_walk import Ask, Do, Leave, Move, begin, follow, to_operator, walk
from ivr.steps import Kind, StepLog

Clock = Callable[[], float]


@dataclass(slots=True)
class Trace:
    """Where one caller is, and what he did."""

    steps: StepLog
    clock: Clock = time.monotonic
    began: float = field(init=False)
    marked: float = field(init=False)
    menu: str = ""
    """Where he is now."""
    queue: str | None = None
    """Where he went."""

    def __post_init__(self) -> None:
        self.began = self.marked = self.clock()

    @property
    def seconds(self) -> float:
        return self.clock() - self.began

    def add(self, kind: Kind | str, name: str, key: str | None, result: str) -> None:
        """A step that lasted since the one before it."""
        before, self.marked = self.marked, self.clock()
        self.steps.add(kind, name, key, result, round((self.marked - before) * 1000))


async def guide(call: Call, tree: Tree, trace: Trace, context: CallContext) -> None:
    """Answer, walk the menus, and leave the call with a queue chosen or a goodbye said."""
    await call.answer()
    then: Ask | Leave | Do = begin(tree)
    while not isinstance(then, Leave):
        trace.menu = then.position.menu
        if isinstance(then, Do):
            then = await _carry_out(call, tree, then, trace, context)
        elif trace.seconds > tree.call.total_seconds:
            trace.add(Kind.MENU, trace.menu, "", "too_long")
            then = to_operator(tree)
        else:
            move = await _ask(call, tree, then, trace)
            if move.language is not None:
                await call.set_language(move.language)
            then = move.then
    await _leave(call, then, trace)


async def send_to_operator(call: Call, queue: str, trace: Trace) -> None:
    """Without any usable menus: a person, at once."""
    await call.answer()
    await _leave(call, Leave(("please-wait",), queue), trace)


async def _ask(call: Call, tree: Tree, ask: Ask, trace: Trace) -> Move:
    try:
        key = await call.ask_key(ask.prompts, ask.seconds)
    except HangupError:
        trace.add(Kind.MENU, ask.position.menu, "", "hung_up")
        raise
    move = walk(tree, ask.position, key)
    trace.add(Kind.MENU, ask.position.menu, key, move.result)
    return move


async def _carry_out(call: Call, tree: Tree, do: Do, trace: Trace, context: CallContext) -> Ask | Leave:
    kind, name = str(getattr(do.action, "do", "")), _name(do.action)
    try:
        outcome = await handler(kind)(call, context, do.action)
    except HangupError:
        trace.add(kind, name, None, "hung_up")
        raise
    trace.add(kind, name, None, outcome.result or outcome.ending)
    return follow(tree, do.position, do.action, outcome)


def _name(action: Handled) -> str:
    named = (getattr(action, field, None) for field in ("service", "box", "queue", "number"))
    return next((str(name) for name in named if name), "")


async def _leave(call: Call, leave: Leave, trace: Trace) -> None:
    if leave.away:
        return
    if leave.queue is None:
        await call.play(leave.prompts)
        await call.finish()
        return
    # Chosen before anything is said: if we end in the middle of it, the caller still arrives.
    await call.enter_queue(leave.queue, leave.priority)
    trace.queue = leave.queue
    await call.play(leave.prompts)
