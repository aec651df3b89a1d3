"""The live side of the call queue: AMI to floor to bus, agents kept, gaps declared.

The durable truth is the journal's; what stands here is the present moment, taken anew at each connection.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing

import structlog
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import SQLAlchemyError

from callqueue.agents.desk import AgentDesk
from callqueue.agents.keeper import Keeper
from callqueue.agents.wrap_up import WrapUp, ended_calls
from callqueue.floor.blindness import Blindness, GapSpool
from callqueue.floor.bus import FloorBus, FloorGauges, floor_publisher
from callqueue.floor.events import apply
from callqueue.floor.hold_lines import HoldLines
from callqueue.floor.snapshot import take_snapshot
from callqueue.floor.state import Floor
from callqueue.journal.check import JournalCheck
from callqueue.ledger.store import read_stints
from callqueue.queues.estimate import WINDOW_SECONDS, estimated_wait, handling_seconds
from callqueue.queues.offers import Offers
from foundation.asterisk.ami import AmiError, AmiLink, Event, Lost, News
from foundation.database import Database, Store, store_url
from foundation.paths import Home
from foundation.settings import Settings, load_secrets

SNAPSHOT_SECONDS = 30.0
"""How often the floor is taken anew although nothing was lost: what drifted is put right."""
KEEPER_SECONDS = 10.0
TICK_SECONDS = 1.0
PICTURE_SECONDS = 0.05
CHECK_EVERY_TICKS = 5
HANDLING_EVERY_TICKS = 30

log = structlog.get_logger()

Clock = Callable[[], float]


class Watch:
    """Holds the present floor and makes it follow Asterisk."""

    def __init__(
        self, link: AmiLink, blindness: Blindness, check: JournalCheck, holds: HoldLines, clock: Clock,
    ) -> None:
        self._link, self._blindness, self._check, self._holds, self._clock = link, blindness, check, holds, clock
        self.floor = Floor()
        self.live_since: float | None = None
        self.changed = asyncio.Event()
        """Set after each change of the floor or of being seen."""
        self.seen = asyncio.Event()
        """Set after each snapshot that follows blindness."""

    async def follow(self, on_call_over: Callable[[str, str], None]) -> None:
        """Follow for ever; `on_call_over(agent, queue)` is called at the end of each conversation."""
        reader = self._link.reader()
        due = 0.0
        while True:
            item = await _next(reader, due - self._clock() if self.live_since else None)
            before = self.floor
            if isinstance(item, Lost):
                self._lose(item)
            elif isinstance(item, Event):
                self._check.on_event(item, self._clock())
                self._holds.on_event(item, self._clock())
                self.floor = apply(self.floor, item, self._clock())
            else:
                seen = await self._look()
                due = self._clock() + (SNAPSHOT_SECONDS if seen else TICK_SECONDS)
            if self.floor is not before:
                self.changed.set()
                for agent_id, queue in ended_calls(before, self.floor):
                    on_call_over(agent_id, queue)

    def _lose(self, lost: Lost) -> None:
        self.live_since = None
        self._blindness.begin(lost.at, lost.reason)
        self.changed.set()

    async def _look(self) -> bool:
        """Take a snapshot. Events that come meanwhile wait in the reader and are applied after it."""
        try:
            status = await self._link.list_action("QueueStatus", seconds=15)
            channels = await self._link.list_action("CoreShowChannels", seconds=15)
        except AmiError as error:
            log.warning("snapshot_failed", error=str(error))
            self._link.drop("the floor could not be listed")
            return False
        now = self._clock()
        self.floor = take_snapshot(self.floor, status, channels, now)
        if self.live_since is None:
            self._blindness.end(now)
            self.live_since = now
            self.seen.set()
            self.changed.set()
        return True


async def _next(reader: AsyncIterator[News], seconds: float | None) -> News | None:
    """The next item, or None after `seconds`: time for a new snapshot."""
    try:
        async with asyncio.timeout(None if seconds is None else max(0.0, seconds)):
            return await anext(reader)
    except TimeoutError:
        return None


class Live:
    """The live side's parts, and the tasks that run them."""

    def __init__(
        self, home: Home, settings: Settings, link: AmiLink, *, main: Database, ledger: Database, gauges: FloorGauges,
        clock: Clock = time.time,
    ) -> None:
        self._link, self._ledger, self._clock = link, ledger, clock
        self._wrap_ups = {name: queue.wrap_up_seconds for name, queue in settings.queues.items()}
        self.spool = GapSpool(ledger, settings.site.name)
        self.blindness = Blindness(self.spool, home.run / "floor.alive", clock())
        self.check = JournalCheck(settings.site.name, home.queue_log)
        self.holds = HoldLines(link, settings.agents)
        self.watch = Watch(link, self.blindness, self.check, self.holds, clock)
        self.desk = AgentDesk(settings, main, link, clock)
        self.keeper = Keeper(settings, main, self.desk, clock)
        self.wrap_up = WrapUp(settings, main, link, self.desk, clock)
        self.publisher = floor_publisher(settings)
        self.bus = FloorBus(settings, self.publisher, gauges)
        self.offers = Offers(home, settings)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            def on_call_over(agent_id: str, queue: str) -> None:
                work = self.wrap_up.begin(agent_id, queue, self.watch.floor.agent(agent_id))
                tasks.create_task(work, name=f"wrap-up-{agent_id}")

            tasks.create_task(self.publisher.run(), name="bus")
            tasks.create_task(self.watch.follow(on_call_over), name="floor")
            tasks.create_task(self.holds.run(), name="hold-lines")
            tasks.create_task(self._show(), name="pictures")
            tasks.create_task(self._keep(), name="keeper")
            tasks.create_task(self.wrap_up.run(lambda: self.watch.floor), name="wrap-up")
            tasks.create_task(self._tick(), name="tick")

    async def _show(self) -> None:
        while True:
            self.watch.changed.clear()
            if self.watch.live_since is not None:
                self.bus.show(self.watch.floor)
            self.bus.show_status(self.watch.floor, self.blindness.since, self.watch.live_since)
            await self.watch.changed.wait()
            # What belongs together comes within milliseconds: the end of a call and the wrap-up after it.
            await asyncio.sleep(PICTURE_SECONDS)

    async def _keep(self) -> None:
        while True:
            await _either(self.watch.seen, KEEPER_SECONDS)
            self.watch.seen.clear()
            for session in (await self.keeper.sessions()).values():
                self.wrap_up.remember(session)
            if self.watch.live_since is not None:
                await self.keeper.put_right(self.watch.floor)

    async def _tick(self) -> None:
        ticks = 0
        while True:
            ticks += 1
            self.blindness.tick(self._clock())
            self.bus.show_life()
            self._offer_callbacks()
            try:
                await self.spool.deliver()
                if ticks % CHECK_EVERY_TICKS == 0:
                    await self._check_journal()
                if ticks % HANDLING_EVERY_TICKS == 1:
                    await self._learn_handling()
            except (SQLAlchemyError, OSError) as error:
                log.warning("ledger_away", error=str(error), gaps_kept=len(self.spool))
            await asyncio.sleep(TICK_SECONDS)

    def _offer_callbacks(self) -> None:
        floor = self.watch.floor
        if self.watch.live_since is not None:
            estimates = {queue: estimated_wait(floor, queue, self.bus.handling.get(queue)) for queue in self._wrap_ups}
            self.offers.show(floor, estimates, self._clock())

    async def _learn_handling(self) -> None:
        now = int(self._clock())
        async with self._ledger.read() as connection:
            stints = await read_stints(connection, None, now - WINDOW_SECONDS, now + 1)
        handling = handling_seconds(stints, self._wrap_ups)
        if handling != self.bus.handling:
            self.bus.handling = handling
            self.watch.changed.set()

    async def _check_journal(self) -> None:
        async with self._ledger.read() as connection:
            for gap in await self.check.find_lost(connection, self._clock()):
                log.error("journal_lost", call_id=gap.call_id, detail=gap.detail)
                self.spool.add(gap)


async def _either(event: asyncio.Event, seconds: float) -> None:
    """Until the event, or for `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass


async def run(home: Home, settings: Settings, registry: CollectorRegistry | None = None) -> None:
    """Be the live side of this site, for ever; its gauges are in `registry` meanwhile."""
    with closing(FloorGauges(registry or CollectorRegistry())) as gauges:
        async with _stores(home, settings) as (main, ledger), ami_link(home, settings) as link:
            await Live(home, settings, link, main=main, ledger=ledger, gauges=gauges).run()


def ami_link(home: Home, settings: Settings) -> AmiLink:
    """A link to this site's Asterisk."""
    return AmiLink("127.0.0.1", settings.ports.of("ami"), "pasokh", load_secrets(home, settings).ami)


@asynccontextmanager
async def _stores(home: Home, settings: Settings) -> AsyncIterator[tuple[Database, Database]]:
    main, ledger = (Database(store_url(home, settings, store)) for store in (Store.MAIN, Store.LEDGER))
    try:
        yield main, ledger
    finally:
        await main.close()
        await ledger.close()
