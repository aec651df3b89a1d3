"""Who has tried too often: counted for each typed name and for each address, known or not."""

import hashlib
import ipaddress
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.web.tables import sign_in_failure

MINUTE_MS = 60_000
SUBSCRIBER_BITS = 64


@dataclass(frozen=True, slots=True)
class Limit:
    """After `tries` failures in a row the first lock is a minute; it doubles with each further one, to `longest_ms`."""

    tries: int
    longest_ms: int = 15 * MINUTE_MS
    forget_ms: int = 60 * MINUTE_MS
    """Failures further back than this are forgotten."""


@dataclass(frozen=True, slots=True)
class Tries:
    """What is known of one name or address."""

    failures: int = 0
    last_ms: int = 0
    locked_until_ms: int = 0


NAME = Limit(tries=5)
ADDRESS = Limit(tries=20)
"""An office behind one address has many people."""


def after_failure(tries: Tries, limit: Limit, now_ms: int) -> Tries:
    """The count with one more failure, and the lock that follows from it."""
    failures = (0 if now_ms - tries.last_ms > limit.forget_ms else tries.failures) + 1
    beyond = failures - limit.tries
    lock = min(MINUTE_MS << min(beyond, 10), limit.longest_ms) if beyond >= 0 else 0
    return Tries(failures, now_ms, now_ms + lock)


def name_key(user_id: str) -> str:
    # What was typed may be a password in the wrong field: it is not kept as it is.
    return f"user:{hashlib.sha256(user_id.encode()).hexdigest()}"


def address_key(address: str) -> str:
    """An IPv4 address; of IPv6 the network that one subscriber has."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return f"address:{address[:60]}"
    if known.version == 6 and known.ipv4_mapped is None:
        return f"address:{ipaddress.ip_network((known, SUBSCRIBER_BITS), strict=False)}"
    return f"address:{known}"


async def locked_until(connection: AsyncConnection, *keys: str) -> int:
    """Until when one of them is locked, in epoch milliseconds; 0: none was."""
    query = select(sign_in_failure.c.locked_until_ms).where(sign_in_failure.c.key.in_(keys))
    return max((await connection.execute(query)).scalars(), default=0)


async def count_failure(connection: AsyncConnection, key: str, limit: Limit, now_ms: int) -> Tries:
    """One more for `key`; tells the state after it."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    begun = {"key": key, "failures": 0, "last_ms": now_ms, "locked_until_ms": 0}
    await connection.execute(insert(sign_in_failure).values(begun).on_conflict_do_nothing())
    query = select(sign_in_failure).where(sign_in_failure.c.key == key).with_for_update()
    row = (await connection.execute(query)).one()
    found = after_failure(Tries(row.failures, row.last_ms, row.locked_until_ms), limit, now_ms)
    values = {"failures": found.failures, "last_ms": found.last_ms, "locked_until_ms": found.locked_until_ms}
    await connection.execute(update(sign_in_failure).where(sign_in_failure.c.key == key).values(values))
    return found


async def forget_failures(connection: AsyncConnection, *keys: str) -> None:
    await connection.execute(delete(sign_in_failure).where(sign_in_failure.c.key.in_(keys)))


async def forget_old_failures(connection: AsyncConnection, now_ms: int) -> None:
    oldest = now_ms - max(NAME.forget_ms, ADDRESS.forget_ms)
    await connection.execute(delete(sign_in_failure).where(sign_in_failure.c.last_ms < oldest))
