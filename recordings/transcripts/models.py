"""Which languages of this site can be written down, and why others cannot."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from foundation.settings import Language, Settings
from foundation.speech import PACKAGE, folder_fault, has_package


def chosen_models(settings: Settings) -> Mapping[Language, Path]:
    """The folder that is named for each language, whether it can be used or not."""
    return {**settings.speech.models, **settings.transcripts.models}


def usable_models(settings: Settings) -> Mapping[Language, Path]:
    """The models that can be used; none where nothing is to be written down."""
    if not settings.transcripts.workers or not has_package():
        return {}
    return {language: path for language, path in chosen_models(settings).items() if folder_fault(path) is None}


def transcript_faults(settings: Settings) -> Iterator[str]:
    """What is configured and cannot be used."""
    models = chosen_models(settings)
    if not models or not settings.transcripts.workers:
        return
    if not has_package():
        yield f"the package {PACKAGE} is not installed (it is in the extra `speech`)"
    for language, path in models.items():
        fault = folder_fault(path)
        if fault is not None:
            section = "transcripts" if language in settings.transcripts.models else "speech"
            yield f"{section}.models.{language} = {str(path)!r}: {fault}"


def language_of(spoken: str | None, settings: Settings) -> Language:
    """The language in which a recording is written down: its own, or where nobody knows it, the site's."""
    match spoken:
        case "fa" | "tr" | "en":
            return spoken
        case _:
            return settings.site.language
