"""Users, for administrators."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from foundation.web.accounts import By, NewUser
from foundation.web.guards import signed_in, visitor_of
from foundation.web.pages import page
from foundation.web.refusals import NoSuchAgentError, WebRefusalError
from foundation.web.roles import Role, User
from foundation.web.site import Web, texts_of, web_of

router, api = APIRouter(prefix="/users"), APIRouter()
Site = Annotated[Web, Depends(web_of)]
Administrator = Annotated[User, Depends(signed_in(Role.ADMINISTRATOR))]
Roles = Annotated[list[Role], Form()]
Agent = Annotated[str, Form(max_length=40)]
Name = Annotated[str, Form(max_length=100)]


@router.get("", response_model=None)
async def show_users(request: Request, web: Site, _user: Administrator) -> HTMLResponse:
    return page(request, "web/users.html", accounts=await web.accounts.list())


@router.get("/new", response_model=None)
async def show_new(request: Request, web: Site, _user: Administrator) -> HTMLResponse:
    return _new_page(request, web, NewUser("", "", frozenset()))


@router.post("", response_model=None)
async def add_user(  # noqa: PLR0917 - fields of the form
    request: Request, web: Site, user: Administrator, user_id: Annotated[str, Form(max_length=40)], name: Name = "",
    agent: Agent = "", roles: Roles = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    new = NewUser(user_id.strip().casefold(), name.strip(), frozenset(roles), agent or None)
    try:
        _check_agent(web, new.agent)
        password = await web.accounts.add(new, _by(request, user))
    except WebRefusalError as error:
        return _new_page(request, web, new, error)
    return page(request, "web/user-password.html", status=201, person=new.id, password=password)


@router.get("/{user_id}", response_model=None)
async def show_user(request: Request, web: Site, _user: Administrator, user_id: str) -> HTMLResponse:
    account = await web.accounts.find(user_id)
    sessions = await web.sessions.list(user_id)
    tokens = [token for token in await web.tokens.list() if token.user_id == user_id]
    return page(
        request, "web/user.html", account=account, sessions=sessions, tokens=tokens, roles=list(Role),
        agents=_agents(web),
    )


@router.post("/{user_id}", response_model=None)
async def change_user(  # noqa: PLR0917 - fields of the form
    request: Request, web: Site, user: Administrator, user_id: str, name: Name = "", agent: Agent = "",
    roles: Roles = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    _check_agent(web, agent or None)
    await web.accounts.change(user_id, _by(request, user), roles=roles, agent=agent or None, name=name.strip())
    return RedirectResponse(f"/users/{user_id}?said=saved", 303)


@router.post("/{user_id}/password", response_model=None)
async def give_password(request: Request, web: Site, user: Administrator, user_id: str) -> Response:
    password = await web.accounts.give_password(user_id, _by(request, user))
    return page(request, "web/user-password.html", person=user_id, password=password)


@router.post("/{user_id}/lock", response_model=None)
async def lock_user(request: Request, web: Site, user: Administrator, user_id: str) -> Response:
    await web.accounts.lock(user_id, _by(request, user))
    return RedirectResponse(f"/users/{user_id}?said=user-locked", 303)


@router.post("/{user_id}/unlock", response_model=None)
async def unlock_user(request: Request, web: Site, user: Administrator, user_id: str) -> Response:
    await web.accounts.unlock(user_id, _by(request, user))
    return RedirectResponse(f"/users/{user_id}?said=user-unlocked", 303)


@router.post("/{user_id}/sign-out", response_model=None)
async def sign_user_out(request: Request, web: Site, user: Administrator, user_id: str) -> Response:
    await web.accounts.sign_out(user_id, _by(request, user))
    return RedirectResponse(f"/users/{user_id}?said=signed-out", 303)


@router.post("/{user_id}/tokens/{token_id}/revoke", response_model=None)
async def revoke_token(request: Request, web: Site, user: Administrator, user_id: str, token_id: str) -> Response:
    await web.tokens.revoke(token_id, _by(request, user))
    return RedirectResponse(f"/users/{user_id}?said=token-revoked", 303)


class Person(BaseModel):
    """A user, as the interface tells it."""

    id: str
    name: str
    roles: list[Role]
    agent: str | None
    locked: bool


@api.get("/users")
async def list_users(web: Site, _user: Administrator) -> list[Person]:
    """All users, by id."""
    return [
        Person(
            id=one.user.id, name=one.user.name, roles=sorted(one.user.roles), agent=one.user.agent, locked=one.locked,
        ) for one in await web.accounts.list()
    ]


def _new_page(request: Request, web: Web, new: NewUser, error: WebRefusalError | None = None) -> HTMLResponse:
    refusal = texts_of(request)(f"web.refused.{error.name}", **error.values) if error else ""
    return page(
        request, "web/user-new.html", status=error.status if error else 200, new=new, roles=list(Role),
        agents=_agents(web), refusal=refusal,
    )


def _agents(web: Web) -> list[tuple[str, str]]:
    return [(agent_id, agent.name) for agent_id, agent in web.settings.agents.items()]


def _check_agent(web: Web, agent: str | None) -> None:
    if agent is not None and agent not in web.settings.agents:
        raise NoSuchAgentError(agent=agent)


def _by(request: Request, user: User) -> By:
    return By(user.actor, visitor_of(request).address)
