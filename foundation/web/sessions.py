"""Sessions of signed-in people, kept here and not in the browser: it holds a random key, we hold the key's hash."""

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.database import Database
from foundation.settings import WebPages
from foundation.web.clock import HOUR_MS, MINUTE_MS, Clock
from foundation.web.roles import User, read_roles
from foundation.web.tables import web_session, web_user

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in, for people to recognise."""

    id: str
    """The key's hash."""
    user_id: str
    created_ms: int
    seen_ms: int
    until_ms: int
    address: str
    browser: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whence a request comes."""

    address: str
    browser: str


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


class Sessions:
    def __init__(self, database: Database, settings: WebPages, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._idle_ms = settings.idle_minutes * MINUTE_MS
        self._longest_ms = settings.session_hours * HOUR_MS

    async def begin(self, connection: AsyncConnection, user_id: str, visitor: Visitor) -> str:
        """Returns the key for the cookie; it exists nowhere else."""
        key, now = secrets.token_urlsafe(KEY_BYTES), self._clock()
        await connection.execute(insert(web_session).values(
            id=digest(key), user_id=user_id, created_ms=now, seen_ms=now, until_ms=now + self._longest_ms,
            address=visitor.address[:45], browser=visitor.browser[:200],
        ))
        return key

    async def find(self, key: str) -> User | None:
        """Whose session it is, as that user is now; None when it has ended or its user is locked."""
        now = self._clock()
        query = select(web_user, web_session.c.seen_ms).join_from(web_session, web_user).where(
            web_session.c.id == digest(key), web_session.c.until_ms > now,
            web_session.c.seen_ms > now - self._idle_ms, web_user.c.locked.is_(False),
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        if row.seen_ms < now - MINUTE_MS:
            await self._touch(key, now)
        return User(row.id, row.name, read_roles(row.roles), row.agent, row.language, row.must_change)

    async def end(self, key: str) -> None:
        """Sign out."""
        async with self._database.write() as connection:
            await connection.execute(delete(web_session).where(web_session.c.id == digest(key)))

    async def end_one(self, user_id: str, session_id: str) -> None:
        """End one of a user's sessions by its id in `list`."""
        async with self._database.write() as connection:
            mine = web_session.c.id == session_id, web_session.c.user_id == user_id
            await connection.execute(delete(web_session).where(*mine))

    async def list(self, user_id: str | None = None) -> list[Session]:
        """Those that live, the latest used first; of one user or of all."""
        now = self._clock()
        query = select(web_session).where(
            web_session.c.until_ms > now, web_session.c.seen_ms > now - self._idle_ms,
        ).order_by(web_session.c.seen_ms.desc(), web_session.c.id)
        if user_id is not None:
            query = query.where(web_session.c.user_id == user_id)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [Session(*row) for row in rows]

    async def sweep(self, connection: AsyncConnection) -> None:
        """Remove what has ended."""
        now = self._clock()
        over = or_(web_session.c.until_ms <= now, web_session.c.seen_ms <= now - self._idle_ms)
        await connection.execute(delete(web_session).where(over))

    async def _touch(self, key: str, now: int) -> None:
        async with self._database.write() as connection:
            await connection.execute(update(web_session).where(web_session.c.id == digest(key)).values(seen_ms=now))


async def end_sessions(connection: AsyncConnection, user_id: str, but: str | None = None) -> int:
    """End all of a user's sessions, but the one whose key is `but`; tells how many."""
    query = delete(web_session).where(web_session.c.user_id == user_id)
    if but:
        query = query.where(web_session.c.id != digest(but))
    return (await connection.execute(query)).rowcount
