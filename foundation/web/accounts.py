"""The users of the web pages, in the main store. Every change is in the audit log, in the same transaction."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.database import Database
from foundation.settings import Language
from foundation.web.audit_log import Act, record
from foundation.web.clock import Clock
from foundation.web.lock_out import forget_failures, name_key
from foundation.web.passwords import Passwords, given_password
from foundation.web.refusals import (
    AgentTakenError,
    BadNameError,
    LastAdministratorError,
    NameTakenError,
    NoSuchUserError,
    WrongPasswordError,
)
from foundation.web.roles import Role, User, read_roles, roles_text
from foundation.web.sessions import end_sessions
from foundation.web.tables import web_user

USER_ID = re.compile(r"[a-z0-9][a-z0-9._@-]{1,39}")
NO_USERS = frozenset({"new", "system", "nobody"})
"""Words of the pages' addresses and of the audit log."""
GIVEN_MS = 7 * 86_400_000
"""A given password that nobody used within this time is worth nothing."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user as administrators see one."""

    user: User
    locked: bool
    created_ms: int


@dataclass(frozen=True, slots=True)
class NewUser:
    id: str
    name: str
    roles: frozenset[Role]
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class By:
    """Who does it, and from where."""

    actor: str
    address: str = ""


class Accounts:
    def __init__(self, database: Database, passwords: Passwords, clock: Clock) -> None:
        self._database, self._passwords, self._clock = database, passwords, clock

    async def add(self, new: NewUser, by: By) -> str:
        """Returns the password to give to that person, who must replace it at the first sign-in.

        Raises:
            BadNameError, NameTakenError, AgentTakenError
        """
        if not USER_ID.fullmatch(new.id) or new.id in NO_USERS:
            raise BadNameError(user=new.id)
        password = given_password()
        values = await self._given(password)
        now = self._clock()
        async with self._database.write() as connection:
            if await _row(connection, new.id):
                raise NameTakenError(user=new.id)
            await _check_agent_free(connection, new.agent, new.id)
            await connection.execute(insert(web_user).values(
                id=new.id, name=new.name or new.id, roles=roles_text(new.roles), agent=new.agent, locked=False,
                created_ms=now, **values,
            ))
            detail = {"roles": roles_text(new.roles), "agent": new.agent}
            await record(connection, Act(by.actor, "user.add", new.id, detail, by.address), now)
        return password

    async def add_first(self, user_id: str) -> str | None:
        """An administrator, if there are no users at all: returns the password to give, else None."""
        async with self._database.read() as connection:
            if (await connection.execute(select(web_user.c.id).limit(1))).one_or_none():
                return None
        try:
            return await self.add(NewUser(user_id, "", frozenset({Role.ADMINISTRATOR})), By("system"))
        except (NameTakenError, IntegrityError):  # another start was quicker
            return None

    async def list(self) -> list[Account]:
        async with self._database.read() as connection:
            rows = (await connection.execute(select(web_user).order_by(web_user.c.id))).all()
        return [_account(row) for row in rows]

    async def find(self, user_id: str) -> Account:
        """Raises: NoSuchUserError."""
        async with self._database.read() as connection:
            return _account(await _known(connection, user_id))

    async def find_agent(self, agent: str) -> User | None:
        """The person who is this agent of site.yaml."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(web_user).where(web_user.c.agent == agent))).one_or_none()
        return user_of(row) if row else None

    async def change(
        self, user_id: str, by: By, *, roles: Iterable[Role], agent: str | None, name: str | None = None,
    ) -> None:
        """Take these roles, this agent and this name (None: the one it has); in force with the next request.

        Raises:
            NoSuchUserError, AgentTakenError, LastAdministratorError
        """
        wanted = frozenset(roles)
        async with self._database.write() as connection:
            before = user_of(await _known(connection, user_id))
            if Role.ADMINISTRATOR in before.roles - wanted:
                await _check_another_administrator(connection, user_id)
            await _check_agent_free(connection, agent, user_id)
            values = {"roles": roles_text(wanted), "agent": agent, "name": name or before.name}
            await connection.execute(update(web_user).where(web_user.c.id == user_id).values(values))
            detail = {**values, "before": {"roles": roles_text(before.roles), "agent": before.agent}}
            await record(connection, Act(by.actor, "user.change", user_id, detail, by.address), self._clock())

    async def give_password(self, user_id: str, by: By) -> str:
        """A new password for one who has lost it; ends all sessions.

        Raises: NoSuchUserError.
        """
        password = given_password()
        values = await self._given(password)
        await self._update(user_id, values, by, "user.password-given")
        return password

    async def change_password(self, user: User, old: str, new: str, address: str, *, keep: str | None) -> None:
        """One's own; every other session than `keep` (its cookie) ends.

        Raises:
            WrongPasswordError, WeakPasswordError
        """
        async with self._database.read() as connection:
            stored = (await _known(connection, user.id)).password
        if not await self._passwords.verify(stored, old):
            raise WrongPasswordError
        self._passwords.check_strength(new, user_id=user.id)
        if new == old:
            raise WrongPasswordError
        values = {
            "password": await self._passwords.hash(new), "must_change": False, "password_until_ms": None,
            "password_ms": self._clock(),
        }
        await self._update(user.id, values, By(user.actor, address), "user.password-changed", keep=keep)

    async def lock(self, user_id: str, by: By) -> None:
        """Ends all sessions; no sign-in until unlocked.

        Raises:
            NoSuchUserError, LastAdministratorError
        """
        async with self._database.read() as connection:
            row = await _known(connection, user_id)
            if Role.ADMINISTRATOR in read_roles(row.roles) and not row.locked:
                await _check_another_administrator(connection, user_id)
        await self._update(user_id, {"locked": True}, by, "user.lock")

    async def unlock(self, user_id: str, by: By) -> None:
        """Also from failed tries. Raises: NoSuchUserError."""
        async with self._database.write() as connection:
            await forget_failures(connection, name_key(user_id))
        await self._update(user_id, {"locked": False}, by, "user.unlock", keep="")

    async def sign_out(self, user_id: str, by: By) -> int:
        """End all sessions of a user; tells how many. Raises: NoSuchUserError."""
        async with self._database.write() as connection:
            await _known(connection, user_id)
            ended = await end_sessions(connection, user_id)
            await record(connection, Act(by.actor, "user.sign-out", user_id, {"sessions": ended}, by.address),
                         self._clock())
        return ended

    async def choose_language(self, user_id: str, language: Language) -> None:
        async with self._database.write() as connection:
            await connection.execute(update(web_user).where(web_user.c.id == user_id).values(language=language))

    async def _given(self, password: str) -> dict[str, object]:
        now = self._clock()
        return {
            "password": await self._passwords.hash(password), "must_change": True,
            "password_until_ms": now + GIVEN_MS, "password_ms": now,
        }

    async def _update(
        self, user_id: str, values: dict[str, object], by: By, action: str, *, keep: str | None = None,
    ) -> None:
        """`keep`: the cookie of the session that goes on; an empty one: all do."""
        async with self._database.write() as connection:
            await _known(connection, user_id)
            await connection.execute(update(web_user).where(web_user.c.id == user_id).values(values))
            if keep != "":
                await end_sessions(connection, user_id, but=keep)
            await record(connection, Act(by.actor, action, user_id, None, by.address), self._clock())


def user_of(row: Row[tuple[object, ...]]) -> User:
    return User(row.id, row.name, read_roles(row.roles), row.agent, row.language, row.must_change)


def _account(row: Row[tuple[object, ...]]) -> Account:
    return Account(user_of(row), row.locked, row.created_ms)


async def _row(connection: AsyncConnection, user_id: str) -> Row[tuple[object, ...]] | None:
    return (await connection.execute(select(web_user).where(web_user.c.id == user_id))).one_or_none()


async def _known(connection: AsyncConnection, user_id: str) -> Row[tuple[object, ...]]:
    row = await _row(connection, user_id)
    if row is None:
        raise NoSuchUserError(user=user_id)
    return row


async def _check_agent_free(connection: AsyncConnection, agent: str | None, user_id: str) -> None:
    if agent is None:
        return
    taken = select(web_user.c.id).where(web_user.c.agent == agent, web_user.c.id != user_id)
    if (await connection.execute(taken)).one_or_none():
        raise AgentTakenError(agent=agent)


async def _check_another_administrator(connection: AsyncConnection, user_id: str) -> None:
    others = select(web_user.c.roles).where(web_user.c.id != user_id, web_user.c.locked.is_(False))
    roles = (await connection.execute(others)).scalars()
    if not any(Role.ADMINISTRATOR in read_roles(one) for one in roles):
        raise LastAdministratorError(user=user_id)
