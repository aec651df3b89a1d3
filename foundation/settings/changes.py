"""What differs between two states of a site's settings, and what of it a running line can take. Pure, save for the file
that remembers which settings are in force.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from foundation.paths import Home
from foundation.settings import Settings

AT_START = (
    "site", "ports", "sip.address", "sip.media_address", "database", "disk", "speech", "transcripts",
    "back_office", "web", "smtp",
)
"""Keys that only a start of the line reads: ports are bound, files are open, names stand in calls' ids."""
FLOOR = ("queues", "agents", "pause_reasons", "default_queue")
"""Keys that the service `callqueue` holds."""
DIALLING = ("queues", "outbound", "holidays", "sip.trunk", "sms", "default_queue")
"""Keys that the service `dialler` holds."""


@dataclass(frozen=True, slots=True)
class Change:
    key: str
    """Like `queues.medical.max_length`."""
    before: Any
    """None: it was not there."""
    after: Any
    """None: it is not there any more."""


def changes(before: Settings, after: Settings) -> list[Change]:
    """Every key whose value differs; of a queue or agent that is new or gone, only its name."""
    return list(_compare("", before.model_dump(mode="json"), after.model_dump(mode="json")))


def _compare(prefix: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _compare(f"{prefix}{key}.", old, new)
        elif old != new:
            yield Change(prefix + key, old, new)


def is_under(key: str, sections: tuple[str, ...]) -> bool:
    """Whether a key is one of the sections or stands in one of them."""
    return any(key == section or key.startswith(f"{section}.") for section in sections)


def write_applied(home: Home, settings: Settings) -> None:
    """Remember that these settings are in force."""
    half = home.applied_settings.with_suffix(".half")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(settings.model_dump(mode="json"), file, ensure_ascii=False)
    half.replace(home.applied_settings)


def read_applied(home: Home) -> Settings | None:
    """The settings that are in force; None when nobody has said, or a version with other settings did."""
    try:
        content = json.loads(home.applied_settings.read_text(encoding="utf-8"))
        return Settings.model_validate(content)
    except (FileNotFoundError, json.JSONDecodeError, ValidationError):
        return None
