"""`bin/pasokh bench ivr`, `journal` and `report`: measurements, each beside its baseline."""

import asyncio
import gc
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Annotated

import structlog
import typer
from rich.console import Console
from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from bench.bare import BareError
from bench.ivr import Plan, Report, measure_menus
from bench.line import LineError
from bench.lines import Rebuilt, measure_rebuilding, write_journal
from bench.reports import END, Measured, measure_reports
from bench.screen import show, show_rebuilt, show_reports
from bench.sipp import SippError
from bench.year import QUEUES
from bench.year import Plan as YearPlan
from bench.year_site import YearError, year_site
from foundation.database import LEDGER, Database
from pasokh.refusal import RefusedError

app = typer.Typer(no_args_is_help=True)

Rate = Annotated[float, typer.Option(min=1, max=500, help="New calls a second.")]
Calls = Annotated[int, typer.Option(min=1, max=100_000, help="Calls on each side, in each round.")]
Rounds = Annotated[int, typer.Option(min=1, max=100, help="Rounds; which side comes first changes.")]
RtpPort = Annotated[int, typer.Option(min=1024, max=63_000, help="First of 2000 UDP ports for sound.")]
Json = Annotated[bool, typer.Option("--json", help="All rounds as JSON on standard output.")]
Days = Annotated[int, typer.Option(min=1, max=3660, help="Days of calls.")]
SomeDays = Annotated[int | None, typer.Option(
    "--days", min=1, max=3660, help="Days of calls: 365, or what --keep has; fewer: the last ones.")]
SomeCalls = Annotated[int | None, typer.Option("--calls", min=1, max=200_000, help="Calls a day: 22500.")]
Keep = Annotated[Path | None, typer.Option(help=(
    "Fill this folder's stores (with --database that database) if it is empty, else time what is there; keep both."))]
DayCalls = Annotated[int, typer.Option("--calls", min=1, max=200_000, help="Calls a day.")]
Url = Annotated[str | None, typer.Option("--database", help=(
    "An EMPTY PostgreSQL database, like postgresql+asyncpg://user@127.0.0.1/empty; without it a SQLite file in the "
    "folder of --keep, or in the temporary one (TMPDIR); a year needs 20 GB."))]


@app.callback()
def bench() -> None:
    """Measurements that anyone can repeat, each beside its baseline."""


@app.command()
def ivr(
    rate: Rate = 100, calls: Calls = 1000, rounds: Rounds = 3, rtp_port: RtpPort = 28000,
    *, json: Json = False,
) -> None:
    """The same calls through the menus and through a bare dialplan, on an Asterisk of its own."""
    if shutil.which("sipp") is None:
        raise RefusedError("bench: there is no sipp on this machine; start it as `bin/pasokh bench`, which installs it")
    # The link to AMI tells of its connecting; here that is noise between the figures.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    try:
        measured = asyncio.run(_stoppable(Plan(rate, calls, rounds), rtp_port))
    except (LineError, SippError, BareError) as error:
        raise RefusedError(f"bench: {error}") from error
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("\nstopped; nothing is left running", file=sys.stderr)
        raise typer.Exit(130) from None
    if json:
        print(measured.as_json())
    else:
        show(measured, _screen())


async def _stoppable(plan: Plan, rtp_port: int) -> Report:
    """SIGTERM ends it as Ctrl-C does: with everything that it started."""
    this = asyncio.current_task()
    with suppress(NotImplementedError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: this and this.cancel())
    return await measure_menus(plan, rtp_port, lambda text: print(text, file=sys.stderr, flush=True))


@app.command("journal")
def journal(days: Days = 2, calls: DayCalls = 22_500, database: Url = None, *, json: Json = False) -> None:
    """How many lines of raw journals a second the ledger is rebuilt from, beside understanding the lines alone."""
    gc.set_threshold(200_000, 20, 20)  # as `journal import` does
    done = asyncio.run(_rebuild(YearPlan(END, days, calls), database))
    print(done.as_json()) if json else show_rebuilt(done, _screen())


@app.command("report")
def report(
    days: SomeDays = None, calls: SomeCalls = None, database: Url = None, keep: Keep = None, *, json: Json = False,
) -> None:
    """Fill both stores with days of calls, make what reports read, and time every report.

    A year takes hours, --days 14 minutes. With --keep a year is filled once: what is there is timed again.
    """
    gc.set_threshold(200_000, 20, 20)
    # The years of a site that was never migrated to a later Pasokh have its tables all the same.
    import_module("pasokh.migrations")
    plan = None if days is None and calls is None else YearPlan(END, days or 365, calls or 22_500)
    try:
        done = asyncio.run(_kept_reports(plan, database, keep.resolve()) if keep else _reports(plan, database))
    except (YearError, SQLAlchemyError, OSError) as error:
        raise RefusedError(f"bench: {str(error).splitlines()[0]}") from error
    except KeyboardInterrupt:
        print("\nstopped" + ("; the next run goes on with what is there" if keep else ""), file=sys.stderr)
        raise typer.Exit(130) from None
    print(done.as_json()) if json else show_reports(done, _screen())


async def _rebuild(plan: YearPlan, url: str | None) -> Rebuilt:
    async with _empty_ledger(url) as (database, folder):
        path = folder / "queue_log"
        _tell(f"{write_journal(path, plan):,} lines written")
        return await measure_rebuilding(database, path, _tell)


async def _kept_reports(plan: YearPlan | None, url: str | None, folder: Path) -> Measured:
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    return await measure_reports(year_site(folder, url, QUEUES), plan, _tell)


async def _reports(plan: YearPlan | None, url: str | None) -> Measured:
    with tempfile.TemporaryDirectory(prefix="pasokh-bench-") as folder:
        site = year_site(Path(folder), url, QUEUES)
        await site.refuse_tables()
        try:
            return await measure_reports(site, plan, _tell)
        finally:
            await site.empty()


@asynccontextmanager
async def _empty_ledger(url: str | None) -> AsyncIterator[tuple[Database, Path]]:
    """A ledger without tables, and a folder; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="pasokh-bench-") as folder:
        database = Database(url or f"sqlite+aiosqlite:///{folder}/ledger.sqlite")
        try:
            async with database.read() as connection:
                taken = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
            if taken:
                raise RefusedError(f"bench: the database has tables ({', '.join(sorted(taken)[:3])} ...); give an "
                                   "empty one, for everything in it is removed afterwards")
            try:
                yield database, Path(folder)
            finally:
                async with database.write() as connection:
                    await connection.run_sync(LEDGER.drop_all)
        except (SQLAlchemyError, OSError) as error:
            raise RefusedError(f"bench: the database: {str(error).splitlines()[0]}") from error
        finally:
            await database.close()


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _screen() -> Console:
    return Console(width=None if sys.stdout.isatty() else 120)
