"""What is said of the web pages to one who starts a site: their address, how to trust them, who may sign in first."""

import asyncio

from sqlalchemy.exc import SQLAlchemyError

from foundation.database import Database, Store, store_url
from foundation.reachable import reachable_address
from foundation.settings import Settings
from foundation.web.accounts import Accounts
from foundation.web.certificate import CertificateError, fingerprint, web_certificate
from foundation.web.clock import present_ms
from foundation.web.passwords import Passwords
from pasokh.site import Site

FIRST_USER = "admin"


def web_address(settings: Settings) -> str:
    """Where people open the pages."""
    if settings.web.behind_proxy:
        return f"http://127.0.0.1:{settings.ports.of('web_http')}/ (behind your proxy)"
    host = settings.web.names[0] if settings.web.names else reachable_address(settings.web.address)
    return f"https://{f'[{host}]' if ':' in host else host}:{settings.ports.of('web')}/"


def trust_lines(site: Site) -> list[str]:
    """How browsers come to trust the pages; empty where the site has a certificate of its own."""
    if site.settings.web.behind_proxy:
        return []
    try:
        authority = web_certificate(site.home, site.settings).authority
    except CertificateError as error:
        return [str(error)]
    if authority is None:
        return []
    return [f"import {authority} into browsers as an authority", f"SHA-256 {fingerprint(authority)}"]


def first_lines(site: Site, *, with_password: bool) -> list[str]:
    """How the first one signs in, where there are no users.

    `with_password`: an administrator is made, whose password stands in this text and nowhere else.
    A database that is away is no reason not to start: there is another time.
    """
    try:
        return asyncio.run(_first(site, with_password=with_password))
    except (SQLAlchemyError, OSError):
        return []


async def _first(site: Site, *, with_password: bool) -> list[str]:
    database = Database(store_url(site.home, site.settings, Store.MAIN))
    accounts = Accounts(database, Passwords(), present_ms)
    try:
        if not with_password:
            hint = "nobody can sign in yet: `bin/pasokh user add NAME --role administrator`"
            return [] if await accounts.list() else [hint]
        password = await accounts.add_first(FIRST_USER)
        return [f"sign in the first time as {FIRST_USER}, password {password} (shown only now)"] if password else []
    finally:
        await database.close()
