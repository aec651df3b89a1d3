"""`bin/pasokh ivr check|graph|try`: the menus checked, drawn, and walked without a telephone."""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from foundation.calendars import MomentError, parse_moment
from foundation.data_file import DataFileError
from foundation.paths import Home
from foundation.settings import LANGUAGES, Language, Settings, load_settings
from ivr.menu.book import known_here, menu_files
from ivr.menu.graph import draw
from ivr.menu.lint import check_menus
from ivr.menu.menu import Tree
from ivr.menu.tree import load_tree
from ivr.menu.trial import Trial
from ivr.prompts.catalogue import FORMATS, Catalogue, Prompt, load_catalogue
from ivr.queue_load import QueueLoad
from ivr.self_service.book import load_services
from ivr.self_service.contract import load_contract
from ivr.survey_check import survey_findings
from ivr.witness import Witness
from pasokh.refusal import RefusedError

FAULTY = 1

app = typer.Typer(no_args_is_help=True, help="The menus: check them, draw them, walk them without a telephone.")
Menus = Annotated[Path | None, typer.Option("--menu", help="Folder of menu files to look at instead of the site's.")]


@app.command("check")
def check(menu: Menus = None) -> None:
    """Look for everything wrong with menus, services and surveys, by file and line. Exit code 1: some."""
    home, settings = _site()
    paths = _files(home, menu)
    menus = check_menus(paths, known_here(home, settings), _has_sound(home))
    _, services = load_services(home, load_contract())
    findings = [*map(str, menus), *map(str, services), *survey_findings(home, settings, _has_sound(home))]
    for finding in findings:
        typer.echo(finding)
    if findings:
        raise typer.Exit(FAULTY)
    typer.echo(f"nothing wrong in {', '.join(path.name for path in paths)}, in the services and in the surveys")


@app.command("graph")
def graph(
    menu: Menus = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; else to the screen.")] = None,
) -> None:
    """Draw the menus as an SVG picture, with their texts in the site's language."""
    home, settings = _site()
    catalogue = load_catalogue(home)
    language = settings.site.language
    picture = draw(_tree(home, settings, menu), lambda prompt: _text(catalogue, language, prompt), language)
    if output is None:
        sys.stdout.write(picture)
    else:
        output.write_text(picture, encoding="utf-8")
        typer.echo(f"written: {output}")


@app.command("try")
def try_menus(
    *,
    menu: Menus = None,
    at: Annotated[str, typer.Option("--at", help="As if it were this moment: 2026-11-27T22:00, now, ...")] = "now",
    from_: Annotated[str, typer.Option("--from", help="The caller's number.")] = "",
    wait: Annotated[list[str] | None, typer.Option("--wait", help="QUEUE=SECONDS estimated there.")] = None,
    called: Annotated[float | None, typer.Option("--called", help="Hours since the caller's last call.")] = None,
    language: Annotated[str | None, typer.Option("--language", help="Before the caller has chosen.")] = None,
    busy: Annotated[bool, typer.Option("--busy", help="As if all lines were taken.")] = False,
) -> None:
    """Walk the menus: what would be heard is written; type keys, Enter alone for silence, Ctrl-D to hang up."""
    home, settings = _site()
    tree, catalogue = _tree(home, settings, menu), load_catalogue(home)
    moment = _moment(at, settings)
    waits = dict(map(_wait, wait or ()))
    witness = Witness.of(settings, QueueLoad(), moment.timestamp)
    facts = replace(witness.facts(tree, from_, called), wait=waits.get)
    spoken = _language(language, settings)
    Trial(
        tree, facts, spoken, lambda now, prompt: _text(catalogue, now, prompt), _keys(), typer.echo, busy=busy,
    ).run()


def _site() -> tuple[Home, Settings]:
    home = Home.from_environment()
    return home, load_settings(home)


def _files(home: Home, folder: Path | None) -> list[Path]:
    found = menu_files(home) if folder is None else sorted(folder.glob("*.yaml"))
    if not found:
        raise RefusedError(f"{folder}: no menu files (*.yaml) here")
    return found


def _tree(home: Home, settings: Settings, folder: Path | None) -> Tree:
    try:
        return load_tree(_files(home, folder), known_here(home, settings))
    except DataFileError as error:
        raise RefusedError(str(error)) from error


def _has_sound(home: Home) -> Callable[[str], bool]:
    """Whether a prompt has been rendered; where none has been yet, nothing is said of it."""
    if not any(home.prompts.glob("*/*")):
        return lambda _prompt: True

    def has(reference: str) -> bool:
        language, _, name = reference.rpartition("/")
        wanted = [one for one in LANGUAGES if language in ("", one)]
        return all(
            any(Prompt(one, name).path(home.prompts, form).exists() for form in FORMATS) for one in wanted
        )

    return has


def _text(catalogue: Catalogue, language: Language, reference: str) -> str:
    own, _, name = reference.rpartition("/")
    spoken = next((one for one in LANGUAGES if one == own), language)
    return " ".join(catalogue.texts.get(Prompt(spoken, name), f"[{reference}]").split())


def _moment(text: str, settings: Settings) -> datetime:
    try:
        return parse_moment(text, ZoneInfo(settings.site.timezone), datetime.fromtimestamp(time.time(), UTC))
    except MomentError as error:
        raise RefusedError(str(error)) from error


def _wait(text: str) -> tuple[str, float]:
    queue, _, seconds = text.partition("=")
    try:
        return queue, float(seconds)
    except ValueError as error:
        raise RefusedError(f"--wait {text}: write QUEUE=SECONDS, like insurance=400") from error


def _language(text: str | None, settings: Settings) -> Language:
    found = next((one for one in LANGUAGES if one == text), None)
    if text is not None and found is None:
        raise RefusedError(f"--language {text}: there are {', '.join(LANGUAGES)}")
    return found or settings.site.language


def _keys() -> Callable[[str], str | None]:
    """One key at a time from what is typed; several in one line are typed ahead."""
    ahead: Iterator[str] = iter(())

    def read(prompt: str) -> str | None:
        nonlocal ahead
        key = next(ahead, None)
        if key is not None:
            return key
        try:
            line = input(prompt).strip()
        except EOFError:
            return None
        ahead = iter(line[1:])
        return line[:1]

    return read
