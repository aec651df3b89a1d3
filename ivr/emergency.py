"""An emergency announcement before the menus, or a closure in place of them.

What is on is a file in the site's folder `emergency`: `closed.json` or `on.json`, and beside it what callers hear,
`fa.alaw` and so on. The dialplan itself looks for these files at each call, so they hold from the next call on and
need none of our services; they outlive a restart of everything.
"""

import json
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from foundation.asterisk.run import append_to_journal
from foundation.paths import Home
from foundation.settings import LANGUAGES, Language, Settings
from ivr.message_draft import write_whole
from ivr.prompts.catalogue import FORMATS, Prompt, load_catalogue
from ivr.prompts.rendering import voice_of
from ivr.prompts.sound import Sound, read_sound, write_sound

STANDARD = "emergency-standard"
"""The prompt that is played when nothing else is given."""
_WHO = re.compile(r"[^A-Za-z0-9._-]")


class EmergencyError(Exception):
    """It cannot be switched so; the text says why."""


class Mode(StrEnum):
    """The name of each mode's file."""

    ON = "on"
    """An announcement, then the menus as always."""
    CLOSED = "closed"
    """An announcement, then a voice message or goodbye."""


@dataclass(frozen=True)
class Emergency:
    mode: Mode
    who: str
    since: float
    """Epoch seconds."""
    languages: tuple[Language, ...]
    """In which it is announced."""


def read_emergency(home: Home) -> Emergency | None:
    """What is on now; None when nothing is. A file that cannot be read is on all the same: callers hear it."""
    for mode in (Mode.CLOSED, Mode.ON):
        path = _file(home, mode)
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return Emergency(mode, str(content["who"]), float(content["since"]), _announced(home))
        except FileNotFoundError:
            continue
        except (ValueError, KeyError, TypeError, OSError):
            return Emergency(mode, "unknown", 0.0, _announced(home))
    return None


def switch_on(home: Home, mode: Mode, sounds: Mapping[Language, Sound], who: str) -> Emergency:
    """From the next call on; what was on before is replaced.

    Raises:
        EmergencyError: there is nothing to be heard.
        OSError, SoundError: the files cannot be written; what was on before stays on.
    """
    if not sounds:
        raise EmergencyError("an announcement needs a sound in one language at least")
    home.emergency.mkdir(parents=True, exist_ok=True)
    for language, sound in sounds.items():
        for form in FORMATS:
            write_sound(sound, home.emergency / f"{language}.{form}", form)
    silent = [language for language in LANGUAGES if language not in sounds]
    _remove(home.emergency / f"{language}.{form}" for language in silent for form in FORMATS)
    found = Emergency(mode, _plain(who), round(time.time(), 3), tuple(sounds))
    write_whole(_file(home, mode), json.dumps(asdict(found)))
    # The other mode goes last: at every moment the dialplan finds at least one of them.
    _remove(_file(home, other) for other in Mode if other is not mode)
    append_to_journal(home.queue_log, "EMERGENCY_ON", found.who, mode)
    return found


def switch_off(home: Home, who: str) -> bool:
    """From the next call on all is as always. False: nothing was on."""
    was_on = read_emergency(home) is not None
    _remove(_file(home, mode) for mode in Mode)
    if was_on:
        append_to_journal(home.queue_log, "EMERGENCY_OFF", _plain(who))
    return was_on


def spoken(settings: Settings, texts: Mapping[Language, str]) -> dict[Language, Sound]:
    """These texts, rendered.

    Raises:
        SoundError, ToolMissingError: a text cannot be spoken.
    """
    return {language: voice_of(settings, language).say(text) for language, text in texts.items()}


def of_prompt(home: Home, settings: Settings, name: str) -> dict[Language, Sound]:
    """A prompt of the catalogue, in every language that has it.

    Raises:
        EmergencyError: there is no such prompt.
        CatalogueError, SoundError, ToolMissingError: it cannot be made.
    """
    catalogue = load_catalogue(home)
    found: dict[Language, Sound] = {}
    for language in LANGUAGES:
        prompt = Prompt(language, name)
        if prompt in catalogue.recordings:
            found[language] = read_sound(catalogue.recordings[prompt])
        elif prompt in catalogue.texts:
            found[language] = voice_of(settings, language).say(catalogue.texts[prompt])
    if not found:
        raise EmergencyError(f"there is no prompt {name!r}; `bin/pasokh prompts list` shows them")
    return found


def _announced(home: Home) -> tuple[Language, ...]:
    return tuple(language for language in LANGUAGES if (home.emergency / f"{language}.{FORMATS[0]}").exists())


def _file(home: Home, mode: Mode) -> Path:
    return home.emergency / f"{mode}.json"


def _plain(who: str) -> str:
    # It becomes a field of the journal.
    return _WHO.sub("_", who)[:40] or "unknown"


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
