"""`bin/pasokh report call ID`: one call's whole story on a terminal."""

import asyncio
from contextlib import AsyncExitStack
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from followups.book.book import load_case_book
from followups.book.causes import load_causes
from foundation.data_file import DataFileError
from foundation.database import Store
from foundation.paths import Home
from foundation.settings import Settings
from pasokh.commands.report_options import Form, Format, console, made, present, site, write
from pasokh.refusal import RefusedError
from reports.cases.names import CaseNames
from reports.frame.sheets import sheet_csv, sheet_json, sheet_table
from reports.frame.stores import open_store, store_exists
from reports.story.model import Story
from reports.story.reading import UnknownCallError, call_story
from reports.story.sheet import story_sheet
from reports.story.words import StoryTeller, story_texts

app = typer.Typer()


@app.command("call")
def call(
    *,
    call_id: Annotated[str, typer.Argument(metavar="ID", help="As `report calls` and the pages show it.")],
    whole_numbers: Annotated[bool, typer.Option("--whole-numbers", help="Show the caller's number whole.")] = False,
    form: Format = Form.TABLE,
) -> None:
    """One call's whole story: menus, waits, rings, talks, holds, transfers, recordings, promises, cases."""
    home, settings = site()
    now = present()
    try:
        story = made(lambda: asyncio.run(_story(home, settings, call_id, now)))
        names = _names(home, settings, now)
    except UnknownCallError as error:
        why = f"{call_id}: no record knows such a call; `bin/pasokh report calls` lists the ids"
        raise RefusedError(why) from error
    except DataFileError as error:
        raise RefusedError(str(error)) from error
    teller = StoryTeller(settings, names, names.texts)
    sheet = story_sheet(story, names, teller, now=now, whole_numbers=whole_numbers)
    match form:
        case Form.JSON:
            write(sheet_json(sheet))
        case Form.CSV:
            write(sheet_csv(sheet))
        case Form.TABLE:
            console().print(sheet_table(sheet, settings, names.texts))


async def _story(home: Home, settings: Settings, call_id: str, now: int) -> Story:
    async with AsyncExitStack() as stores:
        opened: list[AsyncConnection | None] = []
        for store in (Store.LEDGER, Store.MAIN):
            there = store is Store.LEDGER or store_exists(home, settings, store)
            opened.append(await stores.enter_async_context(open_store(home, settings, store)) if there else None)
        return await call_story(opened[0], opened[1], call_id, now * 1000)


def _names(home: Home, settings: Settings, now: int) -> CaseNames:
    book = load_case_book(home, settings, lambda: now * 1000)
    return CaseNames(book, load_causes(home), settings, story_texts(settings.site.language), book.zone)
