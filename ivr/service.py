"""The IVR as a service: FastAGI on loopback, one session for each call that comes in."""

import asyncio
import signal
import time
from collections.abc import Callable
from contextlib import AsyncExitStack

import structlog
from prometheus_client import CollectorRegistry, start_http_server

from foundation.bus import Broker
from foundation.database import Database, Store, store_url
from foundation.gateway import Outbox
from foundation.paths import Home
from foundation.service import heartbeat, keep_trying, stop_requests
from foundation.settings import Settings, SettingsError, load_settings
from ivr.actions import CallContext, Resources
from ivr.agi.connection import Connection, HangupError
from ivr.agi.protocol import Opening
from ivr.agi.server import Server
from ivr.call import Call
from ivr.menu.book import MenuBook
from ivr.metrics import Metrics
from ivr.queue_load import QueueLoad, watch_queues
from ivr.result_speaker import result_speaker
from ivr.scripts import SCRIPTS
from ivr.self_service.desk import open_desk
from ivr.session import Trace, guide, send_to_operator
from ivr.spoken.standing import tell_keys_only
from ivr.steps.spool import StepSpool, deliver_steps
from ivr.steps.steps import BEGAN, BUSY, CallEnding, Keep, Kind, StepLog
from ivr.witness import Witness, asks_for_history, hours_since_last_call

SCRIPT = "call"
"""agi://127.0.0.1:PORT/call."""
GRACE_SECONDS = 8.0
"""For calls in the menus when we are asked to stop; the rest go to the dialplan's rescue path."""

log = structlog.get_logger()


class UnknownScriptError(Exception):
    """The dialplan asks for a script that is not here."""


class Menus:
    """Handles each session."""

    def __init__(self, book: MenuBook, resources: Resources, witness: Witness, keep: Keep) -> None:
        self._book, self._resources, self._witness, self._keep = book, resources, witness, keep

    def renew(self, book: MenuBook, resources: Resources, witness: Witness) -> None:
        """From the next call on; those in the menus go on with what they began with."""
        self._book, self._resources, self._witness = book, resources, witness

    async def on_call(self, connection: Connection, opening: Opening) -> None:
        """One call, from its answer until the dialplan goes on with it."""
        if opening.script in SCRIPTS:
            await SCRIPTS[opening.script](Call(connection, opening), opening, self._resources)
            return
        if opening.script != SCRIPT:
            known = ", ".join((SCRIPT, *SCRIPTS))
            raise UnknownScriptError(f"agi script {opening.script!r}: there are {known}; mend the dialplan")
        await self._guide(Call(connection, opening), opening)

    async def _guide(self, call: Call, opening: Opening) -> None:
        # The dialplan gives the number that it has validated.
        caller = opening.arguments[0] if opening.arguments else ""
        steps = StepLog(opening.call_id, self._keep)
        busy = opening.arguments[1:2] == (BUSY,)
        trace = Trace(steps, busy=busy)
        steps.add(Kind.CALL, BUSY if busy else "", None, BEGAN, caller=caller or None)
        try:
            await self._walk(call, caller, trace)
        except HangupError:
            trace.ending = CallEnding.HUNG_UP
            raise
        finally:
            steps.add(Kind.CALL, trace.queue or "", None, trace.ending, round(trace.seconds * 1000))
            log.info("menus left", menu=trace.menu, queue=trace.queue, language=call.language, ending=trace.ending,
                     seconds=round(trace.seconds, 2), steps=len(steps.steps))

    async def _walk(self, call: Call, caller: str, trace: Trace) -> None:
        book, made, witness = self._book, self._resources, self._witness
        # Reading changed menus takes a second on a busy machine; the other calls go on meanwhile.
        tree = await asyncio.to_thread(book.current)
        if tree is None:
            await send_to_operator(call, made.settings.default_queue, trace)
            return
        called = None
        if asks_for_history(tree):
            called = await hours_since_last_call(made.main, caller, trace.steps.call_id, witness.now())
        context = CallContext(made.home, made.settings, made, trace.steps, caller, witness.province(caller),
                              witness.now, time.monotonic)
        await guide(call, tree, trace, context, lambda: witness.facts(tree, caller, called))


async def serve(home: Home, settings: Settings) -> None:
    """Serve calls until asked to stop."""
    stop = stop_requests()
    registry = CollectorRegistry()
    book = MenuBook(home, settings)
    # Faults in the menus are said now, not at the first call.
    tell_keys_only(settings, book.current())
    load, spool = QueueLoad(), StepSpool(home)
    resources = Resources(home, settings, Database(store_url(home, settings, Store.MAIN)), load)
    menus = Menus(book, resources, Witness.of(settings, load, time.time), spool.keep)
    server = Server(menus.on_call, Metrics(registry))
    speaker = result_speaker(home, settings, resources.main)

    def renew(fresh: Settings, following_book: MenuBook, following: Resources) -> None:
        speaker.settings = fresh
        menus.renew(following_book, following, Witness.of(fresh, load, time.time))

    async with AsyncExitStack() as kept, asyncio.TaskGroup() as tasks:
        kept.push_async_callback(resources.aclose)
        _on_new_settings(home, resources, kept, renew)
        measuring = tasks.create_task(_publish_metrics(settings, registry), name="metrics")
        delivering = tasks.create_task(deliver_steps(spool, resources.main), name="deliver steps")
        watching = tasks.create_task(watch_queues(load, Broker(settings.ports.of("mqtt"))), name="queue load")
        outbox = Outbox(home, resources.main, settings.sms, lambda: round(time.time() * 1000))
        sending = tasks.create_task(outbox.deliver(), name="send sms")
        tasks.create_task(open_desk(resources), name="open self-service")
        speaking = tasks.create_task(speaker.run(), name="speak results")
        serving = tasks.create_task(_serve_calls(server, settings.ports.of("agi"), stop), name="serve calls")
        stopping = tasks.create_task(stop.wait(), name="stop")
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if server.listening:
            await serving
        for task in (serving, stopping, measuring, delivering, watching, sending, speaking):
            task.cancel()


def _on_new_settings(
    home: Home, first: Resources, kept: AsyncExitStack, renew: Callable[[Settings, MenuBook, Resources], None],
) -> None:
    """SIGHUP says that the site's settings have changed; wrong ones are refused and the present ones stay."""
    async def take() -> None:
        try:
            fresh = load_settings(home)
        except SettingsError as error:
            log.error("settings refused", faults=str(error))  # noqa: TRY400
            return
        book = MenuBook(home, fresh)
        # Reading the menus takes longer than silence is borne; a call must find them read.
        await asyncio.to_thread(book.current)
        following = Resources(home, fresh, first.main, first.load)
        kept.push_async_callback(following.aclose)
        renew(fresh, book, following)
        log.info("settings taken")

    taking: set[asyncio.Task[None]] = set()

    def on_signal() -> None:
        task = asyncio.create_task(take(), name="new settings")
        taking.add(task)
        task.add_done_callback(taking.discard)

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, on_signal)


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
