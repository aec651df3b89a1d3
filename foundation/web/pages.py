"""Renders pages: a template of a room inside the layout, in the language and with the rights of the one who asks."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemBytecodeCache,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    pass_context,
)
from jinja2.runtime import Context
from markupsafe import Markup, escape

from foundation.calendars import clock_text, day_text, moment_text
from foundation.settings import LANGUAGES
from foundation.text import digits, duration_text, number_text, percent_text
from foundation.web.assets import Assets
from foundation.web.forms import form_token, is_secure, stranger_cookie
from foundation.web.language import COOKIE, PARAMETER, direction, known_language, language_of
from foundation.web.rooms import NavItem, WebRoom
from foundation.web.site import Web, user_of, web_of

LAYOUTS = Path(__file__).parent / "templates"
THEME_COOKIE = "pasokh-theme"
THEMES = ("auto", "light", "dark")
YEAR_SECONDS = 31_536_000
SAID = re.compile(r"[a-z][a-z.-]{1,60}")


def page(request: Request, template: str, /, *, status: int = 200, block: str = "", **values: Any) -> HTMLResponse:
    """A room's template as an answer; `block`: only that block of it, for htmx to put into a page."""
    web = web_of(request)
    context = page_values(request) | values
    found = web.templates.get_template(template)
    text = "".join(found.blocks[block](found.new_context(context))) if block else found.render(context)
    answer = HTMLResponse(text, status)
    _keep_choices(request, answer)
    return answer


def page_values(request: Request) -> dict[str, Any]:
    """What every template may use."""
    web, user, language = web_of(request), user_of(request), language_of(request)
    t = web.catalogue.texts(language)
    said = request.query_params.get("said", "")
    theme = request.cookies.get(THEME_COOKIE, "auto")
    return {
        "t": t, "language": language, "languages": LANGUAGES, "direction": direction(language), "user": user,
        "nav": [] if user is None or user.must_change else list(nav_for(web, request)), "path": request.url.path,
        "csrf": form_token(request), "theme": theme if theme in THEMES else "auto", "themes": THEMES,
        "line": web.settings.site.number, "zone": web.zone, "now_ms": web.clock(),
        "said": t(f"said.{said}") if SAID.fullmatch(said) and f"said.{said}" in t.messages else "",
    }


def nav_for(web: Web, request: Request) -> Iterable[NavItem]:
    """What this user may see."""
    user = user_of(request)
    items = sorted((item for room in web.rooms for item in room.nav), key=lambda item: item.order)
    return (item for item in items if user is not None and user.may(*item.roles))


def _keep_choices(request: Request, answer: HTMLResponse) -> None:
    """Cookies of a stranger's form and of a language chosen by link."""
    secret = request.scope["state"].get("new_form_secret")
    if secret:
        answer.set_cookie(
            stranger_cookie(request), secret, httponly=True, secure=is_secure(request), samesite="strict", path="/",
        )
    chosen = known_language(request.query_params.get(PARAMETER))
    if chosen:
        answer.set_cookie(
            COOKIE, chosen, max_age=YEAR_SECONDS, httponly=True, secure=is_secure(request), samesite="lax", path="/",
        )


def template_environment(rooms: Iterable[WebRoom], assets: Assets) -> Environment:
    """The templates of all rooms by their names, and the filters for numbers and times."""
    folders: Mapping[str, FileSystemLoader] = {
        room.name: FileSystemLoader(room.templates) for room in rooms if room.templates is not None
    }
    found = Environment(
        loader=ChoiceLoader([PrefixLoader(folders), FileSystemLoader(LAYOUTS)]), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False,
        bytecode_cache=FileSystemBytecodeCache(),  # compiled once for this user, not at every start
    )
    found.globals["asset"] = assets.url
    found.filters |= {
        "number": _number, "percent": _percent, "duration": _duration, "digits": _digits, "moment": _moment,
        "day": _day, "clock": _clock, "commands": commands,
    }
    return found


def commands(text: str) -> Markup:
    """Commands in a text stand between backticks; on a page as code, from the left to the right in every language."""
    return Markup("").join(
        Markup('<code dir="ltr">{}</code>').format(piece) if place % 2 else escape(piece)
        for place, piece in enumerate(text.split("`")))


@pass_context
def _number(context: Context, value: float | None, decimals: int = 0) -> str:
    return "–" if value is None else number_text(value, context["language"], decimals)


@pass_context
def _percent(context: Context, ratio: float | None, decimals: int = 1) -> str:
    return percent_text(ratio, context["language"], decimals)


@pass_context
def _duration(context: Context, seconds: float | None) -> str:
    return duration_text(seconds, context["language"])


@pass_context
def _digits(context: Context, text: object) -> str:
    return digits(str(text), context["language"])


@pass_context
def _moment(context: Context, at_ms: int | None, *, seconds: bool = False) -> str:
    """Day and time of epoch milliseconds, in the site's zone and the language's calendar."""
    return "–" if at_ms is None else moment_text(_local(context, at_ms), context["language"], seconds=seconds)


@pass_context
def _day(context: Context, at_ms: int | None) -> str:
    return "–" if at_ms is None else day_text(_local(context, at_ms).date(), context["language"])


@pass_context
def _clock(context: Context, at_ms: int | None, *, seconds: bool = False) -> str:
    return "–" if at_ms is None else clock_text(_local(context, at_ms), context["language"], seconds=seconds)


def _local(context: Context, at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, context["zone"])
