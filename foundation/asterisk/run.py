"""Runs Asterisk as one of our services: an orderly stop is marked in the journal before it begins."""

import asyncio
import ctypes
import os
import signal
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import structlog

from foundation.asterisk.install import Installation, find_asterisk
from foundation.asterisk.render import prepare_folders, render
from foundation.paths import Home
from foundation.service import heartbeat, stop_requests
from foundation.settings import Settings, load_secrets

PR_SET_PDEATHSIG = 1
STOP_SECONDS = 20

log = structlog.get_logger()


class AsteriskEndedError(Exception):
    """Asterisk went away without having been asked to."""


async def serve(home: Home, settings: Settings) -> None:
    """Run Asterisk in the foreground until asked to stop, or until it ends by itself.

    Raises:
        AsteriskEndedError: Asterisk ended without having been asked to.
    """
    asterisk = find_asterisk()
    prepare_folders(home, asterisk)
    render(home, settings, load_secrets(home, settings), asterisk)
    stop = stop_requests()
    process = await asyncio.create_subprocess_exec(
        *asterisk_command(home, asterisk), "-f", stdin=asyncio.subprocess.DEVNULL, preexec_fn=die_with_parent,
    )
    log.info("asterisk started", pid=process.pid)
    ended = asyncio.create_task(process.wait(), name="asterisk ended")
    try:
        await _first(ended, stop.wait(), wait_booted(home, asterisk))
        if not ended.done() and not stop.is_set():
            async with heartbeat():
                await _first(ended, stop.wait())
    finally:
        if not ended.done():
            await _stop_orderly(home, process, ended)
    if not stop.is_set():
        raise AsteriskEndedError(f"asterisk ended by itself with exit code {process.returncode}: see {home.logs}")


async def _first(ended: "asyncio.Task[int]", *others: Coroutine[Any, Any, object]) -> None:
    """Return when Asterisk has ended or any of the others has happened."""
    tasks = [asyncio.ensure_future(other) for other in others]
    await asyncio.wait({ended, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


def asterisk_command(home: Home, asterisk: Installation) -> list[str]:
    """Asterisk with this site's configuration; options such as `-rx` follow."""
    return [*asterisk.command, "-C", str(home.asterisk_config / "asterisk.conf")]


async def console(home: Home, asterisk: Installation, command: str) -> str:
    """What Asterisk's console answers to `command`; empty when it cannot be reached."""
    process = await asyncio.create_subprocess_exec(
        *asterisk_command(home, asterisk), "-rx", command,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )
    output, _ = await process.communicate()
    return output.decode(errors="replace") if process.returncode == 0 else ""


async def wait_booted(home: Home, asterisk: Installation) -> None:
    """Return when Asterisk has loaded everything."""
    # Its control socket does not exist at first, so there is nothing to wait on but asking again.
    while "fully booted" not in await console(home, asterisk, "core waitfullybooted"):  # noqa: ASYNC110
        await asyncio.sleep(0.1)


def append_to_journal(queue_log: Path, event: str, *data: str) -> None:
    """Add a line of our own, in one write as Asterisk does, so lines never mix."""
    line = "|".join((str(int(time.time())), "NONE", "NONE", "NONE", event, *data)) + "\n"
    descriptor = os.open(queue_log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


async def _stop_orderly(home: Home, process: asyncio.subprocess.Process, ended: "asyncio.Task[int]") -> None:
    # Asterisk writes ABANDON for everybody who waits; this line says that it was us, not they.
    append_to_journal(home.queue_log, "STOPPING", "pasokh")
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(asyncio.shield(ended), STOP_SECONDS)
    except TimeoutError:
        log.warning("asterisk did not stop, killing it", seconds=STOP_SECONDS)
        process.kill()
        await ended


def die_with_parent() -> None:
    """For `preexec_fn`: the kernel kills the new process when the one that started it is gone."""
    # A service killed hard must not leave an Asterisk behind that the next one collides with.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
