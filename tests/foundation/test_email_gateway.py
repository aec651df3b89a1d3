"""E-mails wait in their outbox until the gateway has them, each under an id of its own."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from foundation.database import MAIN, Database
from foundation.gateway import Email, EmailOutbox, enter_email
from foundation.gateway_tables import email_outbox
from foundation.settings import WebService

FIRST = Email("fu-1", "desk@example.test", "A follow-up falls due", "Follow-up 464 531 279 is due")
SECOND = Email("fu-2", "chief@example.test", "A follow-up is overdue", "Follow-up 464 531 279 was due")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = Database(f"sqlite+aiosqlite:///{tmp_path / 'main.sqlite'}")
    async with made.write() as connection:
        await connection.run_sync(MAIN.create_all, tables=[email_outbox])
    yield made
    await made.close()


async def test_an_email_is_sent_once_and_again_while_the_gateway_is_away(database: Database) -> None:
    sent: list[dict[str, str]] = []
    statuses = iter([503, 200, 422])

    def gateway(request: httpx.Request) -> httpx.Response:
        sent.append(json.loads(request.content))
        assert request.headers["Idempotency-Key"] == sent[-1]["id"]
        return httpx.Response(next(statuses))

    now = [10**12]
    outbox = EmailOutbox(database, WebService(url="http://gateway/send", token="t"), lambda: now[0])
    async with database.write() as connection:
        for email in (FIRST, FIRST, SECOND):
            await enter_email(connection, email, now[0])
            now[0] += 1
    async with httpx.AsyncClient(transport=httpx.MockTransport(gateway)) as client:
        for _ in range(4):
            await outbox.look(client, "http://gateway/send")
            now[0] += 3_000
    assert [one["id"] for one in sent] == ["fu-1", "fu-2", "fu-1"]
    assert sent[0] == {"id": "fu-1", "to": FIRST.address, "subject": FIRST.subject, "text": FIRST.text}
    async with database.read() as connection:
        states = (await connection.execute(select(email_outbox.c.id, email_outbox.c.state))).all()
    assert {(row.id, row.state) for row in states} == {("fu-1", "refused"), ("fu-2", "sent")}
