"""`bin/pasokh transcripts`: what was said in kept recordings, written down and found."""

import asyncio
import getpass
import json
import math
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer
from prometheus_client import CollectorRegistry
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from foundation.calendars import MomentError, parse_moment
from foundation.database import Database, Store, store_url
from foundation.settings import LANGUAGES
from foundation.web.audit_log import Act, record
from pasokh.refusal import RefusedError
from pasokh.site import Site, open_site
from pasokh.transcript_view import clock, hit_record, print_hit, turns, word_record
from recordings.listening.listing import WantedRecordings, find_recordings
from recordings.messages.messages import messages_named
from recordings.store import Recording, find_recording
from recordings.transcripts.models import chosen_models, language_of, transcript_faults, usable_models
from recordings.transcripts.queue import Standing, Wish, ask, standing
from recordings.transcripts.search import EmptyQueryError, Hit, WordsWanted, find_words
from recordings.transcripts.transcriber_process import NoTranscriberError
from recordings.transcripts.transcribing import Backlog, Pool, alone, present_ms, young_ones
from recordings.transcripts.transcripts import Side, TranscriptState, Word, find_transcript, read_transcript

app = typer.Typer(no_args_is_help=True, help="What was said in kept recordings: written down, shown, found.")

Result = TypeVar("Result")
DAY_MS = 86_400_000
WATCH_SECONDS = 0.5
MOST = 1_000_000


class Kind(StrEnum):
    CALL = "call"
    VOICE_MESSAGE = "voice_message"


class Speaker(StrEnum):
    CALLER = "caller"
    AGENT = "agent"


class Form(StrEnum):
    TABLE = "table"
    JSON = "json"


From = Annotated[str | None, typer.Option("--from", help="The first moment: 1405-09-01, today, -1h, ...")]
To = Annotated[str | None, typer.Option("--to", help="The first moment after the last one.")]
KindOption = Annotated[Kind | None, typer.Option("--kind", help="Only calls, or only voice messages.")]
FormOption = Annotated[Form, typer.Option("--format", help="For people (table) or machines (json).")]
By = Annotated[str, typer.Option("--by", help="Who looks; your user's name unless given.")]


@app.command()
def status(*, form: FormOption = Form.TABLE) -> None:
    """What is written down, what waits, and what stands in the way."""
    site = open_site()
    models = usable_models(site.settings)
    wish = young_ones(site.settings, models, present_ms)()
    found = _run(site, lambda connection: standing(connection, wish))
    faults = list(transcript_faults(site.settings))
    if form is Form.JSON:
        print(json.dumps({**_figures(found), "models": {name: str(path) for name, path in models.items()},
                          "workers": site.settings.transcripts.workers, "faults": faults}, ensure_ascii=False))
        return
    table = Table(show_header=False, box=None)
    for name, figure in _figures(found).items():
        table.add_row(name, str(figure))
    for line in _models(site):
        table.add_row(*line)
    _console().print(table)
    for fault in faults:
        print(fault)


@app.command()
def make(
    names: Annotated[list[str] | None, typer.Argument(help="Ids of recordings, or codes of voice messages.")] = None,
    *,
    from_: From = None,
    to: To = None,
    kind: KindOption = None,
    again: Annotated[bool, typer.Option("--again", help="Also those that are there: by a new model.")] = False,
) -> None:
    """Write down recordings of any age; those that failed once more. Without names, the young ones."""
    site = open_site()
    models = usable_models(site.settings)
    if not models:
        reasons = list(transcript_faults(site.settings)) or ["site.yaml names no model, or no workers"]
        raise RefusedError(f"nothing can be written down: {'; '.join(reasons)} (docs/transcripts.md)")
    since = _moment(site, from_)
    if since is None and not names:
        since = present_ms() - site.settings.transcripts.days * DAY_MS
    wanted = WantedRecordings(since_ms=since, until_ms=_moment(site, to), kind=kind or "")

    async def ask_for(connection: AsyncConnection) -> int:
        if names:
            chosen: Sequence[Recording] = [await _named(connection, name) for name in names]
        else:
            chosen = await find_recordings(connection, wanted, MOST)
        spoken = [(one, language_of(one.language, site.settings)) for one in chosen if one.deleted_ms is None]
        speakable = [(one, language) for one, language in spoken if language in models]
        if names and len(speakable) < len(chosen):
            raise RefusedError(f"there is no model for the language of {len(chosen) - len(speakable)} of them")
        return sum([await ask(connection, one, language, again=again) for one, language in speakable])

    print(f"{_run(site, ask_for, write=True)} recordings are asked for")
    try:
        asyncio.run(_work(site))
    except ExceptionGroup as group:
        reason = group.exceptions[0]
        if not isinstance(reason, NoTranscriberError):
            raise
        raise RefusedError(f"the recogniser cannot be begun: {reason}") from reason


@app.command()
def search(
    words: Annotated[str, typer.Argument(help='pension "bank account" insur*: all must have been said.')],
    *,
    from_: From = None,
    to: To = None,
    kind: KindOption = None,
    queue: Annotated[str | None, typer.Option("--queue", help="Only calls of this queue.")] = None,
    agent: Annotated[str | None, typer.Option("--agent", help="Only calls with this agent.")] = None,
    said_by: Annotated[Speaker | None, typer.Option("--said-by", help="Only what this side said.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 20,
    form: FormOption = Form.TABLE,
    by: By = "",
) -> None:
    """Find recordings by what was said in them, with the place in the sound."""
    site = open_site()
    side = Side[said_by.name] if said_by else None
    wanted = WordsWanted(_moment(site, from_), _moment(site, to), queue, agent, kind, side=side)

    async def look(connection: AsyncConnection) -> list[Hit]:
        hits = await find_words(connection, words, wanted, limit)
        detail = {"words": words[:200], "found": len(hits)}
        await record(connection, Act(_actor(by), "transcript.searched", "", detail), present_ms())
        return hits

    try:
        hits = _run(site, look, write=True)
    except EmptyQueryError as error:
        raise RefusedError(str(error)) from error
    if form is Form.JSON:
        print(json.dumps([hit_record(hit) for hit in hits], ensure_ascii=False, indent=1))
        return
    for hit in hits:
        print_hit(_console(), hit, ZoneInfo(site.settings.site.timezone))
    if not hits:
        print("nothing was found; `bin/pasokh transcripts status` tells what is written down")


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="The id of a recording, or the code of a voice message.")],
    *,
    form: FormOption = Form.TABLE,
    by: By = "",
) -> None:
    """What was said in one recording, speaker by speaker."""
    site = open_site()

    async def read(connection: AsyncConnection) -> list[Word]:
        found = await _named(connection, name)
        facts = await find_transcript(connection, found.id)
        if facts is None or facts.state is not TranscriptState.MADE:
            why = facts.reason if facts and facts.reason else "it is not written down (yet)"
            raise RefusedError(f"{name}: {why}; `bin/pasokh transcripts make {name}` asks for it")
        await record(connection, Act(_actor(by), "transcript.read", found.id), present_ms())
        return await read_transcript(connection, found.id)

    words = _run(site, read, write=True)
    if form is Form.JSON:
        print(json.dumps([word_record(word) for word in words], ensure_ascii=False, indent=1))
        return
    for side, start_ms, text in turns(words):
        print(f"{clock(start_ms)}  {side.name.lower():6}  {text}")


async def _named(connection: AsyncConnection, name: str) -> Recording:
    found = await find_recording(connection, name)
    for message in [] if found else await messages_named(connection, name):
        if message.recording_id:
            found = found or await find_recording(connection, message.recording_id)
    if found is None or found.deleted_ms is not None:
        raise RefusedError(f"{name}: no such recording; `bin/pasokh transcripts search` and `messages list` show ids")
    return found


async def _work(site: Site) -> None:
    """Do what was asked for, unless the service is at it."""
    models = usable_models(site.settings)
    wish = Wish(frozenset(models), site.settings.site.language, ())
    database = Database(store_url(site.home, site.settings, Store.MAIN))
    try:
        async with alone(site.home, wait=False) as free:
            if free:
                pool = Pool(site.home, site.settings, Backlog(database, lambda: wish), models, CollectorRegistry())
                await _watch(database, wish, asyncio.create_task(pool.finish(), name="pool"))
            else:
                print("the service is at work on them; `bin/pasokh transcripts status` tells how far it is")
    finally:
        await database.close()


async def _watch(database: Database, wish: Wish, working: asyncio.Task[None]) -> None:
    columns = (TextColumn("transcripts"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        shown = bar.add_task("", total=None)
        first: int | None = None
        while True:
            async with database.read() as connection:
                left = (await standing(connection, wish)).waiting
            first = first or left
            bar.update(shown, total=first, completed=first - left)
            if (await asyncio.wait([working], timeout=WATCH_SECONDS))[0]:
                break
    await working


def _figures(found: Standing) -> dict[str, int]:
    return {
        "made": found.states.get(TranscriptState.MADE, 0), "words": found.words,
        "failed": found.states.get(TranscriptState.FAILED, 0), "waiting": found.waiting,
    }


def _models(site: Site) -> Iterator[tuple[str, str]]:
    chosen, usable = chosen_models(site.settings), usable_models(site.settings)
    yield "workers", str(site.settings.transcripts.workers)
    for language in LANGUAGES:
        path = chosen.get(language)
        state = str(path) if language in usable else "no model" if path is None else f"{path} is not used"
        yield f"model {language}", state


def _actor(by: str) -> str:
    return f"command:{by or getpass.getuser()}"


def _moment(site: Site, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        moment = parse_moment(text, ZoneInfo(site.settings.site.timezone), datetime.now(UTC))
    except MomentError as error:
        raise RefusedError(str(error)) from error
    return math.floor(moment.timestamp() * 1000)


def _run(site: Site, work: Callable[[AsyncConnection], Awaitable[Result]], *, write: bool = False) -> Result:
    async def act() -> Result:
        database = Database(store_url(site.home, site.settings, Store.MAIN))
        try:
            async with database.write() if write else database.read() as connection:
                return await work(connection)
        finally:
            await database.close()

    try:
        return asyncio.run(act())
    except (SQLAlchemyError, OSError) as error:
        reason = (str(getattr(error, "orig", None) or error).splitlines() or [type(error).__name__])[0]
        raise RefusedError(f"main store: {reason}; `bin/pasokh doctor` says how to mend it") from error


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 200)
