"""Section about what was said in kept recordings."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from foundation.settings.values import Language, Section


class Transcripts(Section):
    """What was said in kept recordings is written down, by the same recogniser."""

    models: dict[Language, Path] = {}
    """Folders with models of Vosk, of any size, instead of those of `speech.models`."""
    workers: Annotated[int, Field(ge=0, le=64)] = 1
    """Processes that listen at once; each has one model in memory. 0: nothing is written down."""
    kinds: list[Literal["voice_message", "call"]] = ["voice_message", "call"]
    days: Annotated[int, Field(ge=1, le=3650)] = 30
    """Only recordings that are younger are taken by themselves; `bin/pasokh transcripts make` takes any."""
