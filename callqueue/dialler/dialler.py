"""The dialler: looks at the line, dials whose turn it is, follows the calls, and records what became of them.

What it knows it may forget at any moment: claims, attempts and both records tell its successor (or another worker) all.
Whom to call is decided by a picture that is taken from Asterisk for the purpose; without one nobody is called.
"""

import asyncio
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import structlog
from sqlalchemy.exc import SQLAlchemyError

from callqueue.agents.sessions import read_sessions
from callqueue.callbacks.plan import InFlight, Owed, Plan, plan
from callqueue.dialler.calls import CALL_EVENTS, Watched, compare, follow, watch
from callqueue.dialler.gauges import DiallerGauges
from callqueue.dialler.picture import Picture, agents_at_work, talks_of
from callqueue.dialler.records import Records
from callqueue.dialler.telephone import Telephone
from callqueue.floor.snapshot import take_snapshot
from callqueue.floor.state import AgentState, Floor
from callqueue.ledger.store import read_stints
from callqueue.outbound.evidence import Verdict, read_passed_over
from callqueue.outbound.model import AttemptOutcome, OutboundCall, State
from callqueue.outbound.refusals import ClaimLostError
from callqueue.outbound.upkeep import Upkeep
from callqueue.outbound.worker import LEASE_MS, Line, OutboundWorker
from callqueue.queues.estimate import WINDOW_SECONDS
from callqueue.queues.on_hold import PLACES, on_hold
from foundation.asterisk.ami import AmiError, AmiLink, AmiLostError, AmiTimeoutError, Event
from foundation.database import Database
from foundation.paths import Home
from foundation.settings import Settings

TICK_SECONDS = 1.0
SHORTEST_SECONDS = 0.2
"""From one look to the next, whatever happens meanwhile."""
RENEW_SECONDS = LEASE_MS / 1000 / 4
ADOPT_SECONDS = 5.0
TALKS_SECONDS = 30.0
LISTING_SECONDS = 5.0
MINUTE = 60.0
FREEING = ("AgentComplete", "QueueMemberPause", "QueueMemberAdded", "QueueCallerLeave")
"""Events after which an agent may be free for somebody who was promised a call."""

log = structlog.get_logger()


@dataclass
class Dialler:
    """One worker's present."""

    home: Home
    settings: Settings
    link: AmiLink
    main: Database
    ledger: Database
    gauges: DiallerGauges
    watched: dict[str, Watched] = field(default_factory=dict)
    """Calls that are out, by channel."""

    def __post_init__(self) -> None:
        name = self.settings.site.name
        self.telephone = Telephone(self.link, self.settings)
        self.worker = OutboundWorker(self.main, self.settings, name, now_ms)
        self.upkeep = Upkeep(self.main, self.settings, name, now_ms)
        self.records = Records(self.worker, self.upkeep, self.telephone, self.ledger, self.gauges, self.watched)
        self._floor = Floor()
        self._talks: Mapping[str, list[int]] = {}
        self._due: dict[str, float] = {}
        self._begun: deque[float] = deque()
        self._plan = Plan((), {})
        self._looked = time.monotonic()
        self._wake = asyncio.Event()
        self.link.on_event(self.on_event, *CALL_EVENTS)
        self._is_owing = False
        self.link.on_event(self.on_freeing, *FREEING)

    async def run(self) -> None:
        """For ever; Asterisk or a database that is away is waited for."""
        while True:
            self._wake.clear()
            try:
                await self.look()
            except (SQLAlchemyError, OSError, AmiError) as error:
                log.warning("dialler waits", error=f"{type(error).__name__}: {error}"[:300])
            await asyncio.sleep(SHORTEST_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS - SHORTEST_SECONDS):
                    await self._wake.wait()

    def on_event(self, event: Event) -> None:
        """What Asterisk tells of a call of ours."""
        watched = self.watched.get(event.get("Uniqueid"))
        if watched is not None:
            self.watched[watched.channel_id] = follow(watched, event, now_ms())
            self._wake.set()

    def on_freeing(self, _event: Event) -> None:
        """Somebody may be free now for who waits for his call."""
        if self._is_owing:
            self._wake.set()

    async def look(self) -> None:
        """One round: what others left behind, what became of ours, whose turn it is."""
        if self._is_time("adopt", ADOPT_SECONDS):
            await self.records.adopt()
        if self._is_time("renew", RENEW_SECONDS):
            await self.worker.renew({watched.call.id for watched in self.watched.values()})
        line = await self.worker.line()
        self.gauges.show(line.due, line.in_flight)
        self._is_owing = bool(line.due)
        if not self.link.is_up or not (self.watched or line.due):
            return
        picture = await self._picture()
        for channel_id, watched in self.watched.items():
            self.watched[channel_id] = compare(watched, picture.channels, now_ms())
        self._note_idle(picture)
        await self.records.settle()
        await self._hang_up_cancelled(line, picture)
        await self._dial(picture)

    async def _picture(self) -> Picture:
        status = await self.link.list_action("QueueStatus", seconds=LISTING_SECONDS)
        places = await self.link.list_action("Status", Variables=PLACES, seconds=LISTING_SECONDS)
        channels = await self.link.list_action("CoreShowChannels", seconds=LISTING_SECONDS)
        at = time.time()
        self._floor = take_snapshot(self._floor, status, channels, at)
        names = {event.get("Uniqueid"): event.get("Channel") for event in channels}
        async with self.main.read() as connection:
            sessions = await read_sessions(connection)
        return Picture(at, self._floor, names, on_hold(status, places, round(at * 1000)), sessions)

    # -- dialling

    async def _dial(self, picture: Picture) -> None:
        # What has been settled since the line was read may be due again, and has made room.
        line = await self.worker.line()
        passed = await self._learn(line)
        chosen = self._choose(line, picture, passed)
        if not chosen or not self._may_dial():
            return
        if not await self.telephone.speaks():
            log.warning("nobody is called: the menus are down", port=self.settings.ports.of("agi"))
            return
        for call in await self.worker.claim(lambda fresh: self._choose(fresh, picture, passed)):
            if not await self._begin(call):
                return

    def _may_dial(self) -> bool:
        return self.link.is_up and self.settings.sip.trunk.proxy is not None and not self.home.drain.exists()

    async def _learn(self, line: Line) -> set[str]:
        """Which of the first in their queues have been passed over; and how long conversations take, now and then."""
        heads: dict[str, OutboundCall] = {}
        for call in sorted(line.due, key=lambda call: (-call.priority, call.place_ms)):
            if call.queue is not None:
                heads.setdefault(call.queue, call)
        now = now_ms()
        async with self.ledger.read() as connection:
            if self._is_time("talks", TALKS_SECONDS):
                since = now // 1000 - WINDOW_SECONDS
                self._talks = talks_of(await read_stints(connection, None, since, now // 1000 + 1))
            return await read_passed_over(connection, list(heads.values()), now)

    def _choose(self, line: Line, picture: Picture, passed: set[str]) -> Sequence[str]:
        """Whom to dial: by the plan, and those who need no agent by their pace."""
        owed = [
            Owed(call.id, call.queue, call.place_ms, call.priority, call.id in passed)
            for call in line.due if call.queue is not None
        ]
        flying = [InFlight(call.id, call.queue) for call in line.in_flight if call.queue is not None]
        agents = agents_at_work(picture, self.settings, self._talks)
        self._plan = plan(agents, picture.on_hold, owed, flying)
        return [*self._plan.dial, *self._alone(line)]

    def _alone(self, line: Line) -> list[str]:
        """Calls that need no agent, as many as the site's pace allows."""
        while self._begun and self._begun[0] < time.monotonic() - MINUTE:
            self._begun.popleft()
        rules = self.settings.outbound
        out = sum(call.queue is None for call in line.in_flight)
        free = max(0, min(rules.max_at_once - out, rules.per_minute - len(self._begun)))
        return [call.id for call in line.due if call.queue is None][:free]

    async def _begin(self, call: OutboundCall) -> bool:
        """Dial a claimed call; False: Asterisk is away, and the other claims go back into the line."""
        if not self._may_dial():
            await self.worker.release(call.id)
            return True
        try:
            attempt = await self.worker.begin_attempt(call.id)
        except ClaimLostError:
            return True
        watched = watch(call, attempt)
        self.watched[attempt.channel_id] = watched
        try:
            await self.telephone.say_attempt(call, attempt)
        except AmiError as error:
            return self._not_dialled(watched, error)
        if not await self.worker.mark_dialled(attempt):
            del self.watched[attempt.channel_id]
            return True
        self.watched[attempt.channel_id] = watched = replace(watched, attempt=replace(attempt, dialled_ms=now_ms()))
        if call.queue is None:
            self._begun.append(time.monotonic())
        return await self._originate(watched)

    async def _originate(self, watched: Watched) -> bool:
        try:
            await self.telephone.dial(watched.call, watched.attempt)
        except (AmiLostError, AmiTimeoutError) as error:
            # It may ring: whether it does, Asterisk and the records will tell. It is never sent again.
            log.warning("dialling uncertain", attempt=watched.channel_id, error=str(error))
            return False
        except AmiError as error:
            return self._not_dialled(watched, error)
        log.info("dialled", attempt=watched.channel_id, purpose=watched.call.purpose, queue=watched.call.queue)
        return True

    def _not_dialled(self, watched: Watched, error: AmiError) -> bool:
        """Nothing was sent, or Asterisk refused it: our fault, and certain."""
        log.warning("not dialled", attempt=watched.channel_id, error=str(error))
        self.watched[watched.channel_id] = replace(watched, verdict=Verdict(AttemptOutcome.INTERRUPTED), over=True)
        return False

    # -- meanwhile

    def _note_idle(self, picture: Picture) -> None:
        """An agent who stands ready for a call that is out is idle for its sake."""
        now = time.monotonic()
        elapsed_ms, self._looked = round((now - self._looked) * 1000), now
        for channel_id, watched in self.watched.items():
            agent = picture.floor.agents.get(self._plan.agents.get(watched.call.id, ""))
            if agent is not None and agent.state is AgentState.READY and watched.verdict is None and not watched.over:
                idle_ms = watched.idle_ms + min(elapsed_ms, now_ms() - watched.attempt.claimed_ms)
                self.watched[channel_id] = replace(watched, idle_ms=idle_ms)

    async def _hang_up_cancelled(self, line: Line, picture: Picture) -> None:
        """A call that was cancelled while it rings need not be picked up."""
        closed = {call.id for call in line.in_flight if call.state is State.CLOSED}
        for watched in list(self.watched.values()):
            name = picture.channels.get(watched.channel_id)
            if watched.call.id in closed and watched.answered_ms is None and name:
                with suppress(AmiError):  # it has ended by itself
                    await self.telephone.hang_up(name)

    def _is_time(self, what: str, seconds: float) -> bool:
        now = time.monotonic()
        if now < self._due.get(what, 0.0):
            return False
        self._due[what] = now + seconds
        return True


def now_ms() -> int:
    return time.time_ns() // 1_000_000
