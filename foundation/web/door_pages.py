"""In and out: sign-in, sign-out, the choice of language and light, the first page."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import text

from foundation.web.forms import is_secure, session_cookie, stranger_cookie
from foundation.web.guards import note, open_to_all, signed_in, visitor_of
from foundation.web.language import COOKIE, known_language
from foundation.web.pages import THEME_COOKIE, THEMES, YEAR_SECONDS, nav_for, page
from foundation.web.refusals import TooManyTriesError, WrongSignInError
from foundation.web.roles import User
from foundation.web.site import Web, texts_of, web_of

router = APIRouter()
Site = Annotated[Web, Depends(web_of)]
Anybody = Annotated[User | None, Depends(open_to_all)]
Known = Annotated[User, Depends(signed_in(given_password=True))]


@router.get("/health", response_model=None)
async def tell_health(web: Site, _user: Anybody) -> dict[str, str]:
    """Whether pages can be served; a database that is away is a 503."""
    async with web.database.read() as connection:
        await connection.execute(text("SELECT 1"))
    return {"status": "good"}


@router.get("/", response_model=None)
async def show_home(request: Request, _user: Annotated[User, Depends(signed_in())]) -> HTMLResponse:
    return page(request, "web/home.html", places=list(nav_for(web_of(request), request)))


@router.get("/sign-in", response_model=None)
async def show_door(request: Request, user: Anybody) -> Response:
    wanted = own_path(request.query_params.get("next"))
    if user is not None:
        return RedirectResponse(wanted, 303)
    return _door(request, wanted)


@router.post("/sign-in", response_model=None)
async def sign_in(
    request: Request, web: Site, _user: Anybody, name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=1000)], wanted: Annotated[str, Form(max_length=500)] = "/",
) -> Response:
    try:
        key = await web.door.sign_in(name, password, visitor_of(request))
    except (WrongSignInError, TooManyTriesError) as error:
        refusal = texts_of(request)(f"web.refused.{error.name}", **error.values)
        return _door(request, own_path(wanted), name, refusal, error.status)
    before = request.cookies.get(session_cookie(request))
    if before:
        await web.sessions.end(before)
    answer = RedirectResponse(own_path(wanted), 303)
    set_session(request, answer, key)
    return answer


@router.post("/sign-out", response_model=None)
async def sign_out(request: Request, web: Site, _user: Known) -> Response:
    key = request.cookies.get(session_cookie(request))
    if key:
        await web.sessions.end(key)
        await note(request, "session.end")
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(session_cookie(request), path="/", secure=is_secure(request), httponly=True, samesite="lax")
    answer.headers["clear-site-data"] = '"cache"'
    return answer


@router.post("/preferences", response_model=None)
async def choose(
    request: Request, web: Site, user: Anybody, language: Annotated[str, Form(max_length=5)] = "",
    theme: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Language and light, for strangers too; back to where one was."""
    answer = RedirectResponse(own_path(request.query_params.get("next")), 303)
    chosen = known_language(language)
    secure = is_secure(request)
    if chosen:
        answer.set_cookie(COOKIE, chosen, max_age=YEAR_SECONDS, httponly=True, secure=secure, samesite="lax")
        if user is not None:
            await web.accounts.choose_language(user.id, chosen)
    if theme in THEMES:
        answer.set_cookie(THEME_COOKIE, theme, max_age=YEAR_SECONDS, httponly=True, secure=secure, samesite="lax")
    return answer


def _door(request: Request, wanted: str, name: str = "", refusal: str = "", status: int = 200) -> HTMLResponse:
    openid, t = web_of(request).settings.web.openid, texts_of(request)
    title = openid.title.get(t.language, t("web.sign-in.openid")) if openid else ""
    return page(request, "web/sign-in.html", status=status, wanted=wanted, name=name, refusal=refusal, openid=title)


def set_session(request: Request, answer: Response, key: str) -> None:
    """Give the browser the key of its session; it ends with the browser."""
    answer.set_cookie(
        session_cookie(request), key, httponly=True, secure=is_secure(request), samesite="lax", path="/",
    )
    answer.delete_cookie(stranger_cookie(request), path="/", secure=is_secure(request), httponly=True)


def own_path(wanted: str | None) -> str:
    """A path of ours to go to; never another site's."""
    is_ours = wanted and wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if wanted and is_ours else "/"
