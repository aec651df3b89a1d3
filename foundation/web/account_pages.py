"""One's own account: password, sessions, sign-out everywhere."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from foundation.web.accounts import By
from foundation.web.forms import session_cookie
from foundation.web.guards import note, signed_in, visitor_of
from foundation.web.pages import page
from foundation.web.refusals import WeakPasswordError, WrongPasswordError
from foundation.web.roles import Role, User
from foundation.web.sessions import digest
from foundation.web.site import Web, texts_of, web_of

router, api = APIRouter(prefix="/account"), APIRouter()
Site = Annotated[Web, Depends(web_of)]
Known = Annotated[User, Depends(signed_in(given_password=True))]
Me = Annotated[User, Depends(signed_in())]
Password = Annotated[str, Form(max_length=1000)]


@router.get("", response_model=None)
async def show_account(request: Request, web: Site, user: Me) -> HTMLResponse:
    own = digest(request.cookies.get(session_cookie(request), ""))
    sessions = await web.sessions.list(user.id)
    return page(request, "web/account.html", sessions=sessions, own=own)


@router.get("/password", response_model=None)
async def show_password(request: Request, _user: Known) -> HTMLResponse:
    return page(request, "web/password.html", refusal="")


@router.post("/password", response_model=None)
async def change_password(  # noqa: PLR0917 - fields of the form
    request: Request, web: Site, user: Known, old: Password, new: Password, again: Password,
) -> Response:
    t = texts_of(request)
    if new != again:
        return page(request, "web/password.html", status=400, refusal=t("web.password.not-the-same"))
    keep = request.cookies.get(session_cookie(request))
    try:
        await web.accounts.change_password(user, old, new, visitor_of(request).address, keep=keep)
    except (WrongPasswordError, WeakPasswordError) as error:
        refusal = t(f"web.refused.{error.name}", **error.values)
        return page(request, "web/password.html", status=error.status, refusal=refusal)
    return RedirectResponse("/?said=password-changed" if user.must_change else "/account?said=password-changed", 303)


@router.post("/sessions/{session_id}/end", response_model=None)
async def end_session(request: Request, web: Site, user: Me, session_id: str) -> Response:
    await web.sessions.end_one(user.id, session_id)
    await note(request, "session.end", user.id)
    return RedirectResponse("/account?said=session-ended", 303)


@router.post("/sign-out-everywhere", response_model=None)
async def sign_out_everywhere(request: Request, web: Site, user: Me) -> Response:
    """Also in the browser that asks."""
    await web.accounts.sign_out(user.id, By(user.actor, visitor_of(request).address))
    return RedirectResponse("/sign-in", 303)


class Person(BaseModel):
    """Who asks."""

    id: str
    name: str
    roles: list[Role]
    agent: str | None


@api.get("/me")
async def tell_me(user: Me) -> Person:
    """Whose token this is, and what it may do."""
    return Person(id=user.id, name=user.name, roles=sorted(user.roles), agent=user.agent)


__all__ = ["api", "router"]
