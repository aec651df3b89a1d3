"""Who works in which unit."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from followups.book.book import CaseBook
from followups.cases.refusals import AlreadyAMemberError, BadMemberNameError, NotAMemberError
from followups.cases.tables import MEMBER
from foundation.database import Database

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,79}")


async def members_of(connection: AsyncConnection, unit: str) -> frozenset[str]:
    query = select(MEMBER.c.member).where(MEMBER.c.unit == unit)
    return frozenset((await connection.execute(query)).scalars())


async def units_of(connection: AsyncConnection, names: Collection[str]) -> frozenset[str]:
    """The units that somebody with these names works in."""
    query = select(MEMBER.c.unit).where(MEMBER.c.member.in_(names))
    return frozenset((await connection.execute(query)).scalars())


@dataclass(frozen=True, slots=True)
class UnitDesk:
    """Where members come and go."""

    database: Database
    book: CaseBook
    now_ms: Callable[[], int]

    async def add(self, unit: str, member: str, who: str) -> None:
        """Raises: UnknownUnitError, BadMemberNameError, AlreadyAMemberError."""
        self.book.unit(unit)
        if not _NAME.fullmatch(member):
            raise BadMemberNameError(member=member[:80])
        async with self.database.write() as connection:
            put = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
            values = {"unit": unit, "member": member, "added_ms": self.now_ms(), "added_by": who}
            if not (await connection.execute(put(MEMBER).values(values).on_conflict_do_nothing())).rowcount:
                raise AlreadyAMemberError(member=member, unit=unit)

    async def remove(self, unit: str, member: str) -> None:
        """Raises: NotAMemberError. Cases that he has stay his until somebody gives them to another."""
        async with self.database.write() as connection:
            here = (MEMBER.c.unit == unit) & (MEMBER.c.member == member)
            if not (await connection.execute(delete(MEMBER).where(here))).rowcount:
                raise NotAMemberError(member=member[:80], unit=unit[:60])

    async def members(self) -> Mapping[str, tuple[str, ...]]:
        """Unit to its members, of every unit that has some."""
        found: dict[str, tuple[str, ...]] = {}
        async with self.database.read() as connection:
            for row in await connection.execute(select(MEMBER).order_by(MEMBER.c.unit, MEMBER.c.member)):
                found[row.unit] = (*found.get(row.unit, ()), row.member)
        return found
