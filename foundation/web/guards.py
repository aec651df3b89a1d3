"""Who may come in: each route names its roles, and one that names nothing is not served at all."""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute

from foundation.web.audit_log import Act, record
from foundation.web.forms import session_cookie
from foundation.web.refusals import MustChangePasswordError, NotPermittedError, NotSignedInError
from foundation.web.roles import Role, User
from foundation.web.sessions import Visitor
from foundation.web.site import user_of, web_of

API = "/api/"


class Guard:
    """Lets in who has one of `roles`; without any, everybody who is signed in."""

    def __init__(self, *roles: Role, given_password: bool = False) -> None:
        self.roles = roles
        self._given_password = given_password

    async def __call__(self, request: Request) -> User:
        """The user who asks.

        Raises:
            NotSignedInError, NotPermittedError, MustChangePasswordError
        """
        user = await identify(request)
        if user is None:
            raise NotSignedInError
        if user.must_change and not self._given_password:
            raise MustChangePasswordError
        if not user.may(*self.roles):
            raise NotPermittedError
        return user


class OpenGuard:
    """Lets everybody in."""

    async def __call__(self, request: Request) -> User | None:
        """The user who asks, if one does."""
        return await identify(request)


open_to_all = OpenGuard()
"""For the few routes that strangers may see."""


def signed_in(*roles: Role, given_password: bool = False) -> Guard:
    """A dependency: `Annotated[User, Depends(signed_in(Role.MANAGER, Role.AUDITOR))]`; without roles, any user.

    `given_password`: also one who must still replace the password that another gave.
    """
    return Guard(*roles, given_password=given_password)


async def identify(request: Request) -> User | None:
    """Who asks: by a token on /api/, else by the session's cookie."""
    known = user_of(request)
    if known is None:
        known = request.scope["state"]["user"] = await _look(request)
    return known


async def _look(request: Request) -> User | None:
    web = web_of(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return await web.tokens.find(token.strip()) if request.url.path.startswith(API) else None
    key = request.cookies.get(session_cookie(request))
    return await web.sessions.find(key) if key else None


async def still_admitted(request: Request) -> bool:
    """Whether the session or token of a long request still holds, with the roles that it began with."""
    before = user_of(request)
    now = await _look(request)
    return before is None or (now is not None and now.roles >= before.roles and now.agent == before.agent)


def visitor_of(request: Request) -> Visitor:
    return Visitor(request.client.host if request.client else "", request.headers.get("user-agent", ""))


async def note(request: Request, action: str, subject: str = "", **detail: Any) -> None:
    """Write into the audit log what the signed-in user has done; use `record` to do so in a transaction of yours."""
    web, user = web_of(request), user_of(request)
    act = Act(user.actor if user else "nobody", action, subject, detail, visitor_of(request).address)
    async with web.database.write() as connection:
        await record(connection, act, web.clock())


def unguarded(router: APIRouter) -> Iterator[str]:
    """Routes that name no guard, as `GET /path`."""
    for route in routes_of(router):
        if guard_of(route) is None:
            yield f"{','.join(sorted(route.methods or ()))} {route.path}"


def guard_of(route: APIRoute) -> Guard | OpenGuard | None:
    """What lets people into a route."""
    waiting = list(route.dependant.dependencies)
    while waiting:
        one = waiting.pop()
        if isinstance(one.call, Guard | OpenGuard):
            return one.call
        waiting += one.dependencies
    return None


def routes_of(router: APIRouter) -> Iterator[APIRoute]:
    """All routes of a router and of those that it includes."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield route
        inner = getattr(route, "original_router", None)
        if isinstance(inner, APIRouter):
            yield from routes_of(inner)
