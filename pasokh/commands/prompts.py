"""`bin/pasokh prompts`: what callers hear."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from foundation.paths import Home
from foundation.settings import load_settings
from ivr.prompts import (
    Catalogue,
    CatalogueError,
    Prompt,
    SoundError,
    ToolMissingError,
    import_folder,
    load_catalogue,
    missing,
)
from ivr.prompts import build as build_prompts
from ivr.prompts.numbers import prompt_numbers
from pasokh.refusal import RefusedError
from pasokh.site import open_site

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


@app.command("import")
def import_recordings(
    folder: Annotated[Path, typer.Argument(help="Holds LANGUAGE/NAME.wav or .flac.", exists=True, file_okay=False)],
    *,
    new: Annotated[bool, typer.Option("--new", help="Take in names that have no text yet, too.")] = False,
) -> None:
    """Take in recordings of a studio, which win over the texts; exit code 1 when one is refused."""
    site = open_site()
    try:
        done = import_folder(site.home, site.settings, folder, new_names=new)
    except (CatalogueError, ToolMissingError) as error:
        raise RefusedError(str(error)) from error
    print(f"{len(done.taken)} taken, {len(done.refused)} refused")
    for refused in done.refused:
        print(refused)
    if done.refused:
        raise typer.Exit(1)


@app.command("list")
def list_prompts(
    *,
    everything: Everything = False,
    only_missing: Annotated[bool, typer.Option("--missing", help="Only those without a sound.")] = False,
) -> None:
    """Show each prompt's number and texts, where its sound comes from, and what is missing."""
    home = Home.from_environment()
    try:
        catalogue = load_catalogue(home)
    except CatalogueError as error:
        raise RefusedError(str(error)) from error
    absent = {gap.prompt for gap in missing(home)}
    numbers = prompt_numbers(home, {prompt.name for prompt in catalogue.prompts})
    table = Table("number", "prompt", "sound", "text")
    for prompt in catalogue.prompts:
        if prompt not in absent if only_missing else _is_hidden(catalogue, prompt, everything=everything):
            continue
        text = catalogue.texts.get(prompt, "")
        table.add_row(str(numbers[prompt.name]), str(prompt), _source(catalogue, prompt, absent), text)
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def _is_hidden(catalogue: Catalogue, prompt: Prompt, *, everything: bool) -> bool:
    return not everything and prompt in catalogue.parts and prompt not in catalogue.recordings


def _source(catalogue: Catalogue, prompt: Prompt, absent: set[Prompt]) -> str:
    if prompt in absent:
        return "missing"
    return "recorded" if prompt in catalogue.recordings else "rendered"
