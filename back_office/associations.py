"""What the site decides about campaigns: opening and closing, quotas, and associations with their tokens."""

import secrets
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from back_office.campaigns import RefusalError, Standing, find_phase, promote, stand
from back_office.store import token_hash
from back_office.tables import association, campaign, phase, quota, registration


class UnknownError(Exception):
    """There is no such campaign, phase or province; the text says which."""


@dataclass(frozen=True)
class Place:
    """A province in a phase of a campaign."""

    campaign: str
    is_open: bool
    phase: int
    opens_ms: int
    closes_ms: int
    province: str
    standing: Standing


@dataclass(frozen=True)
class Association:
    id: str
    province: str
    registered: int


async def list_places(connection: AsyncConnection) -> list[Place]:
    """Every province of every phase of every campaign."""
    query = (
        select(campaign.c.id, campaign.c.open, phase, quota.c.province)
        .join(phase, phase.c.campaign == campaign.c.id)
        .join(quota, (quota.c.campaign == phase.c.campaign) & (quota.c.phase == phase.c.number))
        .order_by(campaign.c.id, phase.c.number, quota.c.province)
    )
    return [
        Place(
            row.id, row.open, row.number, row.opens_ms, row.closes_ms, row.province,
            await stand(connection, row.id, row.number, row.province),
        )
        for row in (await connection.execute(query)).all()
    ]


async def set_open(connection: AsyncConnection, campaign_id: str, *, is_open: bool) -> None:
    """Open or close a campaign, whatever its phases say.

    Raises:
        UnknownError: there is none of this name.
    """
    done = await connection.execute(update(campaign).where(campaign.c.id == campaign_id).values(open=is_open))
    if not done.rowcount:
        raise UnknownError(f"there is no campaign {campaign_id!r}")


async def set_quota(
    connection: AsyncConnection, campaign_id: str, number: int, province: str, places: int, *, now_ms: int,
) -> int:
    """Set a province's places in a phase; tells how many who waited have got one, which only the present phase gives.

    Raises:
        UnknownError: the campaign has no such phase.
    """
    there = (phase.c.campaign == campaign_id) & (phase.c.number == number)
    if (await connection.execute(select(phase.c.number).where(there))).first() is None:
        raise UnknownError(f"campaign {campaign_id!r} has no phase {number}")
    row = {"campaign": campaign_id, "phase": number, "province": province, "places": places}
    await connection.execute(
        upsert(quota).values(row).on_conflict_do_update(["campaign", "phase", "province"], set_={"places": places}),
    )
    try:
        now = await find_phase(connection, campaign_id, now_ms)
    except RefusalError:
        return 0
    return await promote(connection, campaign_id, number, province) if now.number == number else 0


async def add_association(connection: AsyncConnection, name: str, province: str) -> str:
    """Enter an association; the token is told now and never again. A second time makes a new token.

    Raises:
        UnknownError: no campaign has a quota for this province.
    """
    known = set((await connection.execute(select(quota.c.province).distinct())).scalars())
    if province not in known:
        raise UnknownError(f"no campaign has a quota for {province!r}; there are {', '.join(sorted(known))}")
    token = secrets.token_urlsafe(24)
    row = {"id": name, "province": province, "token_hash": token_hash(token)}
    await connection.execute(upsert(association).values(row).on_conflict_do_update(["id"], set_=row))
    return token


async def list_associations(connection: AsyncConnection) -> list[Association]:
    made = select(registration.c.registered_by, func.count().label("made")).group_by(registration.c.registered_by)
    counts = {row.registered_by: row.made for row in (await connection.execute(made)).all()}
    rows = (await connection.execute(select(association).order_by(association.c.id))).all()
    return [Association(row.id, row.province, counts.get(row.id, 0)) for row in rows]


__all__ = [
    "Association", "Place", "UnknownError", "add_association", "list_associations", "list_places", "set_open",
    "set_quota",
]
