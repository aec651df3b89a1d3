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


def make_first_user(site: Site) -> str | None:
    """An administrator where there are no users: returns the password, which is kept nowhere; else None.

    A database that is away has None too: there is another start.
    """
    try:
        return asyncio.run(_make_first(site))
    except (SQLAlchemyError, OSError):
        return None


async def _make_first(site: Site) -> str | None:
    database = Database(store_url(site.home, site.settings, Store.MAIN))
    try:
        return await Accounts(database, Passwords(), present_ms).add_first(FIRST_USER)
    finally:
        await database.close()
