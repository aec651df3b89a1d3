"""Screens on walls: they show the board for months by a key of their own, which opens nothing else."""

from fastapi import Request, Response

from foundation.web.forms import cookie_name, is_secure
from foundation.web.guards import Guard, still_admitted
from foundation.web.refusals import NotPermittedError, NotSignedInError
from foundation.web.roles import Role, User
from foundation.web.site import user_of, web_of

COOKIE = "pasokh-screen"
KEPT_SECONDS = 400 * 86_400
"""As long as browsers keep a cookie at most; the key's own end is in the database."""
LOOKERS = (Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR, Role.SCREEN)


class ScreenGuard(Guard):
    """Lets in who may see the wallboard, and screens with a key."""

    async def __call__(self, request: Request) -> User:
        try:
            return await super().__call__(request)
        except (NotSignedInError, NotPermittedError):
            screen = await screen_of(request)
            if screen is None:
                raise
            return screen


async def find_screen(request: Request, key: str) -> User | None:
    """Whose key it is: a token (`bin/pasokh token`) with the role `screen`."""
    user = await web_of(request).tokens.find(key)
    return user if user is not None and user.may(Role.SCREEN) else None


async def screen_of(request: Request) -> User | None:
    key = request.cookies.get(cookie_name(request, COOKIE))
    return await find_screen(request, key) if key else None


async def admits(request: Request) -> bool:
    """Whether a board that is open may stay so."""
    if user_of(request) is not None and await still_admitted(request):
        return True
    return await screen_of(request) is not None


def keep_screen(request: Request, answer: Response, key: str) -> None:
    """Give the browser the key."""
    answer.set_cookie(
        cookie_name(request, COOKIE), key, max_age=KEPT_SECONDS, httponly=True, secure=is_secure(request),
        samesite="lax", path="/",
    )
