"""Keys for programs that use the interfaces: each belongs to a user, has some of that user's roles, and ends."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Row, delete, insert, select, update

from foundation.database import Database
from foundation.web.accounts import By
from foundation.web.audit_log import Act, record
from foundation.web.clock import MINUTE_MS, Clock
from foundation.web.refusals import NoSuchTokenError, NoSuchUserError, RolesNotHeldError
from foundation.web.roles import Role, User, read_roles, roles_text
from foundation.web.sessions import digest
from foundation.web.tables import web_token, web_user

PREFIX = "pasokh_"
"""So that a scanner for secrets finds those that were written down where they should not be."""
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Token:
    id: str
    user_id: str
    title: str
    roles: frozenset[Role]
    created_ms: int
    until_ms: int
    used_ms: int | None


class Tokens:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def add(self, user_id: str, title: str, roles: Iterable[Role], days: int, by: By) -> str:
        """Returns the token; it is shown this once.

        Raises:
            NoSuchUserError, RolesNotHeldError
        """
        wanted, now = frozenset(roles), self._clock()
        token_id = secrets.token_hex(4)
        token = f"{PREFIX}{token_id}_{secrets.token_urlsafe(32)}"
        async with self._database.write() as connection:
            held = (await connection.execute(select(web_user.c.roles).where(web_user.c.id == user_id))).scalar()
            if held is None:
                raise NoSuchUserError(user=user_id)
            if not wanted <= read_roles(held):
                raise RolesNotHeldError(roles=roles_text(wanted - read_roles(held)), user=user_id)
            await connection.execute(insert(web_token).values(
                id=token_id, digest=digest(token), user_id=user_id, title=title[:100], roles=roles_text(wanted),
                created_ms=now, until_ms=now + days * DAY_MS,
            ))
            detail = {"user": user_id, "roles": roles_text(wanted), "days": days, "title": title}
            await record(connection, Act(by.actor, "token.add", token_id, detail, by.address), now)
        return token

    async def find(self, token: str) -> User | None:
        """Who asks by it: the roles that both the token and its user have."""
        if not token.startswith(PREFIX):
            return None
        now = self._clock()
        query = select(web_user, web_token.c.id.label("token"), web_token.c.roles.label("limit"), web_token.c.used_ms)
        query = query.join_from(web_token, web_user).where(
            web_token.c.digest == digest(token), web_token.c.until_ms > now, web_user.c.locked.is_(False),
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        await self._note_use(row, now)
        roles = read_roles(row.roles) & read_roles(row.limit)
        return User(row.id, row.name, roles, row.agent, row.language, token=row.token)

    async def list(self) -> list[Token]:
        """Every token, also those that have ended."""
        async with self._database.read() as connection:
            rows = (await connection.execute(select(web_token).order_by(web_token.c.created_ms))).all()
        return [
            Token(row.id, row.user_id, row.title, read_roles(row.roles), row.created_ms, row.until_ms, row.used_ms)
            for row in rows
        ]

    async def revoke(self, token_id: str, by: By) -> None:
        """Raises: NoSuchTokenError."""
        async with self._database.write() as connection:
            gone = await connection.execute(delete(web_token).where(web_token.c.id == token_id))
            if not gone.rowcount:
                raise NoSuchTokenError(token=token_id)
            await record(connection, Act(by.actor, "token.revoke", token_id, None, by.address), self._clock())

    async def _note_use(self, row: Row[tuple[object, ...]], now: int) -> None:
        if (row.used_ms or 0) < now - MINUTE_MS:
            async with self._database.write() as connection:
                query = update(web_token).where(web_token.c.id == row.token)
                await connection.execute(query.values(used_ms=now))
