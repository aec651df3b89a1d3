"""`bin/pasokh case list`, `inbox`, `show`, `find`, `subjects`: what is seen of cases."""

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Table

from followups.cases.case import Case
from followups.cases.lifecycle import WORK, State
from followups.cases.reading import CaseView
from followups.cases.record import case_record, whole_case_record
from followups.cases.store import Wanted
from followups.cases.words import CaseWords
from foundation.text import number_text
from pasokh.case_site import CaseSite, actor_of, code_of, console
from pasokh.refusal import RefusedError

app = typer.Typer()
SHORT = 60


class Form(StrEnum):
    TABLE = "table"
    JSON = "json"


FormOption = Annotated[Form, typer.Option("--format", help="For people (table) or machines (json).")]
By = Annotated[str, typer.Option("--by", help="Who looks; your user's name unless given.")]


@app.command("list")
def list_cases(
    *,
    unit: Annotated[str | None, typer.Option("--unit")] = None,
    subject: Annotated[str | None, typer.Option("--subject", help="With those below it.")] = None,
    state: Annotated[State | None, typer.Option("--state")] = None,
    province: Annotated[str | None, typer.Option("--province")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those whose time is over.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500)] = 100,
    form: FormOption = Form.TABLE,
) -> None:
    """The cases, newest first."""
    site = CaseSite.open()
    book = site.words.book
    subjects = None
    if subject is not None:
        subjects = frozenset(one for one in book.subjects.by_id
                             if subject in {upper.id for upper in book.subjects.path(one)})
        if not subjects:
            raise RefusedError(site.words.refusal("unknown-subject", {"subject": subject}))
    states = WORK if overdue else frozenset({state}) if state else None
    due_before = book.now_ms() if overdue else None
    wanted = Wanted(states, unit, subjects, province, due_before_ms=due_before, limit=limit)
    _print(site.words, site.work(lambda office: office.reading.list(wanted, actor_of(""))), form)


@app.command()
def inbox(
    unit: Annotated[str, typer.Argument(help="As `case unit list` shows them.")],
    *,
    assignee: Annotated[str | None, typer.Option("--of", help="Only those that this member has.")] = None,
    form: FormOption = Form.TABLE,
) -> None:
    """What a unit still owes, by deadline."""
    site = CaseSite.open()
    if unit not in site.words.book.units.by_id:
        raise RefusedError(site.words.refusal("unknown-unit", {"unit": unit}))
    _print(site.words, site.work(lambda office: office.reading.inbox(unit, actor_of(""), assignee=assignee)), form)


@app.command()
def find(
    text: Annotated[str, typer.Argument(help="Code, telephone number, e-mail, call; `-` asks, unseen.")],
    *, form: FormOption = Form.TABLE,
) -> None:
    """The cases of a tracking code, a person, a number or a call. National IDs are typed unseen: `case find -`."""
    typed = typer.prompt("National ID", hide_input=True) if text == "-" else text
    site = CaseSite.open()
    _print(site.words, site.work(lambda office: office.reading.find(typed, actor_of(""))), form)


@app.command()
def show(
    code: Annotated[str, typer.Argument(help="Tracking code.")],
    *,
    identity: Annotated[bool, typer.Option("--identity", help="National IDs in clear; the history notes it.")] = False,
    by: By = "",
    form: FormOption = Form.TABLE,
) -> None:
    """All that is known about a case, with its history."""
    site, name = CaseSite.open(), code_of(code)
    shown = site.work(lambda office: office.reading.show_identity(name, actor_of(by))) if identity else None
    view = site.work(lambda office: office.reading.view(name, actor_of(by)))
    if form is Form.JSON:
        record = whole_case_record(view, site.words.book.now_ms()).model_dump(mode="json")
        print(json.dumps(record, ensure_ascii=False, indent=1))
        return
    console().print(_facts(site.words, view, shown.national_id if shown else view.national_id))
    console().print(_history(site.words, view))


@app.command()
def subjects() -> None:
    """The tree of subjects: deadline, and the unit that answers first."""
    words = CaseSite.open().words
    table = Table("", *(words.t(f"case.field.{name}") for name in ("subject", "deadline", "unit")))
    for one in words.book.subjects.open_ones():
        depth = len(words.book.subjects.path(one.id)) - 1
        days = words.t(f"case.days.{one.deadline.count.value}", count=one.deadline.days)
        unit = one.units[one.begins]
        table.add_row(one.id, "  " * depth + words.subject(one.id), days, words.unit(unit))
    console().print(table)


def _print(words: CaseWords, found: Sequence[Case], form: Form) -> None:
    if form is Form.JSON:
        records = [case_record(case, words.book.now_ms()).model_dump(mode="json") for case in found]
        print(json.dumps(records, ensure_ascii=False, indent=1))
    elif found:
        console().print(_table(words, found))
    else:
        print(words.t("case.none"))


def _table(words: CaseWords, found: Sequence[Case]) -> Table:
    names = ("code", "due", "state", "subject", "unit", "assignee", "province", "summary")
    table = Table(*(words.t(f"case.field.{name}") for name in names))
    for case in found:
        short = " ".join(case.summary.split())
        table.add_row(
            words.code(case.code), words.due(case), words.of("state", case.state.value), words.subject(case.subject),
            words.unit(case.unit), case.assignee or "–", words.province(case.province),
            short if len(short) <= SHORT else short[:SHORT] + "…", style="red" if words.is_overdue(case) else "",
        )
    return table


def _facts(words: CaseWords, view: CaseView, national_id: str | None) -> Table:
    case, table = view.case, Table(show_header=False, box=None)
    addresses = dict.fromkeys(one.address for one in view.contact.addresses) if view.contact else {}
    rows = {
        "code": words.code(case.code), "state": words.of("state", case.state.value),
        "subject": words.subject(case.subject, whole=True), "unit": words.unit(case.unit), "assignee": case.assignee,
        "province": words.province(case.province), "channel": words.of("channel", case.channel.value),
        "name": view.contact.name if view.contact else None, "national-id": national_id,
        "number": ", ".join(addresses), "opened": words.moment(case.opened_ms), "due": words.due(case),
        "summary": case.summary, "result": case.result,
        "closing": words.of("closing", case.closing.value) if case.closing else None,
        "links": ", ".join(f"{words.of('link', link.kind.value)} {link.reference}" for link in view.links),
        "recordings": ", ".join(one.path for one in view.recordings),
        "files": ", ".join(f"{one.name} ({number_text(one.bytes, words.language)})" for one in view.attachments),
    }
    for name, value in rows.items():
        if value:
            table.add_row(words.t(f"case.field.{name}"), value)
    return table


def _history(words: CaseWords, view: CaseView) -> Table:
    table = Table(words.t("case.field.when"), words.t("case.field.who"), words.t("case.field.history"), "")
    for event in view.events:
        said = "\n".join(part for part in (event.text, words.detail(event)) if part)
        table.add_row(words.moment(event.at_ms), event.who, words.of("deed", event.deed.value), said)
    return table
