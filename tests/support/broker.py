"""A real mosquitto for tests, on a port of its own; it may be killed and started again."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from foundation.bus import Broker


class TestBroker:
    """mosquitto; without persistence, so that a restarted one has forgotten everything."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self.broker = Broker(free_port())

    async def start(self) -> None:
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        config = self._folder / "mosquitto.conf"
        config.write_text(f"listener {self.broker.port} 127.0.0.1\nallow_anonymous true\nlog_dest none\n")
        self._process = await asyncio.create_subprocess_exec(program, "-c", str(config))
        async with asyncio.timeout(60):
            while not await self._answers():  # noqa: ASYNC110 - another process has nothing to wait on
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _answers(self) -> bool:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(self.broker.host, self.broker.port)
            writer.close()
            return True
        return False


@asynccontextmanager
async def running_broker(folder: Path) -> AsyncIterator[TestBroker]:
    broker = TestBroker(folder)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
