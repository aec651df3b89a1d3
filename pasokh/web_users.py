"""What the commands about users and tokens share: the stores of the site, opened for one errand."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from foundation.catalogue import load_catalogue
from foundation.database import Database, Store, store_url
from foundation.web.accounts import Accounts, By
from foundation.web.clock import present_ms
from foundation.web.passwords import Passwords
from foundation.web.refusals import WebRefusalError
from foundation.web.roles import Role
from foundation.web.room import FOLDER
from foundation.web.sessions import Sessions
from foundation.web.tokens import Tokens
from pasokh.refusal import RefusedError
from pasokh.site import Site, open_site

Result = TypeVar("Result")


@dataclass(frozen=True)
class Stores:
    """The site's users, sessions and tokens, and who asks."""

    site: Site
    accounts: Accounts
    sessions: Sessions
    tokens: Tokens
    by: By


def with_stores(errand: Callable[[Stores], Awaitable[Result]]) -> Result:
    """Run `errand` on this site's stores.

    Raises:
        RefusedError: the web refuses it, or the database is away.
    """
    site = open_site()
    try:
        return asyncio.run(_run(site, errand))
    except WebRefusalError as error:
        texts = load_catalogue([FOLDER / "texts.yaml"]).texts("en")
        raise RefusedError(texts(f"web.refused.{error.name}", **error.values)) from error
    except (SQLAlchemyError, OSError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise RefusedError(f"the database cannot be used: {reason}; see `bin/pasokh doctor`") from error


def roles_of(words: Iterable[str]) -> frozenset[Role]:
    """Roles by their names; several may stand in one word with commas.

    Raises:
        RefusedError: there is no such role.
    """
    names = [name for word in words for name in word.split(",") if name]
    for name in names:
        if name not in {role.value for role in Role}:
            raise RefusedError(f"there is no role {name!r}; there are {', '.join(Role)}")
    return frozenset(Role(name) for name in names)


async def _run(site: Site, errand: Callable[[Stores], Awaitable[Result]]) -> Result:
    database = Database(store_url(site.home, site.settings, Store.MAIN))
    try:
        return await errand(Stores(
            site, Accounts(database, Passwords(), present_ms), Sessions(database, site.settings.web, present_ms),
            Tokens(database, present_ms), By(f"command:{getpass.getuser()}"),
        ))
    finally:
        await database.close()
