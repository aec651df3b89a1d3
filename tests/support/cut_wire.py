"""Cables between a page and the line that can be cut: the page's connections, and the sound beside them.

What is sent while a cable is cut is not refused, as at a machine that is off: connections hang until it is whole again,
sound is lost.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from playwright.async_api import BrowserContext

from foundation.reachable import reachable_address

Address = tuple[str, int]

THROUGH_THE_CABLE = """(() => {
  const own = RTCPeerConnection.prototype, set = own.setRemoteDescription;
  const local = Object.getOwnPropertyDescriptor(own, "localDescription").get;
  const udp = /^a=candidate:(\\S+) 1 udp (\\d+) (\\S+) (\\d+) typ host.*$/im;
  function led(sdp, [address, port]) {
    const one = udp.exec(sdp);
    const lines = sdp.split("\\r\\n").filter((line) => !line.startsWith("a=candidate:"));
    if (one) lines.splice(lines.length - 1, 0, `a=candidate:${one[1]} 1 udp ${one[2]} ${address} ${port} typ host`);
    return lines.join("\\r\\n");
  }
  own.setRemoteDescription = async function (given) {
    const one = udp.exec(given.sdp);
    if (one) await window.cableLeadsTo(one[3], Number(one[4]));
    return set.call(this, { type: given.type, sdp: led(given.sdp, CABLE.page) });
  };
  Object.defineProperty(own, "localDescription", { configurable: true, get() {
    const made = local.call(this);
    return made && { type: made.type, sdp: led(made.sdp, CABLE.line) };
  } });
})()"""
"""Each side is told the cable's end as the other's only address."""


class _End(asyncio.DatagramProtocol):
    """One end of the sound's cable: what comes in here goes out at the other."""

    def __init__(self, cable: "SoundCable") -> None:
        self._cable = cable
        self.other: _End | None = None
        self.peer: Address | None = None
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if self._cable.follows(self):
            self.peer = addr
        other = self.other
        if self._cable.whole and other and other.peer and other.transport:
            other.transport.sendto(data, other.peer)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there any more: the call is over."""


class SoundCable:
    """Between the page's sound and Asterisk's."""

    def __init__(self) -> None:
        self.whole = True
        self._page, self._line = _End(self), _End(self)
        self._page.other, self._line.other = self._line, self._page

    async def lay(self, address: str) -> None:
        loop = asyncio.get_running_loop()
        for end in (self._page, self._line):
            await loop.create_datagram_endpoint(lambda end=end: end, local_addr=(address, 0))  # type: ignore[misc]

    def follows(self, end: _End) -> bool:
        """A browser's address is known by what it sends; Asterisk's is told."""
        return end is self._page

    async def lead_through(self, context: BrowserContext) -> None:
        """From now on the pages of this window send their sound through the cable."""
        def learn(_source: Any, address: str, port: int) -> None:
            self._line.peer = (address, port)

        await context.expose_binding("cableLeadsTo", learn)
        ends = {"page": _name(self._page), "line": _name(self._line)}
        script = THROUGH_THE_CABLE.replace("CABLE.page", f"{ends['page']}").replace("CABLE.line", f"{ends['line']}")
        await context.add_init_script(script)

    def close(self) -> None:
        for end in (self._page, self._line):
            if end.transport:
                end.transport.close()


def _name(end: _End) -> list[Any]:
    assert end.transport
    return list(end.transport.get_extra_info("sockname")[:2])


class PageCable:
    """Between a browser and the pages' port: `port` takes the page's connections."""

    def __init__(self, target: Address) -> None:
        self._target, self._whole = target, asyncio.Event()
        self._whole.set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def lay(self) -> None:
        self._server = await asyncio.start_server(self._on_connection, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        self._whole.clear()

    def mend(self) -> None:
        self._whole.set()

    def lose(self) -> None:
        """What is connected now hears nothing any more; who connects anew is served."""
        self._whole.clear()
        self._whole = asyncio.Event()
        self._whole.set()

    async def _on_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._whole.wait()
        whole = self._whole
        with suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection(*self._target)
            for one, two in ((reader, far_writer), (far_reader, writer)):
                task = asyncio.create_task(self._carry(one, two, whole), name="cable")
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, whole: asyncio.Event) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await whole.wait()
                writer.write(data)
                await writer.drain()
            await whole.wait()
        writer.close()

    async def close(self) -> None:
        assert self._server
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class Cables:
    pages: PageCable
    sound: SoundCable

    def cut(self) -> None:
        self.pages.cut()
        self.sound.whole = False

    def mend(self) -> None:
        self.pages.mend()
        self.sound.whole = True


@asynccontextmanager
async def cables(port: int) -> AsyncIterator[Cables]:
    """For the pages at `port` of the loopback, and the sound beside them."""
    laid = Cables(PageCable(("127.0.0.1", port)), SoundCable())
    await laid.pages.lay()
    await laid.sound.lay(reachable_address("0.0.0.0"))  # noqa: S104 - of whichever network
    try:
        yield laid
    finally:
        laid.sound.close()
        await laid.pages.close()
