"""Hundreds register at once over HTTP, by two processes on one database: nobody gets a place that is not there."""

import asyncio
import collections
import secrets
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import insert, select

from back_office.associations import set_quota
from back_office.campaigns import Phase as Part
from back_office.campaigns import RefusalError, present_phase
from back_office.people import PROVINCES, sample_people
from back_office.store import token_hash
from back_office.tables import registration, session
from foundation.database import Database
from tests.support.office_server import NOW_MS, TODAY, TOKEN, make_office, office_process

PEOPLE = [one for one in sample_people(320, TODAY) if one.is_pensioner]
PLACES = 20


async def signed_in(database: Database, count: int) -> list[str]:
    """A key for each of the first, as if they had proved who they are."""
    keys = [secrets.token_urlsafe(16) for _ in range(count)]
    async with database.write() as connection:
        await connection.execute(insert(session), [
            {"token_hash": token_hash(key), "national_id": one.national_id, "ends_ms": NOW_MS + 10**6}
            for key, one in zip(keys, PEOPLE[:count], strict=True)
        ])
    return keys


async def ask(client: httpx.AsyncClient, person: str, key: str) -> dict[str, Any]:
    response = await client.post(
        "/v1/campaigns/loan/registrations", json={"person": person}, headers={"Idempotency-Key": key},
    )
    content: dict[str, Any] = response.json()
    return content


async def test_hundreds_at_once_get_exactly_the_places_that_there_are(tmp_path: Path) -> None:
    database = await make_office(tmp_path, PEOPLE, PLACES)
    people = await signed_in(database, len(PEOPLE))
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(httpx.AsyncClient(
                base_url=await stack.enter_async_context(office_process(tmp_path)), timeout=60, trust_env=False,
                headers={"Authorization": f"Bearer {TOKEN}"}, limits=httpx.Limits(max_connections=60),
            ))
            for _ in range(2)
        ]
        # Each asks at both processes, under two keys; every third one repeats himself as after a lost answer.
        wishes = [
            ask(clients[(number + turn) % 2], person, f"{number:016}-{turn}")
            for number, person in enumerate(people) for turn in (0, 1, *((0,) if number % 3 == 0 else ()))
        ]
        told = await asyncio.gather(*wishes)
    receipts = collections.Counter(one["receipt"] for one in told if "receipt" in one)
    assert {one.get("error") for one in told} <= {None, "already"}
    async with database.read() as connection:
        rows = (await connection.execute(select(registration).order_by(registration.c.id))).all()
    await database.close()
    assert len(rows) == len(PEOPLE) == len({row.national_id for row in rows})
    assert {row.receipt for row in rows} == set(receipts)
    for province in PROVINCES:
        mine = [row.status for row in rows if row.province == province]
        # First come, first served: the places go to those whose turn was first.
        assert mine == ["registered"] * PLACES + ["waiting"] * (len(mine) - PLACES)


async def test_more_places_go_to_those_who_wait_longest(tmp_path: Path) -> None:
    database = await make_office(tmp_path, PEOPLE[:40], 1)
    people = await signed_in(database, 40)
    async with office_process(tmp_path) as address, httpx.AsyncClient(
        base_url=address, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False, timeout=30,
    ) as client:
        for number, person in enumerate(people):
            await ask(client, person, f"{number:016}")
    async with database.write() as connection:
        assert await set_quota(connection, "loan", 1, "fars", 4, now_ms=NOW_MS) == 3
        assert await set_quota(connection, "loan", 2, "fars", 9, now_ms=NOW_MS) == 0
    async with database.read() as connection:
        query = select(registration.c.status).where(registration.c.province == "fars").order_by(registration.c.id)
        statuses = list((await connection.execute(query)).scalars())
    await database.close()
    assert statuses[:5] == ["registered"] * 4 + ["waiting"]


def test_phases_say_when_nobody_can_be_registered() -> None:
    phases = [Part(1, 10, 20), Part(2, 30, 40)]

    def word(now_ms: int, *, is_open: bool = True) -> str | int:
        try:
            return present_phase(phases, is_open, now_ms).number
        except RefusalError as refusal:
            return refusal.word

    assert [word(now) for now in (0, 10, 19, 20, 30, 40)] == ["not_open", 1, 1, "not_open", 2, "closed"]
    assert word(10, is_open=False) == "closed"
