"""Requests that change something must come from our own pages: their headers say so, and a token only those have."""

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from fastapi import Request

from foundation.web.refusals import ForeignFormError

FIELD = "csrf"
HEADER = "x-csrf-token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def is_secure(request: Request) -> bool:
    return request.url.scheme in {"https", "wss"}


def cookie_name(request: Request, name: str) -> str:
    """`__Host-` binds a cookie to this host and to https; a browser takes no such cookie over http."""
    return f"__Host-{name}" if is_secure(request) else name


def session_cookie(request: Request) -> str:
    return cookie_name(request, "pasokh-session")


def stranger_cookie(request: Request) -> str:
    """Of one who is not signed in: it only ties the sign-in form to this browser."""
    return cookie_name(request, "pasokh-form")


def form_secret(request: Request) -> str:
    """What this browser holds and no other knows; one is made up for a browser without."""
    known = request.cookies.get(session_cookie(request)) or request.cookies.get(stranger_cookie(request))
    if not known:
        known = request.scope["state"].setdefault("new_form_secret", secrets.token_urlsafe(24))
    return known


def form_token(request: Request) -> str:
    """What our pages put into their forms; of no use to find the secret."""
    return hashlib.sha256(f"pasokh form {form_secret(request)}".encode()).hexdigest()


async def check_form(request: Request) -> None:
    """A dependency of every route.

    Raises:
        ForeignFormError: the request changes something and is not from one of our own pages.
    """
    if request.method in SAFE or _by_token(request):
        return
    if not is_from_here(request):
        raise ForeignFormError
    given = request.headers.get(HEADER)
    if given is None:
        value = (await request.form()).get(FIELD)
        given = value if isinstance(value, str) else ""
    if not hmac.compare_digest(given.encode(), form_token(request).encode()):
        raise ForeignFormError


def is_from_here(request: Request) -> bool:
    """By the two headers that a page's script cannot set; browsers that send neither are left to the token."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _by_token(request: Request) -> bool:
    # A browser adds cookies by itself, but never this header.
    return request.headers.get("authorization", "").lower().startswith("bearer ")
