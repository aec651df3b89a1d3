"""The service `dialler`: keeps promised calls. It dials, adopts what only the journal knows, and closes what is over.

Each task that fails is begun again alone, after a pause; the others go on.
"""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, start_http_server
from sqlalchemy.exc import SQLAlchemyError

from callqueue.callbacks.desk import CallbackDesk, now_in_ms
from callqueue.dialler.dialler import Dialler
from callqueue.dialler.gauges import DiallerGauges
from callqueue.ledger.promise_store import Asked, read_requests_after
from callqueue.live import ami_link
from callqueue.outbound.closings import Closings
from callqueue.outbound.evidence import read_helped
from callqueue.outbound.model import CallbackRequest, Channel, Result, State
from callqueue.service import keep_running
from foundation.asterisk.ami import AmiError
from foundation.catalogue import load_catalogue
from foundation.database import Database, Store, store_url
from foundation.gateway import Outbox
from foundation.paths import Home
from foundation.service import alive
from foundation.settings import Settings

METRICS_OFFSET = 3
UPKEEP_SECONDS = 2.0
TEXTS = Path(__file__).parent / "outbound.yaml"

log = structlog.get_logger()


async def serve(home: Home, settings: Settings) -> None:
    """Run until asked to stop; calls that are out then go on, and the next process takes them up."""
    registry = CollectorRegistry()
    server, thread = start_http_server(
        settings.ports.of("metrics") + METRICS_OFFSET, addr="127.0.0.1", registry=registry)
    main, ledger = (Database(store_url(home, settings, store)) for store in (Store.MAIN, Store.LEDGER))
    try:
        async with alive() as stop, ami_link(home, settings) as link, asyncio.TaskGroup() as group:
            dialler = Dialler(home, settings, link, main, ledger, DiallerGauges(registry))
            keeping = Keeping(home, settings, dialler)
            tasks = [
                group.create_task(keep_running(name, task), name=name)
                for name, task in (("dialler", dialler.run), ("promises", keeping.run))
            ]
            await stop.wait()
            for task in tasks:
                task.cancel()
    finally:
        await main.close()
        await ledger.close()
        server.shutdown()
        thread.join()


@dataclass
class Keeping:
    """What is to be done for promises beside dialling."""

    home: Home
    settings: Settings
    dialler: Dialler
    read_to: int = 0
    """The last promise of the journal that the main store was asked about; all are asked about after a start."""
    desk: CallbackDesk = field(init=False)
    closings: Closings = field(init=False)

    def __post_init__(self) -> None:
        main = self.dialler.main
        self.desk = CallbackDesk(main, self.settings)
        self.closings = Closings(
            self.dialler.upkeep, Outbox(self.home, main, self.settings.sms, now_in_ms), load_catalogue([TEXTS]),
            self.settings.site.number, self.dialler.telephone.say_closed)

    async def run(self) -> None:
        """For ever; what is away is waited for."""
        while True:
            for step in (self.adopt, self.close_helped, self.dialler.upkeep.expire, self.tell):
                try:
                    await step()
                except (SQLAlchemyError, OSError, AmiError) as error:
                    log.warning("promises wait", error=f"{type(error).__name__}: {error}"[:300])
            await asyncio.sleep(UPKEEP_SECONDS)

    async def adopt(self) -> None:
        """Keep promises that only the journal knows: the store was away, or whoever gave them was killed."""
        while True:
            async with self.dialler.ledger.read() as connection:
                found = await read_requests_after(connection, self.read_to)
            if not found:
                return
            requests = [request_of(asked) for asked in found]
            adopted = await self.desk.adopt_unknown([request for request in requests if request is not None])
            if adopted:
                log.info("promises adopted from the journal", count=adopted)
            self.read_to = found[-1].id

    async def close_helped(self) -> None:
        """Whoever called us himself and was answered needs no call any more."""
        waiting = await self.desk.list(state=State.OPEN)
        free = [call for call in waiting if call.state is State.OPEN]
        async with self.dialler.ledger.read() as connection:
            helped = await read_helped(connection, free)
        for promise, call_id in helped.items():
            await self.dialler.upkeep.close(promise, Result.HELPED_OTHERWISE, call_id[:80])

    async def tell(self) -> None:
        if self.dialler.link.is_up:
            await self.closings.tell()


def request_of(asked: Asked) -> CallbackRequest | None:
    """What a line of the journal asks for; None for a line of earlier versions, which say no number."""
    if asked.number is None:
        return None
    channel = Channel(asked.channel) if asked.channel in set(Channel) else Channel.MENU
    return CallbackRequest(
        asked.number, asked.queue, asked.language, channel, place_ms=asked.place_ms,  # type: ignore[arg-type]
        priority=asked.priority, not_before_ms=asked.not_before_ms, origin_call_id=asked.call_id or None,
        tracking=asked.tracking, id=asked.promise, asked_ms=asked.at * 1000, due_ms=asked.due_ms,
    )
