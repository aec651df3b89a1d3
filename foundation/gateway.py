"""SMS and e-mail by HTTP gateways: kept in an outbox until the gateway has taken them, each under an id of its own.

The gateway is asked `POST url` with `Authorization: Bearer token`, `Idempotency-Key: id` and the body
`{"id": ..., "to": ..., "text": ...}`, of an e-mail with a `"subject"` too. A repeated id is the same message, so a
gateway that remembers ids sends it exactly once.
"""

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import structlog
from sqlalchemy import Table, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.database import Database
from foundation.gateway_tables import email_outbox, sms_outbox
from foundation.paths import Home
from foundation.settings import WebService

LOOK_SECONDS = 1.0
SEND_SECONDS = 10.0
STORE_SECONDS = 2.0
FIRST_WAIT_MS, LONGEST_WAIT_MS = 2_000, 600_000
AT_ONCE = 20

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Sms:
    id: str
    """Letters, digits, '-' and '_'; whoever writes the same message again gives the same id."""
    number: str
    text: str


@dataclass(frozen=True, slots=True)
class Email:
    id: str
    """As of an SMS."""
    address: str
    subject: str
    text: str


async def enter_sms(connection: AsyncConnection, sms: Sms, now_ms: int) -> None:
    """Have it sent once this transaction is in force; one whose id is there already is the same message."""
    await _enter(connection, sms_outbox, asdict(sms), now_ms)


async def enter_email(connection: AsyncConnection, email: Email, now_ms: int) -> None:
    """As `enter_sms`."""
    await _enter(connection, email_outbox, asdict(email), now_ms)


async def _enter(connection: AsyncConnection, table: Table, message: Mapping[str, Any], now_ms: int) -> None:
    insert = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    values = {**message, "state": "waiting", "tries": 0, "created_ms": now_ms, "next_ms": now_ms}
    await connection.execute(insert(table).values(values).on_conflict_do_nothing())


class _Sender:
    """Sends what waits in one table."""

    table: Table
    to: str
    """The column that says where it goes."""

    def __init__(self, database: Database, gateway: WebService, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._gateway = gateway
        self._now_ms = now_ms

    async def deliver(self) -> None:
        """Send what waits, for ever; a task of a service."""
        if self._gateway.url is None:
            return
        headers = {"Authorization": f"Bearer {self._gateway.token}"}
        async with httpx.AsyncClient(headers=headers, timeout=SEND_SECONDS, trust_env=False) as client:
            while True:
                try:
                    await self.look(client, self._gateway.url)
                except (SQLAlchemyError, OSError) as error:
                    log.warning("messages wait", table=self.table.name, error=type(error).__name__)
                await asyncio.sleep(LOOK_SECONDS)

    async def look(self, client: httpx.AsyncClient, url: str) -> None:
        """Try everything whose time has come once."""
        table = self.table
        due = (table.c.state == "waiting") & (table.c.next_ms <= self._now_ms())
        async with self._database.read() as connection:
            query = select(table).where(due).order_by(table.c.created_ms).limit(AT_ONCE)
            rows = (await connection.execute(query)).mappings().all()
        for row in rows:
            content = {"id": row["id"], "to": row[self.to], "text": row["text"]}
            if "subject" in row:
                content["subject"] = row["subject"]
            state = await _send(client, url, content)
            async with self._database.write() as connection:
                await self._note(connection, row["id"], row["tries"] + 1, state)

    async def _note(self, connection: AsyncConnection, message_id: str, tries: int, state: str) -> None:
        wait = min(FIRST_WAIT_MS * 2 ** min(tries, 16), LONGEST_WAIT_MS)
        await connection.execute(
            update(self.table).where(self.table.c.id == message_id)
            .values(state=state, tries=tries, next_ms=self._now_ms() + wait),
        )


class EmailOutbox(_Sender):
    """Sends the e-mails that `enter_email` took in."""

    table, to = email_outbox, "address"


class Outbox(_Sender):
    """Takes SMS in; `deliver` sends them. Without a gateway nothing is taken."""

    table, to = sms_outbox, "number"

    def __init__(self, home: Home, database: Database, gateway: WebService, now_ms: Callable[[], int]) -> None:
        super().__init__(database, gateway, now_ms)
        self._spool = home.spool / "sms"

    async def send_sms(self, number: str, text: str, message_id: str) -> bool:
        """Keep a message until the gateway has it; False without a gateway. A database that is away only delays it."""
        if self._gateway.url is None:
            return False
        sms = Sms(message_id, number, text)
        try:
            async with asyncio.timeout(STORE_SECONDS):
                await self._take_in(sms)
        except (SQLAlchemyError, TimeoutError, OSError) as error:
            log.warning("sms spooled", error=type(error).__name__)
            await asyncio.to_thread(_write, self._spool, sms)
        return True

    async def look(self, client: httpx.AsyncClient, url: str) -> None:
        """Take in what was spooled, and try everything whose time has come once."""
        for path in sorted(self._spool.glob("*.json")) if self._spool.exists() else []:
            await self._take_in(_read(path))
            path.unlink()
        await super().look(client, url)

    async def _take_in(self, sms: Sms) -> None:
        async with self._database.write() as connection:
            await enter_sms(connection, sms, self._now_ms())


async def _send(client: httpx.AsyncClient, url: str, content: Mapping[str, str]) -> str:
    """Its state from now on: what the gateway refuses for good is not tried again."""
    try:
        response = await client.post(url, json=content, headers={"Idempotency-Key": content["id"]})
    except httpx.HTTPError as error:
        log.warning("gateway away", error=type(error).__name__)
        return "waiting"
    if response.is_success:
        return "sent"
    passing = response.is_server_error or response.status_code in {401, 403, 408, 425, 429}
    log.warning("message refused", id=content["id"], status=response.status_code, again=passing)
    return "waiting" if passing else "refused"


def _write(folder: Path, sms: Sms) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    half = folder / f"{sms.id}.half"
    with half.open("w", encoding="utf-8") as file:
        json.dump(asdict(sms), file)
        file.flush()
        os.fsync(file.fileno())
    half.replace(folder / f"{sms.id}.json")


def _read(path: Path) -> Sms:
    return Sms(**json.loads(path.read_text(encoding="utf-8")))
