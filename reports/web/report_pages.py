"""The reports' pages: an index by theme, and each report at an address that holds all that was asked for."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from foundation.calendars import calendar_of
from foundation.provinces import UNKNOWN, all_provinces
from foundation.settings import Settings
from foundation.web.guards import signed_in
from foundation.web.pages import page
from foundation.web.refusals import NotPermittedError
from foundation.web.roles import Role, User
from reports.callers.provinces_sheet import province_title
from reports.catalog import REPORTS, find_report
from reports.forms.files import Form
from reports.frame.parameters import (
    AGENTS,
    CALENDAR,
    FROM,
    PERIOD,
    PROVINCE,
    QUEUES,
    TIME,
    WHOLE_NUMBERS,
    Pairs,
    Parameter,
    ParameterError,
)
from reports.frame.refusals import choice_title, refusal_text
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Sheet
from reports.frame.tables import Teller, gap_lines
from reports.queues.queue import ReportError
from reports.web.asking import CALLERS, asked_pairs, context_of, made_sheet
from reports.web.report_chart import Drawing, draw_section
from reports.web.report_view import ReportView, Table

router = APIRouter(prefix="/reports")
READERS = (Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR)
Reader = Annotated[User, Depends(signed_in(*READERS))]
Name = Annotated[str, Path(max_length=60)]
ROWS = 200
"""Of a table on one page."""
DRAW, FIRST, COLUMNS = "draw", "first", "columns"
EMPTY = {PERIOD.name: "reports.own-time", CALENDAR.name: "reports.site"}
"""What choosing nothing is called, where it is not any."""
OWN = (DRAW, FIRST, COLUMNS)
"""What the page is asked for besides the report's own parameters."""


@dataclass(frozen=True, slots=True)
class Field:
    """One line of the form."""

    name: str
    title: str
    kind: str
    """choice, checks, check or text."""
    values: Sequence[str]
    options: Sequence[tuple[str, str]] = ()
    empty: str = ""
    """What the choice of nothing is called."""


@router.get("", response_model=None)
async def show_index(request: Request, user: Reader) -> HTMLResponse:
    """All reports that this one may read."""
    groups: dict[Group, list[Report]] = defaultdict(list)
    for report in REPORTS:
        if user.may(*report.roles):
            groups[report.group].append(report)
    return page(request, "reports/reports.html", groups=[(group, groups[group]) for group in Group if groups[group]])


@router.get("/{name}", response_model=None)
async def show_report(request: Request, user: Reader, name: Name) -> Response:
    """The report that the address asks for; what cannot be is told beside the form."""
    report = find_report(name)
    if not user.may(*report.roles):
        raise NotPermittedError
    asked, own = _asked(request)
    if any(not value.strip() for _, value in request.query_params.multi_items()):
        return RedirectResponse(_address(name, request.query_params.multi_items()), 303)
    context = context_of(request)
    form = _Form(report, user, context, asked)
    try:
        parameters = report.read(asked, context)
        sheet = await made_sheet(request, report, parameters, context)
    except (ParameterError, ReportError) as error:
        return page(request, "reports/report.html", status=422, report=report, fields=form.fields(), sheet=None,
                    refusal=refusal_text(error, context.texts), asked=asked)
    shown = _Shown(sheet, context, own, asked)
    return page(
        request, "reports/report.html", report=report, fields=form.fields(), sheet=sheet, refusal="", asked=asked,
        **shown.values(),
        exports=[(one, f"/api/v1/reports/{name}?{urlencode([*asked, ('format', one.value)])}")
                 for one in (Form.CSV, Form.XLSX, Form.PDF, Form.JSON)],
    )


def _address(name: str, pairs: Pairs) -> str:
    """Without what a form sends empty: what people pass on is short, and the same for the same report."""
    kept = [(key, value) for key, value in pairs if value.strip()]
    return f"/reports/{name}?{urlencode(kept)}" if kept else f"/reports/{name}"


def _asked(request: Request) -> tuple[Pairs, dict[str, str]]:
    pairs = asked_pairs(request)
    return [pair for pair in pairs if pair[0] not in OWN], {key: value for key, value in pairs if key in OWN}


@dataclass(frozen=True, slots=True)
class _Form:
    report: Report
    user: User
    context: Context
    asked: Pairs

    def fields(self) -> list[Field]:
        known = [*TIME, *self.report.parameters]
        if not self.user.may(*CALLERS):
            known = [one for one in known if one.name != WHOLE_NUMBERS.name]
        return [self._field(one) for one in known]

    def _field(self, one: Parameter[Any]) -> Field:
        texts, values = self.context.texts, [value for name, value in self.asked if name == one.name]
        title = texts(f"parameter.{one.name}")
        options = self._options(one)
        if one.name == FROM.name and not values and PERIOD.name not in dict(self.asked):
            values = [self.report.default_from]
        if one.flag:
            return Field(one.name, title, "check", values)
        if one.many and options:
            return Field(one.name, title, "checks", values, options)
        if options:
            empty = texts(EMPTY.get(one.name, "reports.any"))
            chosen = values or ([str(one.default)] if one.default else [])
            return Field(one.name, title, "choice", chosen, options, "" if one.default else empty)
        return Field(one.name, title, "text", values)

    def _options(self, one: Parameter[Any]) -> list[tuple[str, str]]:
        settings = self.context.settings
        if one.name == QUEUES.name:
            return [(name, self.context.teller.queue(name)) for name in settings.queues]
        if one.name == AGENTS.name:
            return _agents(settings)
        if one.name == PROVINCE.name:
            provinces = [(name, each.titles[self.context.texts.language]) for name, each in all_provinces().items()]
            return [*provinces, (UNKNOWN, province_title(UNKNOWN, self.context))]
        return [(choice, choice_title(one.name, choice, self.context.texts)) for choice in one.choices if choice]


def _agents(settings: Settings) -> list[tuple[str, str]]:
    return [(name, f"{agent.name} ({name})" if agent.name else name) for name, agent in settings.agents.items()]


def _time(sheet: Sheet, teller: Teller) -> tuple[str, str]:
    return teller.moment(sheet.interval.start), teller.moment(sheet.interval.end)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the page's template is given of a sheet."""

    sheet: Sheet
    context: Context
    own: dict[str, str]
    asked: Pairs

    def values(self) -> dict[str, Any]:
        teller = Teller(self.context.settings, self.sheet, self.context.texts)
        view = ReportView(self.sheet, teller)
        tables = list(self._tables(view))
        return {
            "time": _time(self.sheet, teller), "view": view, "tables": tables,
            "drawings": [self._drawing(number, teller) for number in range(len(tables))],
            "tiles": view.tiles(), "moved": view.moved(), "gaps": [line.plain for line in gap_lines(
                self.sheet.gaps, teller)],
            "provisional": self._provisional(teller), "earlier": self._earlier(teller),
            "known_since": self._known_since(teller), "link": self.link,
            "wide": self.own.get(COLUMNS) == "all",
        }

    def _tables(self, view: ReportView) -> Iterable[Table]:
        first = self.own.get(FIRST, "0")
        for number in range(len(self.sheet.sections)):
            start = int(first) if number == 0 and first.isascii() and first.isdigit() and len(first) < 8 else 0
            yield view.table(number, everything=self.own.get(COLUMNS) == "all", first=start // ROWS * ROWS, most=ROWS)

    def _drawing(self, number: int, teller: Teller) -> Drawing | None:
        earlier = self.sheet.earlier.sections if self.sheet.earlier else ()
        return draw_section(
            self.sheet.sections[number], teller, wanted=self.own.get(DRAW, ""), calendar=calendar_of(teller.language),
            earlier=earlier[number] if number < len(earlier) else None, zone=self.sheet.zone.key,
            until=self.sheet.interval.end)

    def _provisional(self, teller: Teller) -> str:
        until = self.sheet.provisional_until
        return "" if until is None else teller.moment(until)

    def _known_since(self, teller: Teller) -> str:
        return "" if self.sheet.known_since is None else teller.moment(self.sheet.known_since)

    def _earlier(self, teller: Teller) -> str:
        return "" if self.sheet.earlier is None else " – ".join(_time(self.sheet.earlier, teller))

    def link(self, **changed: object) -> str:
        """The page's address with something else in it; None takes it away."""
        pairs = [*self.asked, *self.own.items()]
        kept = [(name, value) for name, value in pairs if name not in changed]
        kept += [(name, str(value)) for name, value in changed.items() if value is not None]
        return f"/reports/{self.sheet.name}?{urlencode(kept)}"


