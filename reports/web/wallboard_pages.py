"""The wallboard: its page, its stream, and the door for screens."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse

from callqueue.metrics import Unit, passports
from foundation.catalogue import Texts
from foundation.text import duration_text
from foundation.web.audit_log import Act, record
from foundation.web.forms import cookie_name
from foundation.web.guards import open_to_all, visitor_of
from foundation.web.live import LiveEvent, Pictures, live_response
from foundation.web.pages import page, page_values
from foundation.web.roles import User
from foundation.web.site import Web, texts_of, web_of
from reports.frame.reading import rulebook
from reports.frame.tables import Teller
from reports.web.wallboard_day import DayKeeper
from reports.web.wallboard_screens import COOKIE, LOOKERS, ScreenGuard, admits, find_screen, keep_screen
from reports.web.wallboard_view import STATES, board_of

SHOWN = (
    "service_level", "service_level_human", "abandonment_rate", "left_for_callback", "refused_full", "refused_empty",
    "refused_closed", "refused_busy", "interrupted", "lost_in_menu",
)
"""Figures on the board, with their passports."""
SCRIPT, STYLE = "bundles/wallboard.js", "reports/wallboard.css"
FORBIDDEN = 403

Looker = Annotated[User, Depends(ScreenGuard(*LOOKERS))]
Anybody = Annotated[User | None, Depends(open_to_all)]
Site = Annotated[Web, Depends(web_of)]


def wallboard_pages(days: DayKeeper) -> APIRouter:
    router = APIRouter(prefix="/wallboard")

    @router.get("", response_model=None)
    async def show_board(request: Request, web: Site, user: Looker) -> HTMLResponse:  # noqa: ARG001
        pieces = {event.name: event.html for event in _Stream(request, days).render(web.live.pictures)}
        t = texts_of(request)
        answer = page(
            request, "reports/wallboard.html", pieces=pieces, passports=_passports(t), rules=_rules(web, t),
            queues=[(name, queue.title.get(t.language, name)) for name, queue in web.settings.queues.items()],
        )
        key = request.cookies.get(cookie_name(request, COOKIE))
        if key:
            keep_screen(request, answer, key)
        return answer

    @router.get("/live", response_model=None)
    async def stream(request: Request, web: Site, user: Looker) -> StreamingResponse:  # noqa: ARG001
        return live_response(request, web.live, _Stream(request, days).render, admits)

    @router.get("/screen", response_model=None)
    async def show_screen_door(request: Request, user: Anybody) -> HTMLResponse:  # noqa: ARG001
        return page(request, "reports/wallboard-screen.html", refusal="")

    @router.post("/screen", response_model=None)
    async def enter(
        request: Request, web: Site, user: Anybody, key: Annotated[str, Form(max_length=200)],  # noqa: ARG001
    ) -> Response:
        screen = await find_screen(request, key.strip())
        if screen is None:
            refusal = texts_of(request)("wallboard.screen.wrong")
            return page(request, "reports/wallboard-screen.html", status=FORBIDDEN, refusal=refusal)
        act = Act(screen.actor, "wallboard.screen", screen.id, None, visitor_of(request).address)
        async with web.database.write() as connection:
            await record(connection, act, web.clock())
        answer = RedirectResponse("/wallboard", 303)
        keep_screen(request, answer, key.strip())
        return answer

    return router


class _Stream:
    """What open boards of one language are sent; made once for all of them."""

    def __init__(self, request: Request, days: DayKeeper) -> None:
        self._web, self._days, values = web_of(request), days, page_values(request)
        self._values = {name: values[name] for name in ("t", "language", "zone")}
        self._pieces = self._web.templates.get_template("reports/wallboard-pieces.html")

    def render(self, _pictures: Pictures) -> Iterable[LiveEvent]:
        self._days.look()
        events: Sequence[LiveEvent] = self._web.live.once(("wallboard", self._values["language"]), self._events)
        return events

    def _events(self, pictures: Pictures) -> Sequence[LiveEvent]:
        web, now = self._web, self._web.clock()
        board = board_of(pictures, self._days.figures, web.settings, self._values["language"], now)
        teller = Teller(web.settings, web, self._values["t"])
        pieces: Any = self._pieces.make_module(self._values | {
            "board": board, "now_ms": now, "states": STATES,
            "ratio": lambda value: teller.value(value, Unit.RATIO),
            "count": lambda value: teller.value(value, Unit.COUNT),
        })
        return [
            LiveEvent("clock", pieces.clock(web.assets.url(SCRIPT) + web.assets.url(STYLE))),
            LiveEvent("whole", pieces.whole()),
            LiveEvent("figures", pieces.figures()),
            *(LiveEvent(f"queue-{one.name}", pieces.queue(one)) for one in board.queues),
        ]


def _passports(t: Texts) -> Sequence[tuple[str, str, str, str]]:
    """Of each figure: its name, its id and version, its formula in the reader's words, and what it is made of."""
    known = passports()
    return [
        (t(f"figure.{name}"), f"{name} v{known[name].version}",
         t(f"formula.{name}") if f"formula.{name}" in t.messages else known[name].formula,
         f"{known[name].evidence}; {known[name].resolution}")
        for name in SHOWN
    ]


def _rules(web: Web, t: Texts) -> Sequence[str]:
    """T, S and W of every queue, a sentence each."""
    book, lines = rulebook(web.settings), []
    for name, queue in web.settings.queues.items():
        rules = book.of(name)
        shown = {
            "threshold": rules.service_threshold, "short": rules.short_abandon, "window": rules.contact_window,
        }
        times = {word: duration_text(seconds, t.language) for word, seconds in shown.items()}
        lines.append(t("report.rules", queue=queue.title.get(t.language, name), **times))
    return lines
