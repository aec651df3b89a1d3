"""The IVR as a process of its own: it listens, measures itself, and stops when asked."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from foundation.paths import CHECKOUT

START = """
import asyncio
from foundation.paths import Home
from foundation.settings import load_settings
from ivr.service import serve
home = Home.from_environment()
asyncio.run(serve(home, load_settings(home)))
"""
OPENING = b"agi_network_script: %s\nagi_language: fa\nagi_uniqueid: 1.1\n\n"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@asynccontextmanager
async def running(home: Path, agi: int, metrics: int) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = {
        **os.environ, "PASOKH_HOME": str(home), "PASOKH_PORTS__AGI": str(agi), "PASOKH_PORTS__METRICS": str(metrics),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", START, env=environment, cwd=CHECKOUT, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def until(process: asyncio.subprocess.Process, words: str) -> list[str]:
    """The lines of the log up to the one with these words."""
    lines: list[str] = []
    assert process.stdout
    async with asyncio.timeout(60):
        while not lines or words not in lines[-1]:
            line = await process.stdout.readline()
            assert line, lines
            lines.append(line.decode())
    return lines


async def metrics_page(port: int) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
    page = (await reader.read()).decode()
    writer.close()
    return page


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "site.yaml").write_text((CHECKOUT / "foundation" / "site.yaml").read_text())
    return tmp_path


async def test_the_service_serves_measures_itself_and_stops(home: Path) -> None:
    agi, metrics = free_port(), free_port()
    async with running(home, agi, metrics) as process:
        await until(process, "ivr listens")
        reader, writer = await asyncio.open_connection("127.0.0.1", agi)
        writer.write(OPENING % b"call")
        assert await reader.readline() == b"ANSWER\n"
        writer.write(b"HANGUP\n200 result=0\n")
        [*_, left] = await until(process, "menus left")
        assert "1.1" in left
        writer.close()
        async with asyncio.timeout(60):
            while 'pasokh_ivr_calls_total{ending="hung_up"} 1.0' not in (page := await metrics_page(metrics)):
                pass
        assert "pasokh_ivr_calls_active 0.0" in page
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 60) == 0


async def test_a_script_that_is_not_ours_is_given_back_at_once(home: Path) -> None:
    agi = free_port()
    async with running(home, agi, free_port()) as process:
        await until(process, "ivr listens")
        reader, writer = await asyncio.open_connection("127.0.0.1", agi)
        writer.write(OPENING % b"other")
        assert await reader.read() == b""
        writer.close()
        await until(process, "mend the dialplan")


async def test_a_port_in_use_is_waited_for_and_the_wait_can_be_stopped(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        async with running(home, taken.getsockname()[1], free_port()) as process:
            await until(process, "waiting")
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 60) == 0
