"""Why callers have nothing but keys, said once when the IVR starts and by the doctor."""

from collections.abc import Iterator

import structlog

from foundation.settings import LANGUAGES, Settings
from foundation.speech import speech_faults, spoken_languages
from ivr.menu.menu import Tree
from ivr.spoken.words import grammar

log = structlog.get_logger()


def keys_only(settings: Settings, tree: Tree | None) -> Iterator[str]:
    """What stands in the way of the words that the menus have."""
    yield from speech_faults(settings)
    understood = spoken_languages(settings)
    for language in LANGUAGES:
        menus = [name for name, menu in tree.menus.items() if grammar(menu.speech, language)] if tree else []
        if menus and language not in settings.speech.models and language not in understood:
            yield f"speech.models has no {language}: keys only in the menus {', '.join(menus)}"


def tell_keys_only(settings: Settings, tree: Tree | None) -> None:
    """Into the log."""
    reasons = list(keys_only(settings, tree))
    if reasons:
        log.info("menus are keys only", reasons=reasons)
