"""`bin/pasokh emergency`: an announcement before the menus, or a closure, from the next call on."""

import getpass
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from foundation.settings import LANGUAGES, Language
from ivr.emergency import (
    STANDARD,
    Emergency,
    EmergencyError,
    Mode,
    of_prompt,
    read_emergency,
    spoken,
    switch_off,
    switch_on,
)
from ivr.prompts import CatalogueError, SoundError, ToolMissingError
from ivr.prompts.sound import Sound, read_sound
from pasokh.refusal import RefusedError
from pasokh.site import Site, open_site

app = typer.Typer(no_args_is_help=True, help="Switch an emergency announcement or a closure on and off.")

LANGUAGE_FORM = "in the site's language, or `tr=...`; may be repeated"

Closed = Annotated[bool, typer.Option("--closed", help="Take no calls: announcement, then message or goodbye.")]
TextWords = Annotated[list[str] | None, typer.Option("--text", help=f"Say this text, {LANGUAGE_FORM}.")]
Recording = Annotated[list[str] | None, typer.Option("--recording", help=f"Play this file, {LANGUAGE_FORM}.")]
By = Annotated[str, typer.Option("--by", help="Who does it; your user's name unless given.")]


@app.command()
def on(
    *,
    closed: Closed = False,
    text: TextWords = None,
    prompt: Annotated[str | None, typer.Option("--prompt", help="Play this prompt, in all its languages.")] = None,
    recording: Recording = None,
    by: By = "",
) -> None:
    """Announce something to every caller; without text, prompt or recording the standard announcement."""
    site = open_site()
    if sum(map(bool, (text, prompt, recording))) > 1:
        raise RefusedError("--text, --prompt, --recording: give one of them")
    try:
        sounds = _sounds(site, text or (), prompt, recording or ())
        found = switch_on(site.home, Mode.CLOSED if closed else Mode.ON, sounds, by or getpass.getuser())
    except (EmergencyError, CatalogueError, SoundError, ToolMissingError, OSError) as error:
        raise RefusedError(str(error)) from error
    print(standing_text(found, site))


@app.command()
def off(*, by: By = "") -> None:
    """All as always, from the next call on."""
    site = open_site()
    was_on = switch_off(site.home, by or getpass.getuser())
    print("switched off" if was_on else "nothing was on")


@app.command()
def status() -> None:
    """What is on; exit code 1 when something is."""
    site = open_site()
    found = read_emergency(site.home)
    print(standing_text(found, site))
    raise typer.Exit(1 if found else 0)


def standing_text(found: Emergency | None, site: Site) -> str:
    """One line about it."""
    if found is None:
        return "no emergency announcement"
    what = "CLOSED: no calls are taken" if found.mode is Mode.CLOSED else "an emergency announcement is on"
    since = datetime.fromtimestamp(found.since, UTC).astimezone(ZoneInfo(site.settings.site.timezone))
    return f"{what}, since {since:%Y-%m-%d %H:%M:%S}, by {found.who}, in {', '.join(found.languages) or 'no language'}"


def _sounds(site: Site, texts: Sequence[str], prompt: str | None, files: Sequence[str]) -> dict[Language, Sound]:
    if texts:
        return spoken(site.settings, dict(_by_language(site, words) for words in texts))
    if files:
        return {language: read_sound(Path(name)) for language, name in (_by_language(site, words) for words in files)}
    return of_prompt(site.home, site.settings, prompt or STANDARD)


def _by_language(site: Site, words: str) -> tuple[Language, str]:
    for language in LANGUAGES:
        if words.startswith(f"{language}="):
            return language, words.removeprefix(f"{language}=")
    return site.settings.site.language, words
