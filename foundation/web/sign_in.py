"""The door: a name and a password become a session, or one answer that tells a stranger nothing."""

from dataclasses import dataclass

import structlog
from sqlalchemy import Row, select, update

from foundation.database import Database
from foundation.web.audit_log import Act, record
from foundation.web.clock import MINUTE_MS, Clock
from foundation.web.lock_out import (
    ADDRESS,
    NAME,
    address_key,
    count_failure,
    forget_failures,
    forget_old_failures,
    locked_until,
    name_key,
)
from foundation.web.passwords import Passwords
from foundation.web.refusals import OpenIdRefusedError, TooManyTriesError, WrongSignInError
from foundation.web.sessions import Sessions, Visitor
from foundation.web.tables import web_user

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Door:
    database: Database
    passwords: Passwords
    sessions: Sessions
    clock: Clock

    async def sign_in(self, typed: str, password: str, visitor: Visitor) -> str:
        """Returns the key of a new session.

        Raises:
            TooManyTriesError: this name, known or not, or this address must wait.
            WrongSignInError: nobody comes in by these.
        """
        user_id = typed.strip().casefold()
        keys = name_key(user_id), address_key(visitor.address)
        await self._check_open(keys)
        async with self.database.read() as connection:
            row = (await connection.execute(select(web_user).where(web_user.c.id == user_id))).one_or_none()
        right = await self.passwords.verify(row.password if row else None, password)
        if row is None or not right or not self._is_admitted(row):
            await self._refuse(row.id if row else None, keys, visitor)
            raise WrongSignInError
        fresh = await self.passwords.hash(password) if self.passwords.is_outdated(row.password) else row.password
        return await self._let_in(row, fresh, keys, visitor)

    async def admit(self, user_id: str, visitor: Visitor) -> str:
        """A session for one whom the site's OpenID provider knows; a given password is worth nothing any more.

        Raises:
            OpenIdRefusedError: this is no user here, or one who is locked.
        """
        now = self.clock()
        async with self.database.write() as connection:
            row = (await connection.execute(select(web_user).where(web_user.c.id == user_id))).one_or_none()
            known = row is not None and not row.locked
            act = Act(user_id, "session.begin", user_id, {"by": "openid"}, visitor.address)
            if not known:
                act = Act("nobody", "session.refused", user_id, {"by": "openid"}, visitor.address)
            await record(connection, act, now)
            if known:
                none = {"password": "", "must_change": False, "password_until_ms": None}
                given = web_user.c.id == user_id, web_user.c.must_change
                await connection.execute(update(web_user).where(*given).values(none))
                return await self.sessions.begin(connection, user_id, visitor)
        raise OpenIdRefusedError

    async def _check_open(self, keys: tuple[str, ...]) -> None:
        now = self.clock()
        async with self.database.read() as connection:
            until = await locked_until(connection, *keys)
        if until > now:
            raise TooManyTriesError(minutes=-(-(until - now) // MINUTE_MS))

    def _is_admitted(self, row: Row[tuple[object, ...]]) -> bool:
        return not row.locked and (row.password_until_ms is None or row.password_until_ms > self.clock())

    async def _refuse(self, known: str | None, keys: tuple[str, str], visitor: Visitor) -> None:
        now = self.clock()
        by_name, by_address = keys
        async with self.database.write() as connection:
            await count_failure(connection, by_name, NAME, now)
            await count_failure(connection, by_address, ADDRESS, now)
            # A name that is nobody's may be a password in the wrong field.
            act = Act("nobody", "session.refused", known or "(unknown)", None, visitor.address)
            await record(connection, act, now)
        log.warning("sign-in refused", user=known or "(unknown)", address=visitor.address)

    async def _let_in(self, row: Row[tuple[object, ...]], stored: str, keys: tuple[str, str], visitor: Visitor) -> str:
        now = self.clock()
        async with self.database.write() as connection:
            # The address keeps its count: else one account of one's own would open the way to guess all others'.
            await forget_failures(connection, keys[0])
            await forget_old_failures(connection, now)
            await self.sessions.sweep(connection)
            if stored != row.password:
                await connection.execute(update(web_user).where(web_user.c.id == row.id).values(password=stored))
            key = await self.sessions.begin(connection, str(row.id), visitor)
            await record(connection, Act(str(row.id), "session.begin", str(row.id), None, visitor.address), now)
        return key
