"""Walks the menus without a telephone: what would be heard is written, keys are read."""

from collections.abc import Callable
from dataclasses import dataclass

from foundation.settings import Language
from ivr.actions import Ending, Outcome
from ivr.conditions import Facts
from ivr.menu.menu import Tree
from ivr.menu.walk import Ask, Do, Leave, begin, begin_busy, follow, walk, without_queue
from ivr.menu.words import describe

MOST_QUESTIONS = 200
OUTCOMES = {"": Ending.HELPED, "h": Ending.HELPED, "f": Ending.FAILED, "c": Ending.CANCELLED, "o": Ending.OPERATOR}

ReadKey = Callable[[str], str | None]
"""Asks for one key: "" for silence, None when the caller hangs up."""
TextOf = Callable[[Language, str], str]


@dataclass(slots=True)
class Trial:
    """One walk."""

    tree: Tree
    facts: Facts
    language: Language
    text_of: TextOf
    read: ReadKey
    write: Callable[[str], None]
    busy: bool = False
    """As if the site had no line left."""

    def run(self) -> str:
        """Walk until the call leaves the menus; returns how: `queue NAME`, `goodbye`, `hung up` or `too long`."""
        then: Ask | Leave | Do = begin_busy(self.tree) if self.busy else begin(self.tree, self.facts)
        for _ in range(MOST_QUESTIONS):
            if isinstance(then, Leave):
                return self._leave(without_queue(self.tree, then) if self.busy else then)
            found = self._do(then) if isinstance(then, Do) else self._ask(then)
            if found is None:
                return self._say("hung up")
            then = found
        return self._say("too long")

    def _ask(self, ask: Ask) -> Ask | Leave | Do | None:
        self._say(f"── {ask.position.menu}")
        self._hear(ask.prompts)
        key = self.read("key: ")
        if key is None:
            return None
        move = walk(self.tree, self.facts, ask.position, key)
        self._say(f"   {key or 'nothing'} pressed: {move.result}")
        if move.language is not None:
            self.language = move.language
        return move.then

    def _do(self, do: Do) -> Ask | Leave | None:
        self._say(f"   [{describe(do.action)}]")
        answer = self.read("helped (h, Enter), failed (f), cancelled (c), operator (o): ")
        if answer is None:
            return None
        return follow(self.tree, self.facts, do, Outcome(OUTCOMES.get(answer, Ending.FAILED)))

    def _leave(self, leave: Leave) -> str:
        self._hear(leave.prompts)
        priority = f" (priority {leave.priority})" if leave.priority else ""
        return self._say("goodbye" if leave.queue is None else f"queue {leave.queue}{priority}")

    def _hear(self, prompts: tuple[str, ...]) -> None:
        for prompt in prompts:
            self._say(f"   {self.text_of(self.language, prompt)}  ({prompt})")

    def _say(self, text: str) -> str:
        self.write(text)
        return text
