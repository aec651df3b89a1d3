"""To the site's OpenID provider, and back."""

import hmac
import json
from dataclasses import asdict
from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from foundation.web.door_pages import own_path, set_session
from foundation.web.forms import cookie_name, is_secure
from foundation.web.guards import open_to_all, visitor_of
from foundation.web.openid import Errand, OpenIdProvider
from foundation.web.refusals import OpenIdRefusedError
from foundation.web.roles import User
from foundation.web.site import Web, web_of

router = APIRouter(prefix="/sign-in/openid")
Site = Annotated[Web, Depends(web_of)]
Anybody = Annotated[User | None, Depends(open_to_all)]
ERRAND_SECONDS = 600
BACK = "/sign-in/openid/back"


@router.get("", response_model=None)
async def send(request: Request, web: Site, _user: Anybody) -> Response:
    errand = Errand.new()
    answer = RedirectResponse(await _provider(web).address(errand, _back(request)), 303)
    kept = json.dumps({**asdict(errand), "next": own_path(request.query_params.get("next"))})
    answer.set_cookie(
        cookie_name(request, "pasokh-openid"), quote(kept), max_age=ERRAND_SECONDS, httponly=True,
        secure=is_secure(request), samesite="lax", path="/",
    )
    return answer


@router.get("/back", response_model=None)
async def come_back(
    request: Request, web: Site, _user: Anybody, state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
) -> Response:
    errand, wanted = _errand(request)
    if not code or not hmac.compare_digest(state.encode(), errand.state.encode()):
        raise OpenIdRefusedError
    person = await _provider(web).person(code, errand, _back(request))
    key = await web.door.admit(person, visitor_of(request))
    answer = RedirectResponse(wanted, 303)
    set_session(request, answer, key)
    answer.delete_cookie(cookie_name(request, "pasokh-openid"), path="/", secure=is_secure(request), httponly=True)
    return answer


def _provider(web: Web) -> OpenIdProvider:
    if web.openid is None:
        raise HTTPException(404)
    return web.openid


def _back(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}{BACK}"


def _errand(request: Request) -> tuple[Errand, str]:
    try:
        kept = json.loads(unquote(request.cookies[cookie_name(request, "pasokh-openid")]))
        return Errand(kept["state"], kept["nonce"], kept["verifier"]), own_path(kept["next"])
    except (KeyError, ValueError, TypeError) as error:
        raise OpenIdRefusedError from error
