"""A year of a busy line as rows of the ledger: the same every time."""

# ruff: noqa: FBT003 - rows of tables have truths in them

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from sqlalchemy import Table

from callqueue.cel.conversation_tables import CONVERSATION, RINGING, TRANSFER
from callqueue.ledger.promise_tables import CALLBACK_ATTEMPT, CALLBACK_CLOSURE, CALLBACK_REQUEST
from callqueue.ledger.tables import AGENT_EVENT, CALL, REFUSAL, RING, STINT

DAY = 86_400
MILLION = 1_000_000
HOURS = (1, 1, 1, 1, 1, 2, 5, 10, 12, 12, 11, 10, 9, 8, 7, 5, 4, 3, 2, 2, 1, 1, 1, 1)
"""How the calls of a day lie: 12 parts of about 111 in its busiest hour."""
QUEUES = ("operator", "pensions", "medical", "employers", "insurance")
JOURNAL = "bench"
AGENTS = 250
REPEATING = 0.25
"""Share of calls by one of the people who called lately."""
LATELY = 20_000
LAST_PROMISE = 20 * 3600
"""Second of the day after which no callback is promised, so that all are kept on their day."""

TABLES: tuple[Table, ...] = (
    STINT, CALL, REFUSAL, RING, RINGING, CONVERSATION, TRANSFER, CALLBACK_REQUEST, CALLBACK_ATTEMPT, CALLBACK_CLOSURE,
    AGENT_EVENT,
)

Row = tuple[Any, ...]
Entering = tuple[str, int, str, str, str, int]
"""The first columns of a stint, behind the journal: channel, number, call, queue, origin and second."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Days and calls a day; the last day ends at `end`, a midnight of the site, in epoch seconds."""

    end: int
    days: int = 365
    calls: int = 22_500
    seed: int = 1

    @property
    def start(self) -> int:
        return self.end - self.days * DAY


class Came(NamedTuple):
    """A call that came, as other stores know of it."""

    call: str
    at: int
    caller: str
    queue: str | None
    """None: lost in the menus."""


@dataclass(slots=True)
class Day:
    """What a day adds."""

    start: int
    rows: dict[str, list[Row]]
    """By table."""
    came: list[Came] = field(default_factory=list)


class YearOfCalls:
    """Rows of one day after the other."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._random = Random(plan.seed)  # noqa: S311 - figures, no secrets
        self._people: list[str] = []
        self._number = 0
        self._day = Day(0, {})

    def days(self) -> Iterator[Day]:
        for day in range(self._plan.days):
            yield self._fill(self._plan.start + day * DAY)

    def _fill(self, start: int) -> Day:
        self._day = Day(start, {table.name: [] for table in TABLES})
        deeds = self._day.rows[AGENT_EVENT.name]
        for agent in range(AGENTS):
            deeds += [
                (JOURNAL, start + 60, f"a{agent}", "login", None, None, None),
                (JOURNAL, start + 61, f"a{agent}", "added", QUEUES[agent % len(QUEUES)], None, None),
                (JOURNAL, start + DAY - 60, f"a{agent}", "logout", None, None, None),
            ]
        for at in sorted(self._moments(start)):
            self._call(at)
        deeds.sort(key=lambda deed: deed[1])
        return self._day

    def _add(self, table: Table, *row: Any) -> None:
        self._day.rows[table.name].append(row)

    def _moments(self, start: int) -> list[int]:
        hours = self._random.choices(range(24), HOURS, k=self._plan.calls)
        return [start + hour * 3600 + int(self._random.random() * 3600) for hour in hours]

    def _caller(self) -> str:
        random = self._random
        if self._people and random.random() < REPEATING:
            return self._people[int(random.random() * len(self._people))]
        number = f"09{int(random.random() * 1_000_000_000):09d}"
        if len(self._people) < LATELY:
            self._people.append(number)
        else:
            self._people[int(random.random() * LATELY)] = number
        return number

    def _agent(self) -> str:
        return f"a{int(self._random.random() * AGENTS)}"

    def _call(self, at: int) -> None:
        random = self._random
        self._number += 1
        call, caller = f"bench-{at}.{self._number}", self._caller()
        lot = random.random()
        lost = lot < 0.03
        queue = None if lost else QUEUES[int(random.random() * len(QUEUES))]
        self._day.came.append(Came(call, at, caller, queue))
        self._add(CALL, call, "PJSIP/trunk-00000001", (at - 9) * MILLION, at * MILLION, not lost, lost, False, None,
                  None)
        if queue is None:
            return
        if lot < 0.035:
            self._add(REFUSAL, JOURNAL, at, queue, "refused_full", call, call, caller, 1, "direct")
            return
        origin, number = "direct", 1
        if lot < 0.08:
            self._add(STINT, *_left((call, 1, call, queue, origin, at), "timed_out", caller, 60_000))
            at, queue, origin, number = at + 60, "operator", "overflow", 2
        wait_ms = int(random.expovariate(1 / 14_000))
        entering = (call, number, call, queue, origin, at)
        if lot > 0.93:
            self._add(STINT, *_left(entering, "abandoned", caller, wait_ms))
        elif lot > 0.92 and at < self._day.start + LAST_PROMISE:
            self._promised(entering, caller, wait_ms + 20_000)
        else:
            self._served(entering, caller, wait_ms, lot)

    def _served(self, entering: Entering, caller: str, wait_ms: int, lot: float) -> None:
        call, number, _, queue, _, at = entering
        if lot > 0.75:
            self._add(RING, JOURNAL, at, queue, self._agent(), call, 15_000)
        finished = self._answered(entering, caller, wait_ms, "transfer" if lot < 0.10 else "caller")
        if lot < 0.09:
            other = QUEUES[int(self._random.random() * len(QUEUES))]
            self._answered((call, number + 1, call, other, "transfer", finished), caller, 10_000, "caller")
        elif lot < 0.10:
            colleague, talk = self._agent(), int(self._random.expovariate(1 / 120)) + 5
            self._add(CONVERSATION, f"{call}b", finished * MILLION, colleague, (finished + talk) * MILLION, "transfer",
                      call, None, None, None, False)

    def _answered(
        self, entering: Entering, caller: str, wait_ms: int, ending: str, promise: str | None = None,
    ) -> int:
        """When it ended."""
        random, (call, number, _, _, _, at) = self._random, entering
        agent, answered = self._agent(), at + wait_ms // 1000
        talk_ms = int(random.expovariate(1 / 180_000)) + 5_000
        finished = answered + talk_ms // 1000
        channel = f"{call}{'a' * number}"
        self._add(AGENT_EVENT, JOURNAL, finished, agent, "pause", None, "wrap-up", None)
        self._add(AGENT_EVENT, JOURNAL, finished + 5 + int(random.random() * 50), agent, "unpause", None, "wrap-up",
                  None)
        self._add(RINGING, channel, (answered - 3) * MILLION, agent, call, answered * MILLION, False)
        self._add(CONVERSATION, channel, answered * MILLION, agent, finished * MILLION, "direct", call, None, call,
                  number, False)
        if ending == "transfer":
            self._add(TRANSFER, channel, finished * MILLION, call, False, "100", None, call, call)
        self._add(
            STINT, JOURNAL, *entering, "answered", caller, promise, wait_ms // 1000, agent, answered, finished,
            talk_ms // 1000, ending, channel, True, wait_ms, talk_ms, 0, 1, False, True, 1, 0)
        return finished

    def _promised(self, entering: Entering, caller: str, wait_ms: int) -> None:
        """A callback: asked for, tried once, and mostly kept."""
        random, (call, number, _, queue, _, at) = self._random, entering
        promise, asked = f"cb-{self._number}", at + wait_ms // 1000
        self._add(STINT, *_left(entering, "left_for_callback", caller, wait_ms, promise))
        self._add(CALLBACK_REQUEST, JOURNAL, promise, asked, call, call, queue, caller, at * 1000, 0, "fa", "queue",
                  None, None, (asked + 3600) * 1000, number)
        tried = asked + 300 + int(random.random() * 5400)
        reached, channel = random.random() < 0.8, f"{promise}-1"
        closed = tried + 60
        if reached:
            closed = self._answered((channel, 1, channel, queue, "callback", tried + 15), caller, 4_000, "caller",
                                    promise)
        result, outcome = ("reached", "reached") if reached else ("unreachable", "no_answer")
        self._add(CALLBACK_ATTEMPT, JOURNAL, channel, promise, 1, queue, "callback", tried, outcome, None, closed)
        self._add(CALLBACK_CLOSURE, JOURNAL, promise, closed, queue, channel, result, "bench")


def _left(entering: Entering, outcome: str, caller: str, wait_ms: int, promise: str | None = None) -> Row:
    *_, at = entering
    wait = wait_ms // 1000
    return (JOURNAL, *entering, outcome, caller, promise, wait, None, None, at + wait, None, None, None, None, wait_ms,
            None, None, 1, False, True, 1, 0)
