"""The service `callqueue`: follows both durable records, reconciles them, keeps the live floor, watches the disk.

Each task that fails is begun again alone, after a pause; the others go on.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Gauge, start_http_server
from sqlalchemy.exc import SQLAlchemyError

from callqueue.cel.feed import CelSink
from callqueue.journal.feed import JournalSink
from callqueue.ledger.reconcile_store import Reconciler
from callqueue.ledger.told_recordings import keep_telling
from callqueue.records.disk import MEGABYTE, Reserve, watch_disk
from callqueue.records.follow import Follower
from callqueue.rollups.service import keep_rolled_up
from foundation.database import Database, Store, store_url
from foundation.paths import Home
from foundation.service import alive, back_off
from foundation.settings import Settings

METRICS_OFFSET = 1
RECONCILE_SECONDS = 1.0
LONG_RUN_SECONDS = 60.0
"""A task that ran this long begins again at once."""

Task = Callable[[], Coroutine[Any, Any, None]]

log = structlog.get_logger()


async def serve(home: Home, settings: Settings) -> None:
    """Run until asked to stop."""
    registry = CollectorRegistry()
    server, thread = start_http_server(
        settings.ports.of("metrics") + METRICS_OFFSET, addr="127.0.0.1", registry=registry)
    ledger = Database(store_url(home, settings, Store.LEDGER))
    try:
        async with alive() as stop, asyncio.TaskGroup() as group:
            work = evidence(home, settings, ledger, registry) | {
                "floor": lambda: _floor(home, settings, registry),
                "recordings": lambda: keep_telling(home, settings, ledger),
            }
            tasks = [group.create_task(keep_running(name, task), name=name) for name, task in work.items()]
            await stop.wait()
            for task in tasks:
                task.cancel()
    finally:
        await ledger.close()
        server.shutdown()
        thread.join()


async def _floor(home: Home, settings: Settings, registry: CollectorRegistry) -> None:
    from callqueue.live import run  # noqa: PLC0415 - a fault there must not keep the journal from being read

    await run(home, settings, registry)


def evidence(
    home: Home, settings: Settings, ledger: Database, registry: CollectorRegistry,
) -> dict[str, Task]:
    """The tasks around the durable records, by name."""
    site = settings.site.name
    journal = Follower(ledger, home.queue_log, site, "journal", JournalSink())
    cel = Follower(ledger, home.cel_log, site, "cel", CelSink())
    reconciler = Reconciler(ledger, site, lambda: cel.caught_up_at, lambda: journal.caught_up_at)
    reserve = Reserve(home.root, settings.disk.reserve_megabytes * MEGABYTE)
    for follower, name in ((journal, "journal"), (cel, "cel")):
        _measure(follower, name, registry)
    return {
        "journal": lambda: follow(journal),
        "cel": lambda: follow(cel),
        "reconciler": lambda: keep_reconciling(reconciler),
        "disk": lambda: watch_disk(reserve, ledger, site),
        "roll-ups": lambda: keep_rolled_up(home, settings),
    }


def _measure(follower: Follower, name: str, registry: CollectorRegistry) -> None:
    read = Gauge(f"pasokh_{name}_lines_read", f"Lines of the {name} stored since the start.", registry=registry)
    read.set_function(lambda: follower.lines)
    lag = Gauge(f"pasokh_{name}_lag_seconds", f"Time since the {name} was last read to its end.", registry=registry)
    lag.set_function(lambda: time.time() - follower.caught_up_at if follower.caught_up_at else float("nan"))


async def follow(follower: Follower) -> None:
    try:
        await follower.run(time.time)
    finally:
        follower.close()


async def keep_reconciling(reconciler: Reconciler) -> None:
    """Reconcile for ever; a database that is away is waited for."""
    wait = back_off()
    while True:
        try:
            more = await reconciler.step()
            wait = back_off()
        except (SQLAlchemyError, OSError) as error:
            seconds = wait()
            log.warning("reconciliation waits", error=str(error)[:300], seconds=round(seconds, 1))
            await asyncio.sleep(seconds)
        else:
            await asyncio.sleep(0 if more else RECONCILE_SECONDS)


async def keep_running(name: str, task: Task) -> None:
    """Run a task for ever: one that fails or ends begins again after a pause."""
    wait = back_off()
    while True:
        began = time.monotonic()
        try:
            await task()
            log.warning("task ended; it begins again", task=name)
        except Exception:  # whatever it was, the other tasks go on
            log.exception("task failed; it begins again", task=name)
        if time.monotonic() - began > LONG_RUN_SECONDS:
            wait = back_off()
        await asyncio.sleep(wait())
