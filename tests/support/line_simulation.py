"""A queue with agents, callers and promises, event by event, as app_queue and the dialler would run it. Seconds.

app_queue gives a free agent to the head of the line at once, whoever that is; who comes back from a callback is put in
at the position that the planner says. Everything random comes from one seed.
"""

import heapq
import random
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from callqueue.callbacks.plan import (
    Agent,
    InFlight,
    OnHold,
    Owed,
    Plan,
    Served,
    chance_to_be_free,
    inversions,
    plan,
    position,
)

QUEUE = "operator"
LEAD, WRAP_UP, RETRY, TICK = 20.0, 10.0, 300.0, 2.0
NEVER = float("inf")


@dataclass(frozen=True)
class Scene:
    seed: int
    agents: int
    callers: int
    between: float
    """Mean seconds between two callers."""
    talk: float = 180.0
    leaves: float = 0.4
    """How likely a caller who has waited `patience` seconds asks to be called back."""
    patience: float = 60.0
    picks_up: float = 0.8
    priorities: tuple[int, ...] = (0,)


@dataclass
class Person:
    id: str
    joined: float
    priority: int
    owed: float | None = None
    """Since when he is owed a call."""
    due: float = 0.0
    passed: bool = False
    called: bool = False
    """A call to him is out, or he waits at the head after one."""
    entered: float | None = None
    """When he came back."""
    answered: float | None = None
    tries: int = 0


@dataclass
class Desk:
    id: str
    free: bool = True
    since: float = 0.0
    talking: bool = False
    ends: float = 0.0


@dataclass
class Simulation:
    scene: Scene
    now: float = 0.0
    line: list[Person] = field(default_factory=list)
    """Who waits on the telephone, in app_queue's order."""
    owed: dict[str, Person] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)
    talks: list[int] = field(default_factory=list)
    plans: list[tuple[Plan, list[Owed], list[InFlight], list[Agent]]] = field(default_factory=list)
    entries: list[tuple[Person, list[Person], list[Person]]] = field(default_factory=list)
    """Who came back, who stood before him then, who behind him."""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.scene.seed)  # noqa: S311 - no secret
        self.desks = [Desk(f"a{number}") for number in range(self.scene.agents)]
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._at(0.0, self._arrive)
        self._at(0.0, self._plan)

    # -- running

    def run(self, until: float = NEVER) -> None:
        while self._events and self.now < until and not self._is_over():
            self.now, _, event = heapq.heappop(self._events)
            event()

    def served(self) -> list[Served]:
        """Everybody who was answered, for `inversions`."""
        return [
            Served(one.id, ms(one.joined), one.priority, ms(one.answered), None if one.owed is None else ms(one.owed))
            for one in self.people if one.answered is not None
        ]

    def inversions(self) -> dict[str, int]:
        return inversions(self.served())

    def _is_over(self) -> bool:
        return len(self.people) >= self.scene.callers and all(one.answered is not None for one in self.people)

    def _at(self, when: float, event: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (when, self._count, event))

    # -- callers and agents

    def _arrive(self) -> None:
        if len(self.people) >= self.scene.callers:
            return
        person = Person(f"p{len(self.people)}", self.now, self.chance.choice(self.scene.priorities))
        self.people.append(person)
        behind = [place for place, other in enumerate(self.line) if other.priority < person.priority]
        self.line.insert(behind[0] if behind else len(self.line), person)
        if self.chance.random() < self.scene.leaves:
            self._at(self.now + self.scene.patience, lambda: self.leave(person))
        self._at(self.now + self.chance.expovariate(1 / self.scene.between), self._arrive)
        self._serve()

    def leave(self, person: Person) -> None:
        if person in self.line:
            self.line.remove(person)
            person.owed = person.due = self.now
            self.owed[person.id] = person

    def _serve(self) -> None:
        for desk in self.desks:
            if desk.free and self.line:
                self._connect(desk, self.line.pop(0))

    def _connect(self, desk: Desk, person: Person) -> None:
        person.answered = self.now
        self.owed.pop(person.id, None)
        for waiting in self.owed.values():
            waiting.passed |= waiting.joined < person.joined and waiting.entered is None
        talk = self.chance.lognormvariate(0, 0.6) * self.scene.talk / 1.2
        desk.free, desk.talking, desk.since, desk.ends = False, True, self.now, self.now + talk
        self._at(desk.ends, lambda: self._wrap_up(desk, round(talk)))

    def _wrap_up(self, desk: Desk, talk: int) -> None:
        insort(self.talks, talk)
        desk.talking, desk.ends = False, self.now + WRAP_UP
        self._at(desk.ends, lambda: self._ready(desk))

    def _ready(self, desk: Desk) -> None:
        desk.free = True
        self._serve()

    # -- the dialler

    def _plan(self) -> None:
        self._at(self.now + TICK, self._plan)
        if not any(not one.called and one.due <= self.now for one in self.owed.values()):
            return
        agents = [self._agent(desk) for desk in self.desks]
        on_hold = self._on_hold()
        owed = [
            Owed(one.id, QUEUE, ms(one.joined), one.priority, one.passed)
            for one in self.owed.values() if not one.called and one.due <= self.now
        ]
        in_flight = [InFlight(one.id, QUEUE) for one in self.owed.values() if one.called]
        made = plan(agents, on_hold, owed, in_flight)
        if made.dial:
            self.plans.append((made, owed, in_flight, agents))
        for promise in made.dial:
            self._dial(self.owed[promise])

    def _on_hold(self) -> list[OnHold]:
        return [
            OnHold(QUEUE, ms(one.joined), one.priority, one.id if one.entered is not None else None)
            for one in self.line
        ]

    def _agent(self, desk: Desk) -> Agent:
        agent = Agent(desk.id, frozenset({QUEUE}), desk.free)
        if desk.free:
            return agent
        if desk.talking:
            return replace(agent, free_soon=chance_to_be_free(self.now - desk.since, self.talks, WRAP_UP, LEAD))
        return replace(agent, free_soon=1.0 if desk.ends - self.now <= LEAD else 0.0)

    def _dial(self, person: Person) -> None:
        person.called = True
        person.tries += 1
        if self.chance.random() < self.scene.picks_up or person.tries >= 3:
            self._at(self.now + self.chance.uniform(6.0, 18.0), lambda: self._come_back(person))
        else:
            self._at(self.now + 30.0, lambda: self._miss(person))

    def _miss(self, person: Person) -> None:
        person.called, person.due = False, self.now + RETRY

    def _come_back(self, person: Person) -> None:
        place = position(ms(person.joined), person.priority, self._on_hold())
        before, behind = self.line[:place - 1], self.line[place - 1:]
        self.entries.append((person, before, behind))
        person.entered = self.now
        self.line.insert(place - 1, person)
        self._serve()


def ms(seconds: float) -> int:
    return round(seconds * 1000)
