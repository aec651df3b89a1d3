"""`bin/pasokh caller`: what is kept of one caller, for him to have or to be forgotten."""

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from foundation.data_file import DataFileError
from pasokh.backup.erasures import write_erasures
from pasokh.caller_export import Exported, export_caller
from pasokh.erasing import Eraser, caller_number
from pasokh.keeping import Keeping, keeping
from pasokh.refusal import RefusedError
from pasokh.site import Site, open_site
from recordings.keeping.erasures import erased_callers

app = typer.Typer(no_args_is_help=True, help="What is kept of one caller: export it, or forget him.")

Result = TypeVar("Result")
Number = Annotated[str, typer.Argument(help="His telephone number, in any form.")]
Who = Annotated[str, typer.Option("--by", help="Who does it; your user's name unless given.")]


@app.command("export")
def export(
    number: Number, to: Annotated[Path, typer.Option("--to", help="A new file; it becomes a ZIP.")], by: Who = "",
) -> None:
    """Write all that is kept of a caller, with the sound, to one file."""
    site = open_site()
    found = caller_number(number, site.settings)
    if to.exists():
        raise RefusedError(f"--to {to}: is there already")

    async def work(rooms: Keeping) -> Exported:
        return await export_caller(rooms, found, to, _actor(by))

    done = _run(site, work)
    print(f"{to}: {done.rows} facts, {done.sounds} sounds; it is not encrypted, and the audit log knows of it")
    for reason in done.left_out:
        print(f"left out: {reason}", file=sys.stderr)


@app.command("erase")
def erase(
    number: Number,
    *,
    force: Annotated[bool, typer.Option("--force", help="Close open cases and messages, too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    by: Who = "",
) -> None:
    """Forget a caller for good. Counts and figures stay; so do backups, which are put right when they are restored."""
    site = open_site()
    found = caller_number(number, site.settings)
    if not yes:
        typer.confirm(f"Forget {found} for good, with all sound, words and cases?", abort=True)

    async def work(rooms: Keeping) -> tuple[dict[str, int], Sequence[str]]:
        eraser = Eraser.of(rooms)
        return await eraser.erase(found, _actor(by), force=force), await eraser.tell_backups()

    done, away = _run(site, work)
    for name, count in done.items():
        print(f"{count:6}  {name}")
    print("forgotten; the certificate is in the audit log" if done else "nothing was kept of this number")
    for folder in away:
        print(f"the backup {folder} is not in reach: write the list by `bin/pasokh caller erasures --to FILE`, and "
              "restore it with --erasures FILE", file=sys.stderr)


@app.command("erasures")
def erasures(to: Annotated[Path, typer.Option("--to", help="The file.")]) -> None:
    """Write the list of forgotten callers, for backups that are out of reach; nobody can tell from it who they are."""

    async def work(rooms: Keeping) -> int:
        found = await erased_callers(rooms.main)
        write_erasures(to, found)
        return len(found)

    print(f"{to}: {_run(open_site(), work)} forgotten callers; `bin/pasokh restore FOLDER --erasures {to}`")


def _run(site: Site, act: Callable[[Keeping], Awaitable[Result]]) -> Result:
    async def work() -> Result:
        async with keeping(site.home, site.settings) as rooms:
            return await act(rooms)

    try:
        return asyncio.run(work())
    except DataFileError as error:
        raise RefusedError(str(error)) from error


def _actor(by: str) -> str:
    return f"command:{by or getpass.getuser()}"[:80]
