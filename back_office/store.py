"""The records of the embedded back office: made at the first start, then asked."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from back_office.people import Person, sample_people
from back_office.pins import hash_pin, is_pin
from back_office.tables import (
    OFFICE,
    branch,
    campaign,
    person,
    phase,
    prescription,
    quota,
    session,
    workshop,
)
from foundation.database import Database
from foundation.paths import Home

PEOPLE = 60
SESSION_SECONDS = 900
LOAN = "loan"
DAY_MS = 86_400_000
BRANCHES = (("1", "07:30", "14:00"), ("2", "07:30", "13:30"), ("3", "08:00", "14:30"), ("4", "07:00", "13:00"))
SAMPLE_PLACES = 10
WAITING_PLACES = 100
NOBODY = hash_pin("", b"nobody")


@dataclass(frozen=True)
class Moment:
    """What the time is, given by whoever has a clock."""

    today: date
    ms: int
    """Epoch milliseconds."""


def open_office(home: Home) -> Database:
    """Its database, a file beside Pasokh's own."""
    return Database(f"sqlite+aiosqlite:///{home.database / 'back-office.sqlite'}")


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def prepare(
    database: Database, now: Moment, people: Iterable[Person] | None = None, hashed: Callable[[str], str] = hash_pin,
) -> None:
    """Make the tables and the samples where there are none."""
    async with database.write() as connection:
        await connection.run_sync(OFFICE.create_all)
        if (await connection.execute(select(person.c.national_id).limit(1))).first():
            return
        await _add_people(connection, people or sample_people(PEOPLE, now.today), hashed)
        telephones = [f"0210000000{code}" for code, _, _ in BRANCHES]
        await connection.execute(insert(branch), [
            {"code": code, "opens": opens, "closes": closes, "telephone": telephone}
            for (code, opens, closes), telephone in zip(BRANCHES, telephones, strict=True)
        ])
        await _add_sample_campaign(connection, now)


async def _add_people(
    connection: AsyncConnection, people: Iterable[Person], hashed: Callable[[str], str],
) -> None:
    for one in people:
        await connection.execute(insert(person).values(_columns(one, hashed)))
        mine = one.prescription
        await connection.execute(insert(prescription).values(
            patient=one.national_id, code=mine.code, status=mine.status, issued_on=mine.issued_on.isoformat(),
            items=mine.items, patient_share_rials=mine.patient_share_rials,
        ))
        if one.workshop:
            await connection.execute(insert(workshop).values(
                code=one.workshop.code, owner=one.national_id, debt_rials=one.workshop.debt_rials,
                due_on=one.workshop.due_on.isoformat(),
            ))


def _columns(one: Person, hashed: Callable[[str], str]) -> dict[str, Any]:
    return {
        "national_id": one.national_id, "pin_hash": hashed(one.pin), "insurance_number": one.insurance_number,
        "province": one.province, "active": one.active, "days": one.days, "wage_rials": one.wage_rials,
        "contribution_rials": one.contribution_rials, "contribution_on": one.contribution_on.isoformat(),
        "pension_rials": one.pension_rials, "pension_on": one.pension_on.isoformat(), "pension_paid": one.pension_paid,
        "medicine_rials": one.medicine_rials, "dependants": one.dependants,
        "covered_until": one.covered_until.isoformat(), "benefit_kind": one.benefit.kind,
        "benefit_status": one.benefit.status, "benefit_rials": one.benefit.rials,
    }


async def _add_sample_campaign(connection: AsyncConnection, now: Moment) -> None:
    await connection.execute(insert(campaign).values(id=LOAN, open=True, waiting_places=WAITING_PLACES))
    phases = [(1, now.ms, now.ms + 30 * DAY_MS), (2, now.ms + 60 * DAY_MS, now.ms + 90 * DAY_MS)]
    for number, opens, closes in phases:
        await connection.execute(
            insert(phase).values(campaign=LOAN, number=number, opens_ms=opens, closes_ms=closes),
        )
        for province in ("alborz", "fars", "isfahan", "tehran"):
            await connection.execute(
                insert(quota).values(campaign=LOAN, phase=number, province=province, places=SAMPLE_PLACES),
            )


async def proves(connection: AsyncConnection, national_id: str, pin: str) -> bool:
    """Whether the PIN is his; an unknown national ID takes as long as a wrong PIN."""
    query = select(person.c.pin_hash).where(person.c.national_id == national_id)
    stored = (await connection.execute(query)).scalar()
    right = await asyncio.to_thread(is_pin, pin, stored or NOBODY)
    return right and stored is not None


async def open_session(connection: AsyncConnection, national_id: str, token: str, now_ms: int) -> None:
    """From now on `token` stands for this person, for `SESSION_SECONDS`."""
    await connection.execute(delete(session).where(session.c.ends_ms < now_ms))
    ends = now_ms + 1000 * SESSION_SECONDS
    await connection.execute(
        insert(session).values(token_hash=token_hash(token), national_id=national_id, ends_ms=ends),
    )


async def find_person(connection: AsyncConnection, token: str, now_ms: int) -> Row[Any] | None:
    """Whom a session's token stands for."""
    mine = (session.c.token_hash == token_hash(token)) & (session.c.ends_ms >= now_ms)
    query = select(person).join(session, session.c.national_id == person.c.national_id).where(mine)
    return (await connection.execute(query)).first()
