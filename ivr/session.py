"""Takes one caller through the menus."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ivr.actions import CallContext, Outcome, handler
from ivr.agi.connection import HangupError
from ivr.call import Call
from ivr.conditions import Facts
from ivr.menu.menu import Handled, Tree
from ivr.menu.walk import Ask, Do, Leave, begin, begin_busy, follow, to_operator, walk, without_queue
from ivr.open_callback import Chosen, ask_owed
from ivr.spoken.question import ask_key_or_word
from ivr.steps.steps import HUNG_UP, CallEnding, Kind, StepLog

OWED = "owed"
"""Name of the step in which a caller hears of the call that he is owed."""

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
    busy: bool = False
    """All lines of the site were taken: he is told so, and comes to no queue."""
    ending: CallEnding = CallEnding.FAILED

    def __post_init__(self) -> None:
        self.began = self.marked = self.clock()

    @property
    def seconds(self) -> float:
        return self.clock() - self.began

    def add(self, kind: Kind | str, name: str, key: str | None, result: str) -> None:
        """A step that lasted since the one before it."""
        before, self.marked = self.marked, self.clock()
        self.steps.add(kind, name, key, result, round((self.marked - before) * 1000))


async def guide(call: Call, tree: Tree, trace: Trace, context: CallContext, facts: Callable[[], Facts]) -> None:
    """Answer, walk the menus, and leave the call with a queue chosen or a goodbye said."""
    await call.answer()
    if not trace.busy and await _settle_owed(call, tree, trace, context):
        return
    then: Ask | Leave | Do = begin_busy(tree) if trace.busy else begin(tree, facts())
    while not isinstance(then, Leave):
        trace.menu = then.position.menu
        if isinstance(then, Do):
            outcome = await _carry_out(call, then.action, trace, context)
            then = follow(tree, facts(), then, outcome)
        elif trace.seconds > tree.call.total_seconds:
            trace.add(Kind.MENU, trace.menu, "", "too_long")
            then = to_operator(tree)
        else:
            key = await _ask(call, tree, then, trace, context)
            move = walk(tree, facts(), then.position, key)
            trace.add(Kind.MENU, trace.menu, key, move.result)
            if move.language is not None:
                await call.set_language(move.language)
            then = move.then
    await _leave(call, without_queue(tree, then) if trace.busy else then, trace)


async def _settle_owed(call: Call, tree: Tree, trace: Trace, context: CallContext) -> bool:
    """Who is owed a call is asked about it first; whether he needs no menus then."""
    try:
        asked = await ask_owed(call, context)
    except HangupError:
        trace.add(Kind.CALLBACK, OWED, None, HUNG_UP)
        raise
    if asked is None:
        return False
    chosen, owed = asked
    trace.add(Kind.CALLBACK, OWED, None, chosen)
    if chosen is Chosen.KEPT:
        await _leave(call, Leave(tree.call.goodbye), trace)
    elif chosen is Chosen.WAITS:
        await _leave(call, Leave(tree.call.before_queue, owed.queue, owed.priority), trace)
    return chosen in {Chosen.KEPT, Chosen.WAITS}


async def send_to_operator(call: Call, queue: str, trace: Trace) -> None:
    """Without any usable menus: a person, at once."""
    await call.answer()
    await _leave(call, Leave(("please-wait",), queue), trace)


async def _ask(call: Call, tree: Tree, ask: Ask, trace: Trace, context: CallContext) -> str:
    try:
        return await ask_key_or_word(call, context, tree.menus[ask.position.menu].speech, ask)
    except HangupError:
        trace.add(Kind.MENU, ask.position.menu, "", HUNG_UP)
        raise


async def _carry_out(call: Call, action: Handled, trace: Trace, context: CallContext) -> Outcome:
    kind, name = str(getattr(action, "do", "")), _name(action)
    try:
        outcome = await handler(kind)(call, context, action)
    except HangupError:
        trace.add(kind, name, None, HUNG_UP)
        raise
    trace.add(kind, name, None, f"{outcome.ending}:{outcome.result}" if outcome.result else outcome.ending)
    return outcome


def _name(action: Handled) -> str:
    named = (getattr(action, field, None) for field in ("service", "box", "queue", "number", "subject"))
    return next((str(name) for name in named if name), "")


async def _leave(call: Call, leave: Leave, trace: Trace) -> None:
    if leave.away:
        trace.ending = CallEnding.TRANSFERRED
    elif leave.queue is None:
        await call.play(leave.prompts)
        await call.finish()
        trace.ending = CallEnding.GOODBYE
    else:
        # Chosen before anything is said: if we end in the middle of it, the caller still arrives.
        await call.enter_queue(leave.queue, leave.priority)
        trace.queue = leave.queue
        await call.play(leave.prompts)
        trace.ending = CallEnding.QUEUED
