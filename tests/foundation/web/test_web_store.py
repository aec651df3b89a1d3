"""Users, sessions, lock-out, tokens and the audit log, on both databases."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Executable, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from foundation.database import MAIN, Database
from foundation.settings import WebPages
from foundation.web.accounts import Accounts, By, NewUser
from foundation.web.audit_log import Act, Wanted, read_audit, record
from foundation.web.lock_out import address_key
from foundation.web.passwords import Passwords
from foundation.web.refusals import (
    AgentTakenError,
    BadNameError,
    LastAdministratorError,
    NameTakenError,
    NoSuchTokenError,
    NoSuchUserError,
    RolesNotHeldError,
    TooManyTriesError,
    WeakPasswordError,
    WrongPasswordError,
    WrongSignInError,
)
from foundation.web.roles import Role
from foundation.web.sessions import Sessions, Visitor, digest
from foundation.web.sign_in import Door
from foundation.web.tables import audit, web_session, web_token, web_user
from foundation.web.tokens import Tokens
from tests.support.page_site import PASSWORD, QUICK, HandClock
from tests.support.stores import make_tables

HERE = Visitor("10.0.0.7", "Firefox")
BY = By("test", "10.0.0.1")


@dataclass
class House:
    database: Database
    clock: HandClock = field(default_factory=lambda: HandClock(1_800_000_000_000))
    passwords: Passwords = field(default_factory=lambda: Passwords(QUICK))

    def __post_init__(self) -> None:
        self.accounts = Accounts(self.database, self.passwords, self.clock)
        self.sessions = Sessions(self.database, WebPages(idle_minutes=60, session_hours=12), self.clock)
        self.tokens = Tokens(self.database, self.clock)
        self.door = Door(self.database, self.passwords, self.sessions, self.clock)

    async def add(self, user_id: str, *roles: Role, agent: str | None = None) -> str:
        """With `PASSWORD` chosen."""
        given = await self.accounts.add(NewUser(user_id, "", frozenset(roles), agent), BY)
        user = (await self.accounts.find(user_id)).user
        await self.accounts.change_password(user, given, PASSWORD, "", keep=None)
        return user_id

    async def actions(self) -> list[str]:
        return [entry.act.action for entry in await read_audit(self.database, Wanted())]


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    database = Database(database_url)
    await make_tables(database, MAIN)
    yield House(database)
    await database.close()


async def test_a_right_password_begins_a_session_whose_key_is_kept_nowhere(house: House) -> None:
    await house.add("mina", Role.MANAGER)
    key = await house.door.sign_in("  Mina ", PASSWORD, HERE)
    user = await house.sessions.find(key)
    assert user is not None
    assert (user.id, user.roles) == ("mina", frozenset({Role.MANAGER}))
    async with house.database.read() as connection:
        stored = (await connection.execute(select(web_session.c.id, web_user.c.password).join_from(
            web_session, web_user))).one()
    assert stored.id == digest(key)
    assert stored.password.startswith("$argon2id$")
    assert await house.sessions.find(key[:-1]) is None


async def test_a_wrong_name_a_wrong_password_and_a_locked_account_are_answered_alike(house: House) -> None:
    await house.add("mina", Role.ADMINISTRATOR)
    await house.add("omid", Role.AGENT)
    await house.accounts.lock("omid", BY)
    said = set()
    for name, password in (("mina", "wrong"), ("nobody", PASSWORD), ("omid", PASSWORD), ("mina'--", ""), ("", "")):
        with pytest.raises(WrongSignInError) as refused:
            await house.door.sign_in(name, password, HERE)
        said.add(str(refused.value))
    assert len(said) == 1


async def test_five_failures_lock_a_name_for_a_growing_time_whether_it_exists_or_not(house: House) -> None:
    await house.add("mina", Role.MANAGER)
    for name in ("mina", "ghost"):
        for number in range(5):
            with pytest.raises(WrongSignInError):
                await house.door.sign_in(name, "wrong", Visitor(f"10.1.{len(name)}.{number}", ""))
        with pytest.raises(TooManyTriesError) as locked:
            await house.door.sign_in(name, PASSWORD, HERE)
        assert locked.value.values == {"minutes": 1}
    house.clock.go_on(1.01)
    with pytest.raises(WrongSignInError):
        await house.door.sign_in("mina", "wrong", HERE)
    with pytest.raises(TooManyTriesError) as locked:
        await house.door.sign_in("mina", PASSWORD, HERE)
    assert locked.value.values == {"minutes": 2}
    house.clock.go_on(2.01)
    assert await house.door.sign_in("mina", PASSWORD, HERE)
    with pytest.raises(WrongSignInError):  # the count begins anew
        await house.door.sign_in("mina", "wrong", HERE)
    assert await house.door.sign_in("mina", PASSWORD, HERE)


async def test_twenty_failures_lock_an_address_for_all_names(house: House) -> None:
    await house.add("mina", Role.MANAGER)
    for number in range(20):
        with pytest.raises(WrongSignInError):
            await house.door.sign_in(f"guess{number}", "wrong", HERE)
        if number == 10:  # one's own account does not wash the address clean
            await house.door.sign_in("mina", PASSWORD, HERE)
    with pytest.raises(TooManyTriesError):
        await house.door.sign_in("mina", PASSWORD, HERE)
    assert await house.door.sign_in("mina", PASSWORD, Visitor("10.0.0.8", ""))


def test_one_subscriber_of_ipv6_is_one_address() -> None:
    assert address_key("2001:db8:1:2:3::4") == address_key("2001:db8:1:2:ffff::1") != address_key("2001:db8:1:3::4")
    assert address_key("10.0.0.1") != address_key("10.0.0.2")


async def test_an_administrator_unlocks_who_has_tried_too_often(house: House) -> None:
    await house.add("mina", Role.MANAGER)
    for number in range(5):
        with pytest.raises(WrongSignInError):
            await house.door.sign_in("mina", "wrong", Visitor(f"10.1.1.{number}", ""))
    await house.accounts.unlock("mina", BY)
    assert await house.door.sign_in("mina", PASSWORD, HERE)


async def test_a_given_password_must_be_replaced_and_ends_after_seven_days(house: House) -> None:
    given = await house.accounts.add(NewUser("mina", "Mina", frozenset({Role.AGENT})), BY)
    found = await house.sessions.find(await house.door.sign_in("mina", given, HERE))
    assert found is not None
    assert found.must_change
    house.clock.go_on(7 * 24 * 60 + 1)
    with pytest.raises(WrongSignInError):
        await house.door.sign_in("mina", given, HERE)
    again = await house.accounts.give_password("mina", BY)
    user = (await house.accounts.find("mina")).user
    await house.accounts.change_password(user, again, PASSWORD, "", keep=None)
    house.clock.go_on(365 * 24 * 60)
    assert await house.door.sign_in("mina", PASSWORD, HERE)


@pytest.mark.parametrize("weak", ["short", "a" * 30, "mina-mina-12", "x" * 300, "abababababab"])
async def test_weak_passwords_are_refused(house: House, weak: str) -> None:
    await house.add("mina")
    user = (await house.accounts.find("mina")).user
    with pytest.raises(WeakPasswordError):
        await house.accounts.change_password(user, PASSWORD, weak, "", keep=None)
    with pytest.raises(WrongPasswordError):
        await house.accounts.change_password(user, "not it", "something-quite-new", "", keep=None)


async def test_a_changed_password_ends_every_other_session(house: House) -> None:
    await house.add("mina", Role.AGENT)
    here, there = [await house.door.sign_in("mina", PASSWORD, HERE) for _ in range(2)]
    user = (await house.accounts.find("mina")).user
    await house.accounts.change_password(user, PASSWORD, "another-heron-goes", "", keep=here)
    assert await house.sessions.find(here)
    assert await house.sessions.find(there) is None


async def test_a_session_ends_when_idle_or_old_and_with_its_user_or_by_hand(house: House) -> None:
    await house.add("boss", Role.ADMINISTRATOR)
    await house.add("mina", Role.AGENT)
    idle = await house.door.sign_in("mina", PASSWORD, HERE)
    house.clock.go_on(59)
    assert await house.sessions.find(idle)
    house.clock.go_on(59)
    assert await house.sessions.find(idle), "it was used an hour ago"
    house.clock.go_on(61)
    assert await house.sessions.find(idle) is None
    used = await house.door.sign_in("mina", PASSWORD, HERE)
    for _ in range(14):
        house.clock.go_on(50)
        assert await house.sessions.find(used)
    house.clock.go_on(30)
    assert await house.sessions.find(used) is None, "twelve hours are over"
    one, two, three = [await house.door.sign_in("mina", PASSWORD, HERE) for _ in range(3)]
    await house.sessions.end(one)
    await house.sessions.end_one("mina", digest(two))
    await house.sessions.end_one("boss", digest(three))
    assert [await house.sessions.find(key) is not None for key in (one, two, three)] == [False, False, True]
    assert await house.accounts.sign_out("mina", BY) == 1
    last = await house.door.sign_in("mina", PASSWORD, HERE)
    await house.accounts.lock("mina", BY)
    assert await house.sessions.find(last) is None
    assert await house.sessions.list() == []


async def test_changed_roles_hold_from_the_next_request_on(house: House) -> None:
    await house.add("boss", Role.ADMINISTRATOR)
    await house.add("mina", Role.AGENT, agent="a101")
    key = await house.door.sign_in("mina", PASSWORD, HERE)
    await house.accounts.change("mina", BY, roles=[Role.MANAGER, Role.AUDITOR], agent=None)
    user = await house.sessions.find(key)
    assert user is not None
    assert (user.roles, user.agent) == (frozenset({Role.MANAGER, Role.AUDITOR}), None)


async def test_users_that_cannot_be_are_refused_by_name(house: House) -> None:
    await house.add("boss", Role.ADMINISTRATOR, agent="a101")
    for user_id in ("Boss", ".boss", "a", "x" * 41, "with space", "<script>", "a/b", "new", ""):
        with pytest.raises(BadNameError):
            await house.accounts.add(NewUser(user_id, "", frozenset()), BY)
    with pytest.raises(NameTakenError):
        await house.accounts.add(NewUser("boss", "", frozenset()), BY)
    with pytest.raises(AgentTakenError):
        await house.accounts.add(NewUser("other", "", frozenset(), "a101"), BY)
    for errand in (house.accounts.give_password, house.accounts.lock, house.accounts.unlock, house.accounts.sign_out):
        with pytest.raises(NoSuchUserError):
            await errand("ghost", BY)


async def test_the_last_administrator_stays_one(house: House) -> None:
    await house.add("boss", Role.ADMINISTRATOR)
    await house.add("deputy", Role.ADMINISTRATOR)
    await house.accounts.lock("deputy", BY)
    with pytest.raises(LastAdministratorError):
        await house.accounts.lock("boss", BY)
    with pytest.raises(LastAdministratorError):
        await house.accounts.change("boss", BY, roles=[Role.MANAGER], agent=None)
    await house.accounts.unlock("deputy", BY)
    await house.accounts.change("boss", BY, roles=[Role.MANAGER], agent=None)


async def test_the_first_administrator_is_made_once(house: House) -> None:
    given = await house.accounts.add_first("admin")
    assert given
    assert await house.accounts.add_first("admin") is None
    assert (await house.accounts.find("admin")).user.roles == {Role.ADMINISTRATOR}


async def test_a_token_does_what_both_it_and_its_user_may_until_it_ends(house: House) -> None:
    await house.add("boss", Role.ADMINISTRATOR)
    await house.add("mina", Role.MANAGER, Role.AUDITOR)
    with pytest.raises(RolesNotHeldError):
        await house.tokens.add("mina", "wall", [Role.ADMINISTRATOR], 30, BY)
    token = await house.tokens.add("mina", "wall", [Role.MANAGER], 30, BY)
    user = await house.tokens.find(token)
    assert user is not None
    assert (user.id, user.roles, bool(user.token)) == ("mina", frozenset({Role.MANAGER}), True)
    async with house.database.read() as connection:
        assert token not in str((await connection.execute(select(web_token))).all())
    for wrong in ("", "pasokh_", token + "x", token[:-1], token.removeprefix("pasokh_")):
        assert await house.tokens.find(wrong) is None
    await house.accounts.change("mina", BY, roles=[Role.AUDITOR], agent=None)
    found = await house.tokens.find(token)
    assert found is not None
    assert found.roles == frozenset()
    house.clock.go_on(30 * 24 * 60 + 1)
    assert await house.tokens.find(token) is None
    fresh = await house.tokens.add("mina", "wall", [Role.AUDITOR], 1, BY)
    await house.accounts.lock("mina", BY)
    assert await house.tokens.find(fresh) is None
    await house.accounts.unlock("mina", BY)
    await house.tokens.revoke((await house.tokens.list())[-1].id, BY)
    assert await house.tokens.find(fresh) is None
    with pytest.raises(NoSuchTokenError):
        await house.tokens.revoke("0000", BY)


async def test_a_password_hashed_with_weaker_parameters_is_hashed_anew_at_sign_in(house: House) -> None:
    await house.add("mina", Role.AGENT)
    stronger = Passwords(PasswordHasher(time_cost=2, memory_cost=2048, parallelism=1))
    door = Door(house.database, stronger, house.sessions, house.clock)
    await door.sign_in("mina", PASSWORD, HERE)
    async with house.database.read() as connection:
        stored = (await connection.execute(select(web_user.c.password))).scalar_one()
    assert "m=2048,t=2" in stored
    await door.sign_in("mina", PASSWORD, HERE)


async def test_every_deed_is_in_the_audit_log_without_any_password(house: House) -> None:
    given = await house.accounts.add(NewUser("mina", "Mina", frozenset({Role.AGENT})), BY)
    with pytest.raises(WrongSignInError):
        await house.door.sign_in("mina", "wrong-secret", HERE)
    with pytest.raises(WrongSignInError):
        await house.door.sign_in("my-password-typed-here", "", HERE)
    await house.door.sign_in("mina", given, HERE)
    await house.accounts.give_password("mina", BY)
    entries = await read_audit(house.database, Wanted())
    assert [entry.act.action for entry in entries] == [
        "user.password-given", "session.begin", "session.refused", "session.refused", "user.add",
    ]
    assert entries[1].act.address == HERE.address
    told = str(entries)
    assert not [secret for secret in (given, "wrong-secret", "my-password-typed-here") if secret in told]


async def test_the_audit_log_is_asked_by_who_what_and_on_what(house: House) -> None:
    async with house.database.write() as connection:
        for number in range(5):
            await record(connection, Act("mina", "call.heard", f"c{number}", {"seconds": number}), number)
        await record(connection, Act("omid", "callback.cancel", "c1"), 9)
    found = await read_audit(house.database, Wanted(actor="mina", action="call", before=4), 2)
    assert [(one.act.subject, one.act.detail) for one in found] == [("c2", {"seconds": 2}), ("c1", {"seconds": 1})]
    assert [one.act.actor for one in await read_audit(house.database, Wanted(subject="c1"))] == ["omid", "mina"]
    assert await read_audit(house.database, Wanted(action="cal")) == []


@pytest.mark.parametrize("deed", ["update", "delete", "replace", "truncate"])
async def test_the_database_itself_refuses_to_change_the_audit_log(house: House, deed: str) -> None:
    async with house.database.write() as connection:
        await record(connection, Act("mina", "call.heard", "c1"), 1)
    is_postgres = house.database.engine.dialect.name == "postgresql"
    row = {"id": 1, "at_ms": 2, "actor": "x", "address": "", "action": "y", "subject": "", "detail": "{}"}
    statements: dict[str, Executable] = {
        "update": update(audit).values(actor="omid"),
        "delete": delete(audit),
        "replace": insert(audit).values(row).prefix_with("OR REPLACE", dialect="sqlite"),
        "truncate": text("TRUNCATE audit" if is_postgres else "DELETE FROM audit WHERE 1"),
    }
    with pytest.raises(DBAPIError):
        async with house.database.write() as connection:
            await connection.execute(statements[deed])
    assert [entry.act.actor for entry in await read_audit(house.database, Wanted())] == ["mina"]
