"""An embedded back office for tests: PINs cost little, and several processes may serve one database."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import httpx
from sqlalchemy import update

from back_office.office import Office
from back_office.people import Person
from back_office.pins import hash_pin
from back_office.store import Moment, prepare
from back_office.tables import quota
from back_office.web import build_app
from foundation.database import Database
from foundation.paths import CHECKOUT

TOKEN = "the-sites-own-token"
TODAY = date(2026, 11, 22)
NOW_MS = 1_795_315_221_000
START = """
import asyncio, socket, sys, uvicorn
from datetime import date
from back_office.office import Office
from back_office.store import Moment
from back_office.web import build_app
from foundation.database import Database
url, token, day, now_ms, descriptor = sys.argv[1:]
office = Office(Database(url), token, lambda: Moment(date.fromisoformat(day), int(now_ms)))
options = {"access_log": False, "log_config": None, "lifespan": "off", "ws": "none", "timeout_keep_alive": 60}
config = uvicorn.Config(build_app(office), **options)
asyncio.run(uvicorn.Server(config).serve([socket.socket(fileno=int(descriptor))]))
"""


def office_url(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder / 'office.sqlite'}"


async def make_office(folder: Path, people: Sequence[Person], places: int) -> Database:
    """A database with these people, and the loan campaign with so many places in each province."""
    database = Database(office_url(folder))
    await prepare(database, Moment(TODAY, NOW_MS), people, lambda pin: hash_pin(pin, b"salt", 2))
    async with database.write() as connection:
        await connection.execute(update(quota).values(places=places))
    return database


def office_client(database: Database, token: str = TOKEN) -> httpx.AsyncClient:
    """A client of an office in this process."""
    app = build_app(Office(database, TOKEN, lambda: Moment(TODAY, NOW_MS)))
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://office", headers={"Authorization": f"Bearer {token}"},
    )


@asynccontextmanager
async def office_process(folder: Path) -> AsyncIterator[str]:
    """A process of its own that serves the database; its address."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", START, office_url(folder), TOKEN, TODAY.isoformat(), str(NOW_MS),
            str(listener.fileno()), pass_fds=[listener.fileno()], cwd=CHECKOUT,
        )
        port = listener.getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()
