"""`bin/pasokh holidays`: the calendar by which deadlines run, and open deadlines reckoned anew after a correction."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from followups.deadlines.keeper import DeadlineKeeper, Moved
from followups.deadlines.working_days import DayKind, DayState, WorkingDays
from followups.service import deadline_keeper
from foundation.calendars import MomentError, day_text, moment_text, parse_moment
from foundation.database import Database
from pasokh.case_site import CaseSite, actor_of, console
from pasokh.commands.case_looking import Form, FormOption
from pasokh.refusal import RefusedError

app = typer.Typer(no_args_is_help=True, help="Working days and holidays; open deadlines after a correction of them.")
LONGEST = 1100


@app.command("show")
def show(
    *,
    from_: Annotated[str, typer.Option("--from", help="The first day: 1405-09-01, 2026-11-22, today.")] = "today",
    days: Annotated[int, typer.Option("--days", min=1, max=LONGEST, help="How many.")] = 90,
    every: Annotated[bool, typer.Option("--all", help="Also ordinary working days and days off of the week.")] = False,
    form: FormOption = Form.TABLE,
) -> None:
    """The days that are no ordinary ones, why, and which of them may still move with the moon."""
    site = CaseSite.open()
    book, language = site.words.book, site.words.language
    today = datetime.now(UTC).astimezone(book.zone).date()
    calendar, first = WorkingDays(book.holidays, today), _day(from_, site)
    states = [calendar.state(first + timedelta(days=number)) for number in range(days)]
    wanted = [state for state in states if every or _is_special(state)]
    if form is Form.JSON:
        print(json.dumps([{"day": one.day.isoformat(), "kind": one.kind.value, "why": one.why,
                           "provisional": one.provisional} for one in wanted], ensure_ascii=False, indent=2))
        return
    texts = site.words.t
    table = Table(box=None, show_header=False)
    for one in wanted:
        note = texts("holidays.provisional") if one.provisional else ""
        why = one.why if one.kind in {DayKind.HOLIDAY, DayKind.CLOSED} else ""
        table.add_row(day_text(one.day, language), texts(f"holidays.weekday.{one.day.isoweekday()}"),
                      texts(f"holidays.kind.{one.kind.value}"), why, note)
    console().print(table)


@app.command("apply")
def apply(
    *, by: Annotated[str, typer.Option("--by", help="Who corrects it; your user's name unless given.")] = "",
) -> None:
    """Reckon all open deadlines by the holidays of site.yaml as they are now; each that moves says so in its history.

    The running line does the same at `bin/pasokh apply` and after every midnight.
    """
    site = CaseSite.open()

    async def reckon(database: Database) -> list[Moved]:
        keeper: DeadlineKeeper = deadline_keeper(site.site.home, site.site.settings, database)
        return await keeper.reckon_anew(actor_of(by))

    moved, words = site.with_database(reckon), site.words
    table = Table(box=None, show_header=False)
    for one in moved:
        before = "–" if one.before_ms is None else _moment(one.before_ms, site)
        note = words.t("holidays.provisional") if one.provisional else ""
        table.add_row(words.code(one.code), before, "→", _moment(one.due_ms, site), note)
    console().print(table if moved else Text(words.t("holidays.unmoved")))


def _is_special(state: DayState) -> bool:
    return state.kind in {DayKind.HOLIDAY, DayKind.CLOSED} or state.provisional


def _moment(ms: int, site: CaseSite) -> str:
    return moment_text(datetime.fromtimestamp(ms / 1000, site.words.book.zone), site.words.language)


def _day(written: str, site: CaseSite) -> date:
    try:
        moment = parse_moment(written, site.words.book.zone, datetime.now(UTC))
    except MomentError as error:
        raise RefusedError(str(error)) from error
    return moment.astimezone(site.words.book.zone).date()
