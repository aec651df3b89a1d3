"""A private line for measurements: a home of its own, an Asterisk, the real menus, and nothing that disturbs them."""

import asyncio
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from foundation.asterisk.install import Installation, find_asterisk
from foundation.asterisk.music import convert_music
from foundation.asterisk.render import prepare_folders, render
from foundation.asterisk.run import asterisk_command, die_with_parent, wait_booted
from foundation.paths import CHECKOUT, Home
from foundation.settings import ENVIRONMENT_PREFIX, Secrets, Settings, load_secrets, load_settings
from ivr.prompts import build
from ivr.prompts.catalogue import recordings_folder

BOOT_SECONDS = 60.0
STOP_SECONDS = 15.0
RTP_PORTS = 2000

Overlay = Callable[[Path, Settings], None]
"""Changes the rendered configuration folder before Asterisk starts."""


class LineError(Exception):
    """The private line could not be started; the text says which part and where its log is."""


@dataclass(frozen=True)
class Line:
    """A running private line."""

    home: Home
    settings: Settings
    secrets: Secrets
    asterisk_pid: int
    ivr_pid: int

    @property
    def sip_port(self) -> int:
        return self.settings.ports.of("sip")


@asynccontextmanager
async def private_line(overlay: Overlay, first_port: int) -> AsyncIterator[Line]:
    """Start Asterisk and the menus in a temporary home, and end both, and the home, at the end of the block.

    Args:
        overlay: is called with the rendered configuration's folder and the settings before Asterisk starts.
        first_port: `RTP_PORTS` ports from here on carry sound; the ports of the services are free ones.

    Raises:
        LineError: a part did not come up.
    """
    lender = Home.from_environment()
    with _own_environment(), _temporary_home() as home:
        _borrow_prompts(lender, home)
        settings, secrets, asterisk = _prepare(home, first_port)
        overlay(home.asterisk_config, settings)
        async with _running(home, "asterisk", *asterisk_command(home, asterisk), "-f") as exchange:
            await _expect(exchange, "asterisk", home, wait_booted(home, asterisk))
            command = (sys.executable, "-m", "pasokh", "service", "ivr")
            async with _running(home, "ivr", *command) as menus:
                await _expect(menus, "ivr", home, _wait_port(settings.ports.of("agi")))
                yield Line(home, settings, secrets, exchange.pid, menus.pid)


def _prepare(home: Home, first_port: int) -> tuple[Settings, Secrets, Installation]:
    home.make()
    home.settings_file.write_text(yaml.safe_dump(_site(first_port), allow_unicode=True), encoding="utf-8")
    settings = load_settings(home)
    secrets = load_secrets(home, settings)
    asterisk = find_asterisk()
    prepare_folders(home, asterisk)
    build(home, settings)
    convert_music(home, asterisk)
    render(home, settings, secrets, asterisk)
    return settings, secrets, asterisk


def _borrow_prompts(lender: Home, home: Home) -> None:
    """Callers hear what the lender's hear; `build` then renders only what is missing or differs."""
    for folder, here in ((lender.prompts, home.prompts), (recordings_folder(lender), recordings_folder(home))):
        if folder.exists():
            shutil.copytree(folder, here)


def _site(first_port: int) -> dict[str, Any]:
    """The settings that a new site gets, on ports of its own and on loopback."""
    site: dict[str, Any] = yaml.safe_load((CHECKOUT / "foundation/site.yaml").read_text(encoding="utf-8"))
    services = ("sip", "ami", "asterisk_http", "agi", "mqtt", "metrics")
    rtp = {"rtp_first": first_port, "rtp_last": first_port + RTP_PORTS - 1}
    site["ports"] = dict(zip(services, _free_ports(len(services)), strict=True)) | rtp
    site["site"]["name"] = "bench"
    site["sip"]["address"] = "127.0.0.1"
    return site


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


@contextmanager
def _own_environment() -> Iterator[None]:
    """Hide the settings of the site that may stand in our environment: this line is another one."""
    hidden = {name: value for name, value in os.environ.items() if name.startswith(ENVIRONMENT_PREFIX)}
    hidden.pop("PASOKH_TOOLS", None)
    for name in hidden:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(hidden)


@contextmanager
def _temporary_home() -> Iterator[Home]:
    root = Path(tempfile.mkdtemp(prefix="pasokh-bench-"))
    try:
        yield Home(root)
    finally:
        shutil.rmtree(root, ignore_errors=True)


@asynccontextmanager
async def _running(home: Home, name: str, *command: str) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = os.environ | {"PASOKH_HOME": str(home.root)}
    with (home.logs / f"{name}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, env=environment, cwd=CHECKOUT,
            preexec_fn=die_with_parent,
            start_new_session=True,  # Ctrl-C is ours to handle: they stop after the calls have ended
        )
    try:
        yield process
    finally:
        await _stop(process)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _expect(process: asyncio.subprocess.Process, name: str, home: Home, ready: Coroutine[Any, Any, None]) -> None:
    """Wait for `ready`; a process that ends instead, or takes too long, is an error with the end of its log."""
    waiting = asyncio.ensure_future(ready)
    ended = asyncio.ensure_future(process.wait())
    await asyncio.wait({waiting, ended}, timeout=BOOT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    came = waiting.done() and not ended.done()
    waiting.cancel()
    ended.cancel()
    if not came:
        log = (home.logs / f"{name}.log").read_text(encoding="utf-8", errors="replace")
        raise LineError(f"{name} of the private line did not come up; the end of its log:\n{log[-2000:]}")


async def _wait_port(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
