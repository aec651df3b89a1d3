"""What every request finds at hand."""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from fastapi import Request
from jinja2 import Environment

from foundation.catalogue import Catalogue, Texts
from foundation.database import Database
from foundation.paths import Home
from foundation.settings import Settings
from foundation.web.accounts import Accounts
from foundation.web.assets import Assets
from foundation.web.clock import Clock
from foundation.web.live import LiveFloor
from foundation.web.openid import OpenIdProvider
from foundation.web.roles import User
from foundation.web.rooms import WebRoom
from foundation.web.sessions import Sessions
from foundation.web.sign_in import Door
from foundation.web.tokens import Tokens


@dataclass(frozen=True)
class Web:
    """The web pages of one site: settings, stores, texts, templates."""

    home: Home
    settings: Settings
    database: Database
    """The main store."""
    ledger: Database
    clock: Clock
    accounts: Accounts
    sessions: Sessions
    tokens: Tokens
    door: Door
    catalogue: Catalogue
    templates: Environment
    assets: Assets
    live: LiveFloor
    rooms: tuple[WebRoom, ...]
    openid: OpenIdProvider | None = None
    zone: ZoneInfo = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "zone", ZoneInfo(self.settings.site.timezone))

    async def close(self) -> None:
        await self.database.close()
        await self.ledger.close()
        if self.openid:
            await self.openid.close()


def web_of(request: Request) -> Web:
    """The site whose page is asked for; a dependency of routes."""
    found: Web = request.scope["state"]["web"]
    return found


def user_of(request: Request) -> User | None:
    """Who asks, when a guard has found out."""
    found: User | None = request.scope["state"].get("user")
    return found


def texts_of(request: Request) -> Texts:
    """The catalogue in the language of the one who asks; a dependency of routes."""
    from foundation.web.language import language_of  # noqa: PLC0415 - it looks at this module

    return web_of(request).catalogue.texts(language_of(request))
