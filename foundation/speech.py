"""Whether callers of this site may speak to its menus, and why not.

Only what is told here to be usable is configured, loaded and started; everything else is keys only.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from foundation.settings import LANGUAGES, Language, Settings

ENGINE = "pasokh-speech"
"""The recogniser's name in Asterisk's aeap.conf."""
PACKAGE = "vosk"
GRAMMAR_GRAPH = ("HCLr.fst", "Gr.fst")
"""Only models with these two, the small ones, can be told which words to expect."""


def spoken_languages(settings: Settings) -> frozenset[Language]:
    """In which languages callers are understood."""
    if settings.speech.url is not None:
        return frozenset(LANGUAGES)
    if not has_package():
        return frozenset()
    return frozenset(language for language, path in settings.speech.models.items() if model_fault(path) is None)


def runs_here(settings: Settings) -> bool:
    """Whether our own recogniser serves this site."""
    return settings.speech.url is None and bool(spoken_languages(settings))


def server_url(settings: Settings) -> str:
    """Where Asterisk finds the recogniser."""
    return settings.speech.url or f"ws://127.0.0.1:{settings.ports.of('speech')}"


def speech_faults(settings: Settings) -> Iterator[str]:
    """What is configured and cannot be used."""
    if settings.speech.url is not None or not settings.speech.models:
        return
    if not has_package():
        yield f"speech.models: the package {PACKAGE} is not installed (it is in the extra `speech`)"
    for language, path in settings.speech.models.items():
        fault = model_fault(path)
        if fault is not None:
            yield f"speech.models.{language} = {str(path)!r}: {fault}"


def has_package() -> bool:
    return find_spec(PACKAGE) is not None


def model_fault(path: Path) -> str | None:
    """Why callers cannot speak to menus with the model in this folder."""
    fault = folder_fault(path)
    if fault is not None:
        return fault
    if not all((path / "graph" / name).is_file() or (path / name).is_file() for name in GRAMMAR_GRAPH):
        return "this model cannot be told which words to expect; take a small one (vosk-model-small-...)"
    return None


def folder_fault(path: Path) -> str | None:
    """Why Vosk could not use the model in this folder at all; a wrong one would end the whole process."""
    if not path.is_absolute():
        return "write the whole path, beginning with /"
    if not path.is_dir():
        return "there is no such folder"
    if not any((path / name).is_file() for name in ("am/final.mdl", "final.mdl")):
        return "no model of Vosk is in it (am/final.mdl)"
    return None
