"""`bin/pasokh prompts`: what callers hear."""

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from foundation.paths import Home
from foundation.settings import load_settings
from ivr.prompts import Catalogue, CatalogueError, Prompt, SoundError, ToolMissingError, load_catalogue, missing
from ivr.prompts import build as build_prompts
from pasokh.refusal import RefusedError

app = typer.Typer(no_args_is_help=True)

Everything = Annotated[bool, typer.Option("--all", help="Also the parts of spoken numbers and dates.")]


@app.command()
def build() -> None:
    """Render the texts that changed, convert the recordings that are new; exit code 1 when a recording is refused."""
    home = Home.from_environment()
    settings = load_settings(home)
    columns = (TextColumn("prompts"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    try:
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("")
            built = build_prompts(
                home, settings,
                lambda done, total, name: bar.update(task, completed=done, total=total, description=name),
            )
    except (CatalogueError, SoundError, ToolMissingError) as error:
        raise RefusedError(str(error)) from error
    print(f"{len(built.made)} made, {built.kept} kept, {len(built.refused)} recordings refused")
    for refused in built.refused:
        print(refused)
    if built.refused:
        raise typer.Exit(1)


@app.command("list")
def list_prompts(everything: Everything = False) -> None:  # noqa: FBT002 - a flag of the command line
    """Show each prompt's text in each language, where its sound comes from, and what is missing."""
    home = Home.from_environment()
    try:
        catalogue = load_catalogue(home)
    except CatalogueError as error:
        raise RefusedError(str(error)) from error
    absent = {gap.prompt for gap in missing(home)}
    table = Table("prompt", "sound", "text")
    for prompt in catalogue.prompts:
        if everything or prompt not in catalogue.parts or prompt in catalogue.recordings:
            table.add_row(str(prompt), _source(catalogue, prompt, absent), catalogue.texts.get(prompt, ""))
    Console().print(table)


def _source(catalogue: Catalogue, prompt: Prompt, absent: set[Prompt]) -> str:
    if prompt in absent:
        return "missing"
    return "recording" if prompt in catalogue.recordings else "text"
