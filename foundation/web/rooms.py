"""What a room of the house brings to the web: its pages, its interface, its texts and its place in the navigation."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from foundation.settings import Settings
from foundation.web.roles import Role

if TYPE_CHECKING:
    from foundation.web.site import Web


@dataclass(frozen=True, slots=True)
class NavItem:
    """A link in the navigation, shown to users with one of `roles`."""

    path: str
    text: str
    """Its key in the catalogue."""
    roles: tuple[Role, ...] = ()
    order: int = 50
    """Those with a lower one stand first."""


@dataclass(frozen=True, slots=True)
class Refusals:
    """A family of refusals of a room: exceptions with `name` (stable on the wire) and `values`."""

    kind: type[Exception]
    texts: str
    """What a refusal is called in the catalogue, before its name: `callback.refused` for `callback.refused.unknown`."""
    status: int = 409
    """Of those that have no `status` of their own."""


@dataclass(frozen=True, slots=True)
class WebRoom:
    """One room's part. Its templates are named `<name>/...`, its static files are under `<name>/`."""

    name: str
    router: APIRouter = field(default_factory=APIRouter)
    """Pages. Each route depends on `signed_in(...)`, or on `open_to_all`."""
    api_router: APIRouter | None = None
    """Routes under /api/v1."""
    templates: Path | None = None
    static: Path | None = None
    texts: Sequence[Path] = ()
    nav: Sequence[NavItem] = ()
    refusals: Sequence[Refusals] = ()
    connect_sources: Callable[[Settings], Sequence[str]] = lambda _settings: ()
    """Where its pages' scripts may connect to besides this server, as a Content-Security-Policy writes it:
    `wss://*:8089`."""
    work: "Callable[[Web], Coroutine[Any, Any, None]] | None" = None
    """What goes on beside the pages for as long as they are served; one that fails begins again."""
