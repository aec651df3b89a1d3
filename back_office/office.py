"""What the web interface asks of: the records, the campaigns, and who may ask."""

import asyncio
import hmac
import random
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from back_office.answers import NotFoundError
from back_office.campaigns import (
    Applicant,
    RefusalError,
    Registration,
    Standing,
    find_phase,
    find_registration,
    promote,
    random_number,
    register,
    registrations_by,
    stand,
)
from back_office.store import Moment, find_person, open_session, proves, token_hash
from back_office.tables import association, campaign, person, prescription, request, workshop
from foundation.database import Database

FRIDAY = 4
FARTHEST_DAYS = 60
CERTIFICATE_DAYS = 2


class Office:
    """One back office; several processes may work on one database."""

    def __init__(self, database: Database, token: str, clock: Callable[[], Moment]) -> None:
        self._database = database
        self._token = token
        self._clock = clock
        self._chance = random.SystemRandom()
        self._writing = asyncio.Lock()

    def admits(self, token: str) -> bool:
        """Whether this is the site's token."""
        return hmac.compare_digest(token.encode(), self._token.encode())

    async def association(self, token: str) -> Row[Any] | None:
        """The association that this token belongs to."""
        async with self._database.read() as connection:
            query = select(association).where(association.c.token_hash == token_hash(token))
            return (await connection.execute(query)).first()

    async def prove(self, national_id: str, pin: str) -> str | None:
        """A key that stands for this person for a while; None when the PIN is not his."""
        async with self._database.read() as connection:
            if not await proves(connection, national_id, pin):
                return None
        token = secrets.token_urlsafe(16)
        async with self._write() as connection:
            await open_session(connection, national_id, token, self._clock().ms)
        return token

    async def person(self, token: str) -> Row[Any]:
        """The record that a key stands for.

        Raises:
            NotFoundError: it stands for nobody (any more).
        """
        async with self._database.read() as connection:
            found = await find_person(connection, token, self._clock().ms)
        if found is None:
            raise NotFoundError("no_person")
        return found

    async def number_status(self, insurance_number: str) -> str:
        async with self._database.read() as connection:
            query = select(person.c.active).where(person.c.insurance_number == insurance_number)
            active = (await connection.execute(query)).scalar()
        return "unknown" if active is None else "active" if active else "inactive"

    async def workshop(self, token: str, code: str) -> Row[Any]:
        owner = await self.person(token)
        mine = (workshop.c.code == code) & (workshop.c.owner == owner.national_id)
        return await self._one(select(workshop).where(mine), "no_workshop")

    async def prescription(self, token: str, code: str) -> Row[Any]:
        patient = await self.person(token)
        mine = (prescription.c.code == code) & (prescription.c.patient == patient.national_id)
        return await self._one(select(prescription).where(mine), "no_prescription")

    async def branch(self, query: Any) -> Row[Any]:
        return await self._one(query, "no_branch")

    async def request(self, token: str, kind: str, key: str, day: date | None = None) -> Row[Any]:
        """Note what a person asks for; a repeated request gets its first answer."""
        owner = await self.person(token)
        mine = (request.c.key == key) & (request.c.national_id == owner.national_id)
        ready = day or self._clock().today + timedelta(CERTIFICATE_DAYS)
        async with self._write() as connection:
            if (there := (await connection.execute(select(request).where(mine))).first()) is not None:
                return there
            await connection.execute(insert(request).values(
                tracking=random_number(self._chance.randrange), key=key, national_id=owner.national_id, kind=kind,
                ready_on=ready.isoformat(),
            ))
            return (await connection.execute(select(request).where(mine))).one()

    async def book(self, token: str, day: date, key: str) -> Row[Any]:
        """Note a visit.

        Raises:
            RefusalError: day_past, day_too_far, branch_closed.
        """
        today = self._clock().today
        if day <= today:
            raise RefusalError("day_past")
        if day > today + timedelta(FARTHEST_DAYS):
            raise RefusalError("day_too_far")
        if day.weekday() == FRIDAY:
            raise RefusalError("branch_closed")
        return await self.request(token, "appointment", key, day)

    async def register(self, campaign_id: str, token: str, key: str) -> Registration:
        """Register the person that a key stands for."""
        async with self._database.read() as connection:
            await _check_campaign(connection, campaign_id)
        one = await self.person(token)
        applicant = Applicant(one.national_id, one.province, one.pension_rials > 0, key)
        async with self._write() as connection:
            return await register(connection, campaign_id, applicant, self._clock().ms, self._chance)

    async def register_member(self, campaign_id: str, by: Row[Any], national_id: str, key: str) -> Registration:
        """An association registers a pensioner of its province.

        Raises:
            RefusalError: not_yours, or what `register` raises.
        """
        async with self._write() as connection:
            await _check_campaign(connection, campaign_id)
            query = select(person).where((person.c.national_id == national_id) & (person.c.province == by.province))
            one = (await connection.execute(query)).first()
            if one is None:
                raise RefusalError("not_yours")
            applicant = Applicant(national_id, one.province, one.pension_rials > 0, key, by.id)
            return await register(connection, campaign_id, applicant, self._clock().ms, self._chance)

    async def registration(self, campaign_id: str, token: str) -> Registration:
        one = await self.person(token)
        async with self._write() as connection:
            await _check_campaign(connection, campaign_id)
            await self._promote(connection, campaign_id, one.province)
            return await find_registration(connection, campaign_id, one.national_id)

    async def members(self, campaign_id: str, by: Row[Any]) -> tuple[Standing, list[Registration]]:
        """How an association's province stands now, and what the association has registered."""
        async with self._write() as connection:
            await _check_campaign(connection, campaign_id)
            number = await self._promote(connection, campaign_id, by.province)
            standing = await stand(connection, campaign_id, number, by.province)
            return standing, await registrations_by(connection, campaign_id, by.id)

    async def _promote(self, connection: AsyncConnection, campaign_id: str, province: str) -> int:
        """Let those who wait have what is free; the present phase's number, 0 while there is none."""
        try:
            now = await find_phase(connection, campaign_id, self._clock().ms)
        except RefusalError:
            return 0
        await promote(connection, campaign_id, now.number, province)
        return now.number

    async def _one(self, query: Any, missing: str) -> Row[Any]:
        async with self._database.read() as connection:
            found: Row[Any] | None = (await connection.execute(query)).first()
        if found is None:
            raise NotFoundError(missing)
        return found

    @asynccontextmanager
    async def _write(self) -> AsyncIterator[AsyncConnection]:
        # Those of one process queue here, in their order; SQLite's lock is for the other processes.
        async with self._writing, self._database.write() as connection:
            yield connection


async def _check_campaign(connection: AsyncConnection, campaign_id: str) -> None:
    query = select(campaign.c.id).where(campaign.c.id == campaign_id)
    if (await connection.execute(query)).first() is None:
        raise NotFoundError("no_campaign")
