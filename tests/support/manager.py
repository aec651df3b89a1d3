"""A TCP server that plays Asterisk's manager, byte for byte, for tests of the link."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

Fields = dict[str, str]
Answer = Callable[[Fields], bytes | None]

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"


class PlayedManager:
    """Answers as `answers` says (action name in lower case); remembers every action it got."""

    def __init__(self) -> None:
        self.actions: list[Fields] = []
        self.connections: list[asyncio.StreamWriter] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.answers: dict[str, Answer] = {}
        self.secret = "secret"
        self.banner = [BANNER]
        """Written piece by piece."""
        self.booted = BOOTED
        self.deaf = False
        self.port = 0
        self._changed = asyncio.Condition()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(writer)
        if task := asyncio.current_task():
            self.tasks.append(task)
        for piece in self.banner:
            writer.write(piece)
            if piece is not self.banner[-1]:
                await asyncio.sleep(0.02)
        try:
            while True:
                block = (await reader.readuntil(b"\r\n\r\n")).decode()
                fields = dict(line.split(": ", 1) for line in block.strip().split("\r\n"))
                self.actions.append(fields)
                if not self.deaf:
                    self._answer(fields, writer)
                async with self._changed:
                    self._changed.notify_all()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, fields: Fields, writer: asyncio.StreamWriter) -> None:
        name = fields["Action"].lower()
        if name in self.answers:
            answer = self.answers[name](fields)
            if answer is not None:
                writer.write(answer)
        elif name == "login" and fields["Secret"] != self.secret:
            writer.write(respond(fields, "Error", "Authentication failed"))
            writer.close()
        else:
            writer.write(respond(fields, "Success", "Done") + (self.booted if name == "login" else b""))

    async def received(self, name: str, count: int = 1) -> list[Fields]:
        """Wait until `count` actions of this name have come."""
        def found() -> list[Fields]:
            return [fields for fields in self.actions if fields["Action"].lower() == name.lower()]

        async with asyncio.timeout(60), self._changed:
            await self._changed.wait_for(lambda: len(found()) >= count)
            return found()

    def say(self, data: bytes) -> None:
        self.connections[-1].write(data)

    def cut(self) -> None:
        """End the newest connection without a word."""
        self.connections[-1].transport.abort()


def respond(fields: Fields, status: str, message: str, *more: str) -> bytes:
    lines = [f"Response: {status}", f"ActionID: {fields['ActionID']}", f"Message: {message}", *more]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def event(name: str, **fields: str) -> bytes:
    lines = [f"Event: {name}", *(f"{key}: {value}" for key, value in fields.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@asynccontextmanager
async def played_manager(port: int = 0) -> AsyncIterator[PlayedManager]:
    manager = PlayedManager()
    server = await asyncio.start_server(manager.serve, "127.0.0.1", port)
    manager.port = server.sockets[0].getsockname()[1]
    try:
        yield manager
    finally:
        server.close()
        for writer in manager.connections:
            writer.transport.abort()
        await asyncio.gather(*manager.tasks, return_exceptions=True)
