"""`bin/pasokh case cause`: what ailed the organisation that a case had to be."""

from typing import Annotated

import typer
from rich.table import Table

from followups.book.causes import Causes, load_causes, set_cause
from foundation.data_file import DataFileError
from foundation.paths import Home
from pasokh.case_site import CaseSite, actor_of, code_of, console
from pasokh.refusal import RefusedError

app = typer.Typer()


@app.command("cause")
def cause(
    code: Annotated[str, typer.Argument(help="Tracking code; groups and Persian digits are read too.")],
    cause: Annotated[str, typer.Argument(help="As `case causes` shows them.")],
    *,
    by: Annotated[str, typer.Option("--by", help="Who says it; your user's name unless given.")] = "",
) -> None:
    """Say what ailed the organisation; reports about faults count by it. The last word counts."""
    site = CaseSite.open()
    causes = causes_of(site.site.home)
    site.work(lambda office: set_cause(office.clock.changes, causes, code_of(code), cause, actor_of(by)))


@app.command("causes")
def causes() -> None:
    """The causes that there are."""
    site = CaseSite.open()
    table = Table(box=None, show_header=False)
    for name, titles in causes_of(site.site.home).items():
        table.add_row(name, titles[site.words.language])
    console().print(table)


def causes_of(home: Home) -> Causes:
    """Shipped ones and the site's own.

    Raises:
        RefusedError: the site's file is wrong.
    """
    try:
        return load_causes(home)
    except DataFileError as error:
        raise RefusedError(str(error)) from error
