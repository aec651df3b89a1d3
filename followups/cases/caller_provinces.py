"""Where callers live, as far as their follow-ups tell: an area code speaks for fixed lines alone."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from followups.cases.case import Channel
from followups.cases.tables import ADDRESS, CONTACT

AT_ONCE = 500


async def provinces_of_callers(main: AsyncConnection, numbers: Collection[str]) -> Mapping[str, str]:
    """The province of the person who is met at each of these numbers (in their dialling form); none: not known."""
    wanted, found = sorted(numbers), dict[str, str]()
    for start in range(0, len(wanted), AT_ONCE):
        query = (
            select(ADDRESS.c.address, CONTACT.c.province).join(CONTACT, CONTACT.c.id == ADDRESS.c.contact_id)
            .where(ADDRESS.c.channel == Channel.CALL.value, ADDRESS.c.address.in_(wanted[start:start + AT_ONCE]),
                   CONTACT.c.province.is_not(None))
            .order_by(CONTACT.c.changed_ms, CONTACT.c.id)
        )
        found |= {row.address: row.province for row in await main.execute(query)}
    return found


async def known_provinces(main: AsyncConnection) -> Mapping[str, str]:
    """As `provinces_of_callers`, of every number that has one."""
    query = (
        select(ADDRESS.c.address, CONTACT.c.province).join(CONTACT, CONTACT.c.id == ADDRESS.c.contact_id)
        .where(ADDRESS.c.channel == Channel.CALL.value, CONTACT.c.province.is_not(None))
        .order_by(CONTACT.c.changed_ms, CONTACT.c.id)
    )
    return {number: province for number, province in await main.execute(query)}  # noqa: C416 - twice as fast
