"""`bin/pasokh action`: corrective actions, from the fault that was seen to the measured effect of its mending."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime, time
from typing import Annotated, TypeVar

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from followups.faults.corrective import Scope
from followups.faults.corrective_desk import ActionView, CorrectiveDesk, NewAction
from foundation.calendars import MomentError, day_text, moment_text, parse_moment
from pasokh.case_site import CaseSite, actor_of, code_of, console
from pasokh.commands.case_cause import causes_of
from pasokh.commands.case_looking import Form, FormOption
from pasokh.refusal import RefusedError
from reports.cases.action_words import action_state, tell_effect, tell_scope
from reports.cases.names import CaseNames, case_names

app = typer.Typer(no_args_is_help=True, help="Corrective actions: a fault, who mends it, and whether that helped.")
COLUMNS = ("id", "due", "owner", "unit", "title", "state")

Number = Annotated[int, typer.Argument(help="Of the action, as `action list` shows it.", min=1)]
Codes = Annotated[list[str], typer.Argument(help="Tracking codes of cases that show the fault.")]
By = Annotated[str, typer.Option("--by", help="Who does it; your user's name unless given.")]
Version = Annotated[int | None, typer.Option("--version", help="Refuse if it was changed after this version.")]
Result = TypeVar("Result")


@app.command("open")
def open_action(
    *,
    title: Annotated[str, typer.Option("--title", help="What is wrong, and what shall be done.")],
    unit: Annotated[str, typer.Option("--unit", help="That mends it, as `case unit list` shows them.")],
    owner: Annotated[str, typer.Option("--owner", help="The person who answers for it.")],
    due: Annotated[str, typer.Option("--due", help="The last day: 1405-10-30, 2027-01-20.")],
    subject: Annotated[str | None, typer.Option("--subject", help="Its cases, with those below it.")] = None,
    cause: Annotated[str | None, typer.Option("--cause")] = None,
    province: Annotated[str | None, typer.Option("--province")] = None,
    case: Annotated[list[str] | None, typer.Option("--case", help="A case that shows the fault; repeatable.")] = None,
    by: By = "",
) -> None:
    """Open an action; subject, cause and province say which cases its effect is measured by."""
    site = CaseSite.open()
    codes = [code_of(one) for one in case or []]
    wish = NewAction(title, unit, owner, _last_second(due, site), Scope(subject, cause, province), codes)
    action = _work(site, lambda desk: desk.open(wish, actor_of(by)))
    console().print(str(action.id))


@app.command("list")
def list_actions(
    *,
    every: Annotated[bool, typer.Option("--all", help="Also the closed ones.")] = False,
    form: FormOption = Form.TABLE,
) -> None:
    """The actions by their deadline."""
    site = CaseSite.open()
    found = _work(site, lambda desk: desk.list(closed_too=every))
    if form is Form.JSON:
        print(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=2))
        return
    names = _names(site)
    table = Table(*(names.texts(f"action.{name}") for name in COLUMNS), box=None)
    for one in found:
        late = one.closed_ms is None and one.due_ms < names.book.now_ms()
        table.add_row(str(one.id), _day(one.due_ms, names), one.owner, names.of("unit", one.unit), one.title,
                      names.texts(f"action.state.{action_state(one)}"), style="red" if late else None)
    console().print(table)


@app.command()
def show(action: Number, *, form: FormOption = Form.TABLE) -> None:
    """One action: its scope, cases, history, and the effect of its mending."""
    site = CaseSite.open()
    view = _work(site, lambda desk: desk.show(action))
    if form is Form.JSON:
        print(json.dumps(asdict(view), ensure_ascii=False, indent=2))
        return
    names = _names(site)
    console().print(Group(_facts(view, names), Text(), _history(view, names), Text(), Text(tell_effect(view, names))))


@app.command("add")
def add_cases(action: Number, codes: Codes, *, by: By = "") -> None:
    """Put further cases to it that show the fault."""
    found = [code_of(one) for one in codes]
    _work(CaseSite.open(), lambda desk: desk.add_cases(action, found, actor_of(by)))


@app.command()
def mended(
    action: Number,
    *,
    since: Annotated[str, typer.Option("--since", help="2026-11-22T08:00, 1405-09-01, today, now, ...")] = "now",
    by: By = "",
    version: Version = None,
) -> None:
    """Say since when the process is mended; the effect is measured from there."""
    site = CaseSite.open()
    moment = round(_moment(since, site).timestamp() * 1000)
    _work(site, lambda desk: desk.mend(action, moment, actor_of(by), version=version))


@app.command()
def close(
    action: Number,
    *,
    outcome: Annotated[str, typer.Option("--outcome", help="What came of it.")],
    by: By = "",
    version: Version = None,
) -> None:
    """Close it with what came of it."""
    _work(CaseSite.open(), lambda desk: desk.close(action, outcome, actor_of(by), version=version))


def _facts(view: ActionView, names: CaseNames) -> Table:
    one = view.action
    table = Table(box=None, show_header=False)
    for name, value in (
        ("title", one.title), ("unit", names.of("unit", one.unit)), ("owner", one.owner),
        ("due", _day(one.due_ms, names)), ("scope", tell_scope(one.scope, names)),
        ("state", names.texts(f"action.state.{action_state(one)}")),
        ("outcome", one.outcome or ""), ("cases", " ".join(view.cases)), ("version", str(one.version)),
    ):
        if value:
            table.add_row(names.texts(f"action.{name}"), value)
    return table


def _history(view: ActionView, names: CaseNames) -> Table:
    table = Table(box=None, show_header=False)
    for event in view.events:
        moment = moment_text(datetime.fromtimestamp(event.at_ms / 1000, names.zone), names.language)
        deed = names.texts(f"action.deed.{event.deed}")
        table.add_row(moment, event.who, deed, event.text or event.detail.get("cases", ""))
    return table


def _day(ms: int, names: CaseNames) -> str:
    return day_text(datetime.fromtimestamp(ms / 1000, names.zone).date(), names.language)


def _names(site: CaseSite) -> CaseNames:
    return case_names(site.words.book, causes_of(site.site.home), site.site.settings)


def _moment(written: str, site: CaseSite) -> datetime:
    try:
        return parse_moment(written, site.words.book.zone, datetime.now(UTC))
    except MomentError as error:
        raise RefusedError(str(error)) from error


def _last_second(written: str, site: CaseSite) -> int:
    day = _moment(written, site).astimezone(site.words.book.zone).date()
    return round(datetime.combine(day, time(23, 59, 59), site.words.book.zone).timestamp() * 1000)


def _work(site: CaseSite, act: Callable[[CorrectiveDesk], Awaitable[Result]]) -> Result:
    causes = causes_of(site.site.home)
    return site.with_database(lambda database: act(CorrectiveDesk(database, site.words.book, causes)))
