"""`bin/pasokh callback`: promised calls; give, show, take back, call once more."""

import getpass
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from callqueue.agents.desk import AsteriskAwayError
from callqueue.callbacks.desk import CallbackDesk
from callqueue.callbacks.office import PromiseOffice, journal_by
from callqueue.live import ami_link
from callqueue.outbound.model import CallbackRequest, Channel, OutboundCall, Promise, State
from foundation.asterisk.ami import AmiError
from foundation.calendars import MomentError, moment_text, parse_moment
from foundation.database import Database, Store, store_url
from foundation.settings import Language, load_secrets
from pasokh.live_site import AMI_SECONDS, LiveSite, quiet_logs
from pasokh.refusal import RefusedError

app = typer.Typer(no_args_is_help=True, help="Promised calls: list, show, give, take back, call once more.")

Result = TypeVar("Result")
Key = Annotated[str, typer.Argument(help="A promise's id, its tracking code, or a telephone number.")]
Whole = Annotated[bool, typer.Option("--whole-numbers", help="Show telephone numbers whole.")]
LAST_DIGITS = 4
MOMENTS = ("place_ms", "asked_ms", "not_before_ms", "due_ms", "next_attempt_ms", "closed_ms", "claimed_until_ms",
           "told_ms")


class Form(StrEnum):
    TABLE = "table"
    JSON = "json"


@app.command("list")
def list_callbacks(
    *,
    queue: Annotated[str | None, typer.Option("--queue", "-q", help="Only this queue.")] = None,
    state: Annotated[State | None, typer.Option("--state", help="Only in this state; open has those dialled too.")]
        = State.OPEN,
    everything: Annotated[bool, typer.Option("--all", help="In whatever state.")] = False,
    whole_numbers: Whole = False,
    form: Annotated[Form, typer.Option("--format", help="For people (table) or machines (json).")] = Form.TABLE,
) -> None:
    """Promises in the order of their places."""
    site = LiveSite.open()
    if queue is not None:
        site.check_queue(queue)
    found = _run(site, lambda desk: desk.list(queue, None if everything else state))
    if form is Form.JSON:
        print(json.dumps([_plain(each, whole_numbers=whole_numbers) for each in found], ensure_ascii=False, indent=1))
        return
    names = ("promise", "place", "queue", "number", "channel", "state", "attempts", "due")
    table = Table(*(site.texts(f"outbound.column.{name}") for name in names), box=None)
    # An id that is cut cannot be typed into the next command.
    table.columns[0].min_width = max((len(each.id) for each in found), default=0)
    for each in found:
        number, due = _number(each, whole=whole_numbers), _moment(site, each.due_ms)
        table.add_row(
            each.id, _moment(site, each.place_ms), site.view().title(each.queue or ""), number, each.channel,
            _state(site, each), str(each.attempts), due,
        )
    Console().print(table)


@app.command("show")
def show(key: Key, *, whole_numbers: Whole = False) -> None:
    """All that is known about one promise."""
    site = LiveSite.open()
    found = _run(site, lambda desk: _found(desk, key))
    table = Table(show_header=False, box=None)
    for name, value in _plain(found, whole_numbers=whole_numbers).items():
        if value is not None:
            table.add_row(name, _moment(site, int(str(value))) if name in MOMENTS else str(value))
    Console().print(table)


@app.command("add")
def add(
    number: Annotated[str, typer.Argument(help="Where to call.")],
    *,
    queue: Annotated[str | None, typer.Option("--queue", "-q", help="Whose agents; the default queue.")] = None,
    language: Annotated[str | None, typer.Option("--language", help="fa, tr or en; the site's.")] = None,
    at: Annotated[str | None, typer.Option("--at", help="Not before this moment, like 2026-11-22T08:00.")] = None,
    priority: Annotated[int, typer.Option("--priority", min=0, max=1000, help="Higher is called first.")] = 0,
) -> None:
    """Promise a call to a number; its place is the present moment."""
    site = LiveSite.open()
    wanted = queue or site.settings.default_queue
    site.check_queue(wanted)
    request = CallbackRequest(
        number, wanted, _language(site, language), Channel.AGENT, priority=priority, not_before_ms=_instant(site, at),
    )
    _tell(site, "promised", _at_office(site, lambda office: office.promise(request)))


@app.command("cancel")
def cancel(key: Key, *, queue: Annotated[str | None, typer.Option("--queue", "-q", help="Only this.")] = None) -> None:
    """Take a promise back."""
    site = LiveSite.open()
    for each in _run(site, lambda desk: desk.cancel(key, getpass.getuser(), queue)):
        _tell(site, "cancelled", each)


@app.command("retry")
def retry(key: Key) -> None:
    """Call once more: without waiting for the next try or, if it is settled, by a new promise in the old place."""
    site = LiveSite.open()
    _tell(site, "retried", _at_office(site, lambda office: office.retry(key, getpass.getuser())))


async def _found(desk: CallbackDesk, key: str) -> Promise:
    return await PromiseOffice(desk, _no_journal, "").find(key)


async def _no_journal(_request: CallbackRequest) -> None:
    raise AssertionError("nothing is promised here")


def _tell(site: LiveSite, done: str, promise: Promise) -> None:
    print(site.texts(
        f"outbound.done.{done}", promise=promise.id, number=_number(promise, whole=False),
        queue=site.view().title(promise.queue or ""), code=promise.tracking or "–",
    ))


def _run(site: LiveSite, work: Callable[[CallbackDesk], Awaitable[Result]]) -> Result:
    async def at_desk() -> Result:
        async with _desk(site) as desk:
            return await work(desk)

    quiet_logs()
    return site.run(at_desk())


def _at_office(site: LiveSite, work: Callable[[PromiseOffice], Awaitable[Result]]) -> Result:
    async def at_office() -> Result:
        async with _desk(site) as desk, ami_link(site.home, site.settings) as link:
            try:
                await link.connected(AMI_SECONDS)
            except AmiError as error:
                raise AsteriskAwayError(reason=str(error)) from error
            key = load_secrets(site.home, site.settings).tracking_key
            return await work(PromiseOffice(desk, journal_by(link), key))

    quiet_logs()
    return site.run(at_office())


@asynccontextmanager
async def _desk(site: LiveSite) -> AsyncIterator[CallbackDesk]:
    database = Database(store_url(site.home, site.settings, Store.MAIN))
    try:
        yield CallbackDesk(database, site.settings)
    finally:
        await database.close()


def _plain(call: OutboundCall, *, whole_numbers: bool) -> dict[str, object]:
    return {**asdict(call), "number": _number(call, whole=whole_numbers)}


def _state(site: LiveSite, call: OutboundCall) -> str:
    return site.texts(f"outbound.result.{call.result}" if call.result else f"outbound.state.{call.state}")


def _number(call: OutboundCall, *, whole: bool) -> str:
    return call.number if whole else f"…{call.number[-LAST_DIGITS:]}"


def _moment(site: LiveSite, at_ms: int | None) -> str:
    if at_ms is None:
        return ""
    zone = ZoneInfo(site.settings.site.timezone)
    return moment_text(datetime.fromtimestamp(at_ms / 1000, zone), site.texts.language, seconds=True)


def _instant(site: LiveSite, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        found = parse_moment(text, ZoneInfo(site.settings.site.timezone), datetime.now(UTC))
    except MomentError as error:
        raise RefusedError(str(error)) from error
    return int(found.timestamp() * 1000)


def _language(site: LiveSite, text: str | None) -> Language:
    match text or site.settings.site.language:
        case "fa" | "tr" | "en" as known:
            return known
        case other:
            raise RefusedError(f"--language {other}: fa, tr or en")
