"""`bin/pasokh report callbacks`: promised calls, one by one, and their figures."""

import asyncio
from contextlib import AsyncExitStack
from typing import Annotated

import typer

from foundation.calendars import Interval
from foundation.database import Store
from foundation.paths import Home
from foundation.settings import Settings
from pasokh.commands.report_options import Form, Format, From, To, console, interval_of, made, present, site, write
from reports.callbacks import build_callbacks_sheet
from reports.queue import refuse_unknown_queues
from reports.sheets import Sheet, sheet_csv, sheet_json, sheet_table
from reports.stores import open_store, store_exists

app = typer.Typer()


@app.command("callbacks")
def callbacks(
    *,
    queue: Annotated[list[str] | None, typer.Option("--queue", "-q", help="Only this queue; may be repeated.")] = None,
    from_: From = "today",
    to: To = None,
    whole_numbers: Annotated[bool, typer.Option("--whole-numbers", help="Show callers' numbers whole.")] = False,
    form: Format = Form.TABLE,
) -> None:
    """Promised calls: kept, in time, attempts, why not, places passed over, and how long agents were held idle."""
    home, settings = site()
    now = present()
    interval = interval_of(from_, to, settings, now)
    wanted = tuple(dict.fromkeys(queue or ()))
    sheet = made(lambda: asyncio.run(_sheet(home, settings, interval, wanted, now=now, whole_numbers=whole_numbers)))
    match form:
        case Form.JSON:
            write(sheet_json(sheet))
        case Form.CSV:
            write(sheet_csv(sheet))
        case Form.TABLE:
            console().print(sheet_table(sheet, settings))


async def _sheet(
    home: Home, settings: Settings, interval: Interval, queues: tuple[str, ...], *, now: int, whole_numbers: bool,
) -> Sheet:
    async with AsyncExitStack() as stores:
        ledger = await stores.enter_async_context(open_store(home, settings, Store.LEDGER))
        await refuse_unknown_queues(ledger, queues, settings)
        main = None
        if store_exists(home, settings, Store.MAIN):
            main = await stores.enter_async_context(open_store(home, settings, Store.MAIN))
        return await build_callbacks_sheet(
            ledger, main, interval, settings, now=now, queues=queues or None, whole_numbers=whole_numbers)
