"""How often a stranger's address may use what is open to all, counted for each kind of use."""

from fastapi import Request

from foundation.web.guards import visitor_of
from foundation.web.lock_out import MINUTE_MS, Limit, address_key, count_failure, locked_until
from foundation.web.refusals import TooManyTriesError
from foundation.web.site import web_of


async def check_visits(request: Request, use: str) -> None:
    """Whether this address may do so now.

    Raises:
        TooManyTriesError: it has done so too often.
    """
    web = web_of(request)
    async with web.database.read() as connection:
        left = await locked_until(connection, _key(request, use)) - web.clock()
    if left > 0:
        raise TooManyTriesError(minutes=-(-left // MINUTE_MS))


async def count_visit(request: Request, use: str, limit: Limit) -> None:
    web = web_of(request)
    async with web.database.write() as connection:
        await count_failure(connection, _key(request, use), limit, web.clock())


def _key(request: Request, use: str) -> str:
    return f"{use}-{address_key(visitor_of(request).address)}"
