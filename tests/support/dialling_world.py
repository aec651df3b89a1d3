"""Asterisk and the public, as far as a dialler knows them, with crashes wherever one likes; for the machine's tests.

It keeps its own truth beside the database: which channels were originated, live and ended, and what the durable records
would say of them.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from callqueue.ledger.promise_store import AttemptEvidence, Tried
from callqueue.ledger.stint import Outcome
from callqueue.outbound.evidence import judge
from callqueue.outbound.model import Attempt, AttemptOutcome, OutboundCall
from callqueue.outbound.refusals import ClaimLostError
from callqueue.outbound.worker import LEASE_MS, Line
from tests.support.outbound_site import CallingSite

SLOTS = 2


class Life(StrEnum):
    RINGING = "ringing"
    ANSWERED = "answered"
    JOINED = "joined"
    CONNECTED = "connected"
    ENDED = "ended"


@dataclass
class Dialled:
    """One channel."""

    channel_id: str
    promise: str
    life: Life = Life.RINGING
    outcome: AttemptOutcome | None = None
    """What truly became of it."""
    picked_up: bool = False
    joined: bool = False
    crashed: bool = False
    """Asterisk went down in the middle: no record has its end."""

    @property
    def alive(self) -> bool:
        return self.life is not Life.ENDED


@dataclass
class World:
    channels: dict[str, Dialled] = field(default_factory=dict)
    lines: set[str] = field(default_factory=set)
    """Attempts that the journal has."""
    results: dict[str, AttemptOutcome] = field(default_factory=dict)
    reached: dict[str, int] = field(default_factory=dict)
    """Promise → how often its person truly spoke with an agent."""

    def originate(self, channel_id: str, promise: str) -> None:
        assert channel_id in self.lines, f"{channel_id}: dialled without a line in the journal"
        assert channel_id not in self.channels, f"{channel_id}: dialled twice"
        living = [each.channel_id for each in self.channels.values() if each.alive and each.promise == promise]
        assert not living, f"{channel_id}: dialled while {living} live"
        self.channels[channel_id] = Dialled(channel_id, promise)

    def go_on(self, dialled: Dialled, way: AttemptOutcome | None) -> None:
        """One step of a call: to its next life, or (with `way`) to its end."""
        match dialled.life, way:
            case Life.RINGING, None:
                dialled.life, dialled.picked_up = Life.ANSWERED, True
            case Life.ANSWERED, None:
                dialled.life, dialled.joined = Life.JOINED, True
            case Life.JOINED, None:
                dialled.life = Life.CONNECTED
                self.reached[dialled.promise] = self.reached.get(dialled.promise, 0) + 1
            case _:
                self._end(dialled, way)

    def _end(self, dialled: Dialled, way: AttemptOutcome | None) -> None:
        possible = {
            Life.RINGING: (AttemptOutcome.NO_ANSWER, AttemptOutcome.BUSY),
            Life.ANSWERED: (AttemptOutcome.NOT_CONFIRMED, AttemptOutcome.WRONG_PERSON),
            Life.JOINED: (AttemptOutcome.GAVE_UP,), Life.CONNECTED: (AttemptOutcome.REACHED,),
        }[dialled.life]
        dialled.outcome = way if way in possible else possible[0]
        dialled.life = Life.ENDED

    def crash(self) -> None:
        """Kill -9 of Asterisk: no channel survives, no record has an end."""
        for dialled in self.channels.values():
            if dialled.alive:
                connected = dialled.life is Life.CONNECTED
                dialled.outcome = AttemptOutcome.REACHED if connected else AttemptOutcome.INTERRUPTED
                dialled.life, dialled.crashed = Life.ENDED, True

    def evidence(self, channel_id: str) -> AttemptEvidence | None:
        """What the ledger has when it has read everything."""
        dialled = self.channels.get(channel_id)
        if dialled is None and channel_id not in self.lines:
            return None
        told = self.results.get(channel_id)
        tried = Tried("s", channel_id, "", 1, "operator", "callback", 1, told and told.value, None, None)
        if dialled is None:
            return AttemptEvidence(channel_id, tried)
        reached = dialled.outcome is AttemptOutcome.REACHED
        waited = Outcome.ANSWERED if reached else Outcome.ABANDONED
        if dialled.crashed and not reached:
            waited = Outcome.INTERRUPTED
        return AttemptEvidence(
            channel_id, tried, dialled=True, over=not (dialled.crashed or dialled.alive),
            joined=1 if dialled.joined else None, answered=2 if reached else None,
            waited=waited if dialled.joined else None,
            picked_up_us=1 if dialled.picked_up else None,
            cause=17 if dialled.outcome is AttemptOutcome.BUSY else 16,
        )


class Stage(StrEnum):
    CLAIMED = "claimed"
    BEGUN = "begun"
    WRITTEN = "written"
    MARKED = "marked"
    WATCHED = "watched"
    TOLD = "told"


@dataclass
class Task:
    """What a worker has in hand."""

    call: OutboundCall
    stage: Stage = Stage.CLAIMED
    attempt: Attempt | None = None
    marked_ms: int = 0


@dataclass
class Dialler:
    """A worker as the service will be, one small step at a time; `crash` forgets everything at any of them."""

    site: CallingSite
    world: World
    name: str
    tasks: dict[str, Task] = field(default_factory=dict)

    async def claim(self) -> list[OutboundCall]:
        claimed = await self.site.worker(self.name).claim(
            lambda line: [call.id for call in line.due][:max(0, SLOTS - len(line.in_flight))])
        self.tasks |= {call.id: Task(call) for call in claimed}
        return claimed

    async def go_on(self, call_id: str, steps: int) -> None:
        """So many steps of one task, or to its end."""
        for _ in range(steps):
            if call_id in self.tasks:
                await self.step(call_id)

    async def line(self) -> Line:
        return await self.site.worker(self.name).line()

    def crash(self) -> None:
        self.tasks.clear()

    async def step(self, call_id: str) -> None:
        """The next step of one task."""
        task, worker = self.tasks[call_id], self.site.worker(self.name)
        match task.stage:
            case Stage.CLAIMED:
                try:
                    task.attempt = await worker.begin_attempt(call_id)
                except ClaimLostError:
                    del self.tasks[call_id]
                    return
                task.stage = Stage.BEGUN
            case Stage.BEGUN:
                self.world.lines.add(_channel(task))
                task.stage = Stage.WRITTEN
            case Stage.WRITTEN:
                assert task.attempt is not None
                if not await worker.mark_dialled(task.attempt):
                    del self.tasks[call_id]
                    return
                task.stage, task.marked_ms = Stage.MARKED, self.site.clock()
            case Stage.MARKED:
                await self._originate(call_id, task)
            case Stage.WATCHED:
                await self._watch(call_id, task)
            case Stage.TOLD:
                await worker.record(_channel(task), self.world.results[_channel(task)])
                del self.tasks[call_id]

    async def _originate(self, call_id: str, task: Task) -> None:
        if self.site.clock() >= task.marked_ms + LEASE_MS:
            del self.tasks[call_id]  # too late; who adopts it finds a line and no channel
            return
        self.world.originate(_channel(task), call_id)
        task.stage = Stage.WATCHED

    async def _watch(self, call_id: str, task: Task) -> None:
        dialled = self.world.channels[_channel(task)]
        if dialled.alive:
            await self.site.worker(self.name).renew([call_id])
            return
        assert dialled.outcome is not None
        self.world.results.setdefault(dialled.channel_id, dialled.outcome)
        task.stage = Stage.TOLD

    async def adopt(self) -> None:
        """Take up what others (or we ourselves, before a crash) left, by the evidence."""
        for adopted in await self.site.upkeep(self.name).adopt(list(self.tasks)):
            channel_id = adopted.attempt.channel_id
            dialled = self.world.channels.get(channel_id)
            alive = dialled is not None and dialled.alive
            verdict = judge(self.world.evidence(channel_id), alive=alive, complete=True)
            if verdict is None:
                self.tasks[adopted.call.id] = Task(adopted.call, Stage.WATCHED, adopted.attempt)
            else:
                await self.site.worker(self.name).record(channel_id, verdict.outcome)


def _channel(task: Task) -> str:
    assert task.attempt is not None
    return task.attempt.channel_id
