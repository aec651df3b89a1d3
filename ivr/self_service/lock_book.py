"""Counts wrong tries in the main store, and in memory while that is away."""

import asyncio
import hmac
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

import structlog
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.database import Database
from foundation.settings import Identity
from ivr.identity_tables import identity_try
from ivr.self_service.tries import Limit, Tally, is_locked, on_not_counted, on_try

STORE_SECONDS = 1.5
"""No caller waits longer for our own store."""
MINUTE_MS = 60_000
MOST_REMEMBERED = 10_000

log = structlog.get_logger()

Change = Callable[[Tally, Limit], Tally]


@dataclass(frozen=True, slots=True)
class Counted:
    """One key, and the limit that holds for it."""

    key: str
    limit: Limit


@dataclass
class LockBook:
    """One for all calls."""

    database: Database
    secret: str
    rules: Identity
    now_ms: Callable[[], int]
    _remembered: dict[str, Tally] = field(default_factory=dict)

    def keys_of(self, national_id: str, caller: str) -> tuple[Counted, ...]:
        """What a try is counted under; a withheld number is none."""
        return self._keys(f"id:{national_id}", caller)

    def keys_of_case(self, code: str, caller: str) -> tuple[Counted, ...]:
        """The same where the secret is a case's: whoever knows its number does not know the code."""
        return self._keys(f"case:{code}", caller)

    def keys_of_guess(self, caller: str) -> tuple[Counted, ...]:
        """What guesses at tracking codes are counted under: all withheld numbers together."""
        return (Counted(self._hash(f"code:{caller}"), Limit(self.rules.caller_tries, self._window)),)

    async def begin(self, keys: tuple[Counted, ...]) -> bool:
        """A try begins; False when it may not. It counts as wrong until `take_back`."""
        now = self.now_ms()
        tallies = await self._change(keys, lambda tally, limit: on_try(tally, limit, now), now)
        return tallies is not None

    async def take_back(self, keys: tuple[Counted, ...]) -> None:
        """The try was right, or nobody could tell."""
        await self._change(keys, on_not_counted, None)

    async def forgive(self, keys: tuple[Counted, ...]) -> None:
        """The PIN was right: the national ID's wrong tries are forgotten, the caller's others are not."""
        await self._change(keys[:1], lambda _tally, _limit: Tally(), None)
        await self.take_back(keys[1:])

    async def _change(self, keys: tuple[Counted, ...], change: Change, unlocked_at: int | None) -> list[Tally] | None:
        """Change all, or none where one is locked at `unlocked_at`."""
        try:
            async with asyncio.timeout(STORE_SECONDS), self.database.write() as connection:
                changed = _changed([await _load(connection, one.key) for one in keys], keys, change, unlocked_at)
                for one, tally in zip(keys, changed or (), strict=False):
                    await _keep(connection, one.key, tally)
        except (SQLAlchemyError, TimeoutError, OSError) as error:
            log.warning("tries are counted in memory", error=type(error).__name__)
            before = [self._remembered.get(one.key, Tally()) for one in keys]
            changed = _changed(before, keys, change, unlocked_at)
        self._remember(keys, changed or [])
        return changed

    def _remember(self, keys: tuple[Counted, ...], tallies: list[Tally]) -> None:
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered.update((one.key, tally) for one, tally in zip(keys, tallies, strict=False))

    @property
    def _window(self) -> int:
        return self.rules.lock_minutes * MINUTE_MS

    def _keys(self, secret: str, caller: str) -> tuple[Counted, ...]:
        mine = Counted(self._hash(secret), Limit(self.rules.tries, self._window))
        if not caller:
            return (mine,)
        return mine, Counted(self._hash(f"caller:{caller}"), Limit(self.rules.caller_tries, self._window))

    def _hash(self, text: str) -> str:
        return hmac.digest(self.secret.encode(), text.encode(), "sha256").hex()


def _changed(
    before: list[Tally], keys: tuple[Counted, ...], change: Change, unlocked_at: int | None,
) -> list[Tally] | None:
    if unlocked_at is not None and any(is_locked(tally, unlocked_at) for tally in before):
        return None
    return [change(tally, one.limit) for tally, one in zip(before, keys, strict=True)]


async def _load(connection: AsyncConnection, key: str) -> Tally:
    insert = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    # The row is there before it is locked, so two calls at once take turns on PostgreSQL too.
    await connection.execute(insert(identity_try).values(key=key, **asdict(Tally())).on_conflict_do_nothing())
    query = select(identity_try).where(identity_try.c.key == key).with_for_update()
    row = (await connection.execute(query)).one()
    return Tally(row.failures, row.first_ms, row.locked_until_ms)


async def _keep(connection: AsyncConnection, key: str, tally: Tally) -> None:
    await connection.execute(update(identity_try).where(identity_try.c.key == key).values(**asdict(tally)))
