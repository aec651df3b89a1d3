"""A campaign: opens in phases, has a quota for each province, and serves who comes first.

Every change happens in one transaction that holds the write lock from its first statement, so that what is counted is
still true when a place is given away.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from back_office.tables import campaign, phase, quota, registration
from foundation.identity_numbers import with_check_digit

RECEIPT_DIGITS = 9
"""Without the check digit."""
BY_PERSON = "person"


class Status(StrEnum):
    REGISTERED = "registered"
    WAITING = "waiting"
    NONE = "none"


class RefusalError(Exception):
    """Nobody can be registered so; `word` is the contract's."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


@dataclass(frozen=True)
class Phase:
    number: int
    opens_ms: int
    closes_ms: int


@dataclass(frozen=True)
class Applicant:
    """Who wants to be registered, and for whom he asks."""

    national_id: str
    province: str
    eligible: bool
    key: str
    """Idempotency-Key of the request."""
    by: str = BY_PERSON


@dataclass(frozen=True)
class Registration:
    status: Status
    receipt: str = ""
    place: int = 0
    """On the province's waiting list, from 1; 0 for others."""


@dataclass(frozen=True)
class Standing:
    """A province in the present phase."""

    places: int
    taken: int
    waiting: int


def present_phase(phases: Sequence[Phase], is_open: bool, now_ms: int) -> Phase:  # noqa: FBT001
    """The phase that registrations belong to now.

    Raises:
        RefusalError: `not_open` before the first phase or between two, `closed` after the last one or by hand.
    """
    if not is_open:
        raise RefusalError("closed")
    for one in phases:
        if one.opens_ms <= now_ms < one.closes_ms:
            return one
    raise RefusalError("not_open" if any(one.opens_ms > now_ms for one in phases) else "closed")


async def find_phase(connection: AsyncConnection, campaign_id: str, now_ms: int) -> Phase:
    """The present phase of a campaign.

    Raises:
        RefusalError: `no_campaign`, `not_open` or `closed`.
    """
    is_open = (await connection.execute(select(campaign.c.open).where(campaign.c.id == campaign_id))).scalar()
    if is_open is None:
        raise RefusalError("no_campaign")
    query = select(phase).where(phase.c.campaign == campaign_id).order_by(phase.c.opens_ms)
    rows = (await connection.execute(query)).all()
    return present_phase([Phase(row.number, row.opens_ms, row.closes_ms) for row in rows], is_open, now_ms)


async def register(
    connection: AsyncConnection, campaign_id: str, applicant: Applicant, now_ms: int, chance: random.Random,
) -> Registration:
    """Give a place of the province's quota, or of its waiting list. A repeated request gets its first answer.

    Raises:
        RefusalError: `no_campaign`, `not_open`, `closed`, `already`, `full` or `not_eligible`.
    """
    there = await _row_of(connection, campaign_id, applicant.national_id)
    if there is not None and there.key == applicant.key:
        return await _told(connection, there)
    now = await find_phase(connection, campaign_id, now_ms)
    if not applicant.eligible:
        raise RefusalError("not_eligible")
    if there is not None:
        raise RefusalError("already")
    await promote(connection, campaign_id, now.number, applicant.province)
    status = await _free_place(connection, campaign_id, now.number, applicant.province)
    await connection.execute(insert(registration).values(
        campaign=campaign_id, national_id=applicant.national_id, province=applicant.province, status=status.value,
        phase=now.number if status is Status.REGISTERED else None, registered_by=applicant.by, key=applicant.key,
        receipt=await _new_receipt(connection, chance), created_ms=now_ms,
    ))
    return await find_registration(connection, campaign_id, applicant.national_id)


async def find_registration(connection: AsyncConnection, campaign_id: str, national_id: str) -> Registration:
    """What became of a person's registration; status NONE without one."""
    row = await _row_of(connection, campaign_id, national_id)
    return await _told(connection, row) if row is not None else Registration(Status.NONE)


async def promote(connection: AsyncConnection, campaign_id: str, phase_number: int, province: str) -> int:
    """Give free places to those who wait longest; tells to how many."""
    standing = await stand(connection, campaign_id, phase_number, province)
    free = standing.places - standing.taken
    if free <= 0 or not standing.waiting:
        return 0
    first = (
        select(registration.c.id).where(_waiting(campaign_id, province)).order_by(registration.c.id).limit(free)
    )
    done = await connection.execute(
        update(registration).where(registration.c.id.in_(first.scalar_subquery()))
        .values(status=Status.REGISTERED.value, phase=phase_number),
    )
    return done.rowcount


async def stand(connection: AsyncConnection, campaign_id: str, phase_number: int, province: str) -> Standing:
    """How a province stands in a phase."""
    mine = (quota.c.campaign == campaign_id) & (quota.c.phase == phase_number) & (quota.c.province == province)
    places = (await connection.execute(select(quota.c.places).where(mine))).scalar() or 0
    taken = (
        (registration.c.campaign == campaign_id) & (registration.c.phase == phase_number)
        & (registration.c.province == province)
    )
    return Standing(places, await _count(connection, taken), await _count(connection, _waiting(campaign_id, province)))


async def registrations_by(connection: AsyncConnection, campaign_id: str, by: str) -> list[Registration]:
    """What an association has registered, oldest first."""
    mine = (registration.c.campaign == campaign_id) & (registration.c.registered_by == by)
    rows = (await connection.execute(select(registration).where(mine).order_by(registration.c.id))).all()
    return [await _told(connection, row) for row in rows]


async def _free_place(connection: AsyncConnection, campaign_id: str, phase_number: int, province: str) -> Status:
    standing = await stand(connection, campaign_id, phase_number, province)
    if standing.taken < standing.places:
        return Status.REGISTERED
    query = select(campaign.c.waiting_places).where(campaign.c.id == campaign_id)
    if standing.waiting >= (await connection.execute(query)).scalar_one():
        raise RefusalError("full")
    return Status.WAITING


async def _row_of(connection: AsyncConnection, campaign_id: str, national_id: str) -> Row[Any] | None:
    mine = (registration.c.campaign == campaign_id) & (registration.c.national_id == national_id)
    return (await connection.execute(select(registration).where(mine))).first()


async def _told(connection: AsyncConnection, row: Row[Any]) -> Registration:
    if row.status != Status.WAITING:
        return Registration(Status(row.status), row.receipt)
    before = _waiting(row.campaign, row.province) & (registration.c.id <= row.id)
    return Registration(Status.WAITING, row.receipt, await _count(connection, before))


async def _new_receipt(connection: AsyncConnection, chance: random.Random) -> str:
    while True:
        receipt = random_number(chance.randrange)
        if not await _count(connection, registration.c.receipt == receipt):
            return receipt


def random_number(below: Callable[[int], int]) -> str:
    """Digits that nobody can guess from those of another, with a check digit; never with a zero in front."""
    first = 10 ** (RECEIPT_DIGITS - 1)
    return with_check_digit(str(first + below(9 * first)))


def _waiting(campaign_id: str, province: str) -> Any:
    return (
        (registration.c.campaign == campaign_id) & (registration.c.province == province)
        & (registration.c.status == Status.WAITING.value)
    )


async def _count(connection: AsyncConnection, condition: Any) -> int:
    return (await connection.execute(select(func.count()).select_from(registration).where(condition))).scalar_one()
