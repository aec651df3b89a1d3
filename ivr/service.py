"""The IVR as a service: FastAGI on loopback, one session for each call that comes in."""

import asyncio
import time
from contextlib import aclosing

import structlog
from prometheus_client import CollectorRegistry, start_http_server

from foundation.database import Database, Store, store_url
from foundation.paths import Home
from foundation.service import heartbeat, keep_trying, stop_requests
from foundation.settings import Settings
from ivr.actions import CallContext, Resources
from ivr.agi.connection import Connection
from ivr.agi.protocol import Opening
from ivr.agi.server import Server
from ivr.call import Call
from ivr.menu_book import MenuBook
from ivr.metrics import Metrics
from ivr.session import Trace, guide, send_to_operator
from ivr.steps import StepLog

SCRIPT = "call"
"""agi://127.0.0.1:PORT/call."""
GRACE_SECONDS = 8.0
"""For calls in the menus when we are asked to stop; the rest go to the dialplan's rescue path."""

log = structlog.get_logger()


class UnknownScriptError(Exception):
    """The dialplan asks for a script that is not here."""


class Menus:
    """Handles each session."""

    def __init__(self, book: MenuBook, resources: Resources) -> None:
        self._book = book
        self._resources = resources

    async def on_call(self, connection: Connection, opening: Opening) -> None:
        """One call, from its answer until the dialplan goes on with it."""
        if opening.script != SCRIPT:
            raise UnknownScriptError(f"agi script {opening.script!r}: only {SCRIPT!r} is known; mend the dialplan")
        call, steps = Call(connection, opening), StepLog(opening.call_id)
        trace = Trace(steps)
        try:
            tree = self._book.current()
            if tree is None:
                await send_to_operator(call, self._resources.settings.default_queue, trace)
            else:
                await guide(call, tree, trace, self._context(steps, opening))
        finally:
            log.info(
                "menus left", menu=trace.menu, queue=trace.queue, language=call.language, hung_up=connection.hung_up,
                seconds=round(trace.seconds, 2), steps=len(steps.steps),
            )

    def _context(self, steps: StepLog, opening: Opening) -> CallContext:
        made = self._resources
        # The dialplan gives the number that it has validated.
        caller = opening.arguments[0] if opening.arguments else ""
        return CallContext(made.home, made.settings, made, steps, caller, None, time.time, time.monotonic)


async def serve(home: Home, settings: Settings) -> None:
    """Serve calls until asked to stop."""
    stop = stop_requests()
    registry = CollectorRegistry()
    book = MenuBook(home, settings)
    # Faults in the menus are said now, not at the first call.
    book.current()
    resources = Resources(home, settings, Database(store_url(home, settings, Store.MAIN)))
    server = Server(Menus(book, resources).on_call, Metrics(registry))
    async with aclosing(resources), asyncio.TaskGroup() as tasks:
        measuring = tasks.create_task(_publish_metrics(settings, registry), name="metrics")
        serving = tasks.create_task(_serve_calls(server, settings.ports.of("agi"), stop), name="serve calls")
        stopping = tasks.create_task(stop.wait(), name="stop")
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if server.listening:
            await serving
        for task in (serving, stopping, measuring):
            task.cancel()


async def _serve_calls(server: Server, port: int, stop: asyncio.Event) -> None:
    await keep_trying(f"port {port}", lambda: server.start(port), OSError)
    async with heartbeat():
        log.info("ivr listens", port=port)
        await stop.wait()
        await server.stop(GRACE_SECONDS)


async def _publish_metrics(settings: Settings, registry: CollectorRegistry) -> None:
    async def start() -> None:
        start_http_server(settings.ports.of("metrics"), "127.0.0.1", registry)

    await keep_trying("metrics port", start, OSError)
