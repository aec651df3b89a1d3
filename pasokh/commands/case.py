"""`bin/pasokh case`: follow-ups on the command line, over the same desk as the pages and the interface."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from followups.cases.case import Case, Channel, LinkKind, ToldBy
from followups.cases.contacts import Address, Person
from followups.cases.lifecycle import Closing
from followups.cases.message_cases import About, open_from_message
from followups.cases.office import CaseOffice
from followups.cases.opening import NewCase
from foundation.settings import LANGUAGES, Language
from pasokh.case_site import CaseSite, actor_of, code_of
from pasokh.commands.case_cause import app as cause_app
from pasokh.commands.case_keys import app as keys_app
from pasokh.commands.case_looking import app as looking_app
from pasokh.commands.case_unit import app as unit_app
from pasokh.refusal import RefusedError

app = typer.Typer(no_args_is_help=True, help="Follow-ups: open, assign, resolve, tell, close, reopen; inboxes, units.")
app.add_typer(looking_app)
app.add_typer(unit_app, name="unit")
app.add_typer(keys_app)
app.add_typer(cause_app)

Code = Annotated[str, typer.Argument(help="Tracking code; groups and Persian digits are read too.")]
By = Annotated[str, typer.Option("--by", help="Who does it; your user's name unless given.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it stands in the history.")]
Version = Annotated[int | None, typer.Option("--version", help="Refuse if the case was changed after this version.")]


class WaitingFor(StrEnum):
    UNIT = "unit"
    CALLER = "caller"


@app.command("open")
def open_case(
    *,
    subject: Annotated[str, typer.Option("--subject", help="As `case subjects` shows them.")],
    summary: Annotated[str, typer.Option("--summary", help="What it is about.")],
    channel: Annotated[Channel, typer.Option("--channel", help="How the person came.")] = Channel.DESK,
    name: Annotated[str, typer.Option("--name")] = "",
    number: Annotated[str, typer.Option("--number", help="Where the result is told.")] = "",
    mail: Annotated[str, typer.Option("--mail", help="Where the result is written to.")] = "",
    national_id: Annotated[bool, typer.Option("--national-id", help="Ask for the national ID, unseen.")] = False,
    province: Annotated[str | None, typer.Option("--province", help="Like yazd; told by the number if it can.")] = None,
    language: Annotated[str | None, typer.Option("--language", help="fa, tr or en.")] = None,
    call: Annotated[str | None, typer.Option("--call", help="Id of the call in which it was said.")] = None,
    message: Annotated[str | None, typer.Option("--message", help="Code or id of a voice message.")] = None,
    by: By = "",
) -> None:
    """Open a case; a voice message keeps the tracking code that its caller heard."""
    typed = typer.prompt("National ID", hide_input=True) if national_id else ""
    site = CaseSite.open()
    addresses = [Address(channel, number)] * bool(number) + [Address(Channel.WEB, mail)] * bool(mail)
    person, actor, default = Person(name, typed, tuple(addresses)), actor_of(by), site.site.settings.site.language

    async def act(office: CaseOffice) -> Case:
        if message is not None:
            about = About(subject, summary, None if person.is_nobody else person, province)
            return await open_from_message(office.opening, message, about, actor, default)
        return await office.opening.open(NewCase(
            subject=subject, summary=summary, channel=channel, language=_language(language, default), person=person,
            province=province, links=((LinkKind.CALL, call),) if call else (),
        ), actor)

    case, words = site.work(act), site.words
    print(words.t("case.done.opened", code=words.code(case.code), unit=words.unit(case.unit), due=words.due(case)))


@app.command()
def assign(
    code: Code, member: Annotated[str, typer.Argument(help="A member of the case's unit.")], *, reason: Reason = "",
    version: Version = None, by: By = "",
) -> None:
    """Give a case to a member of its unit; from one to another with a reason."""
    _change(code, lambda office, code: office.desk.assign(code, member, actor_of(by), reason=reason, version=version))


@app.command("hand-over")
def hand_over(
    code: Code, unit: Annotated[str, typer.Argument(help="As `case unit list` shows them.")], *, reason: Reason = "",
    version: Version = None, by: By = "",
) -> None:
    """Give a case to another unit, with a reason; its deadline stays."""
    _change(code, lambda office, code: office.desk.hand_over(code, unit, reason, actor_of(by), version=version))


@app.command()
def reclassify(code: Code, subject: str, *, reason: Reason = "", version: Version = None, by: By = "") -> None:
    """Give a case another subject, and that one's deadline."""
    _change(code, lambda office, code: office.desk.reclassify(code, subject, reason, actor_of(by), version=version))


@app.command()
def wait(code: Code, who: WaitingFor, *, reason: Reason = "", version: Version = None, by: By = "") -> None:
    """Note what a case waits for; the deadline goes on."""
    def act(office: CaseOffice, code: str) -> Awaitable[Case]:
        waits = office.desk.wait_for_unit if who is WaitingFor.UNIT else office.desk.wait_for_caller
        return waits(code, reason, actor_of(by), version=version)

    _change(code, act)


@app.command()
def resume(
    code: Code, *, note: Annotated[str, typer.Option("--note")] = "", version: Version = None, by: By = "",
) -> None:
    """What a case waited for has come."""
    _change(code, lambda office, code: office.desk.resume(code, actor_of(by), note=note, version=version))


@app.command()
def resolve(
    code: Code, result: Annotated[str, typer.Argument(help="What the caller shall be told.")], *,
    recording: Annotated[str | None, typer.Option("--recording", help="Id of an attached sound that says it.")] = None,
    version: Version = None, by: By = "",
) -> None:
    """Write the result; the caller is told next."""
    _change(code, lambda office, code: office.desk.resolve(
        code, result, actor_of(by), recording=recording, version=version,
    ))


@app.command()
def told(code: Code, *, how: Annotated[ToldBy, typer.Option("--how")] = ToldBy.CALL, by: By = "") -> None:
    """Note that the caller knows the result."""
    _change(code, lambda office, code: office.desk.tell(code, how, actor_of(by)))


@app.command()
def close(
    code: Code, *, because: Annotated[Closing, typer.Option("--because")] = Closing.SOLVED, reason: Reason = "",
    version: Version = None, by: By = "",
) -> None:
    """Nothing more is to be done about a case."""
    _change(code, lambda office, code: office.desk.close(code, because, actor_of(by), reason=reason, version=version))


@app.command()
def reopen(code: Code, *, reason: Reason = "", by: By = "") -> None:
    """The caller says that it is not solved: its clock begins anew."""
    _change(code, lambda office, code: office.desk.reopen(code, reason, actor_of(by)))


@app.command()
def note(code: Code, text: str, *, by: By = "") -> None:
    """Add a note."""
    _add(code, lambda office, code: office.desk.note(code, text, actor_of(by)))


@app.command()
def attach(code: Code, file: Path, *, by: By = "") -> None:
    """Keep a file with a case."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise RefusedError(f"{file}: {error.strerror}") from error
    _add(code, lambda office, code: office.desk.attach(code, file.name, content, actor_of(by)))


@app.command()
def link(code: Code, kind: LinkKind, reference: str, *, by: By = "") -> None:
    """Link a call, a recording, a voice message or another case."""
    _add(code, lambda office, code: office.desk.link(code, kind, reference, actor_of(by)))


def _change(typed: str, act: Callable[[CaseOffice, str], Awaitable[Case]]) -> None:
    site, code = CaseSite.open(), code_of(typed)
    case = site.work(lambda office: act(office, code))
    words = site.words
    print(words.t("case.done.state", code=words.code(code), state=words.of("state", case.state.value)))


def _add(typed: str, act: Callable[[CaseOffice, str], Awaitable[object]]) -> None:
    site, code = CaseSite.open(), code_of(typed)
    added = site.work(lambda office: act(office, code))
    said = "case.done.linked-before" if added is False else "case.done.noted"
    print(site.words.t(said, code=site.words.code(code)) if added is not False else site.words.t(said))


def _language(typed: str | None, default: Language) -> Language:
    found = next((one for one in LANGUAGES if one == typed), None)
    if typed is not None and found is None:
        raise RefusedError(f"--language {typed}: write {', '.join(LANGUAGES)}")
    return found or default
