"""Voice messages and call-back requests: what their spool says about them, and what is kept.

The spool holds `NAME.json` (the facts) and the sound that they name. Whoever takes a message writes the facts first
with the state `begun`, so sound is never without its caller, and replaces them at the end; facts in a final state are
never written again.
"""

import json
import re
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from foundation.settings import LANGUAGES, RESCUE_BOX

FORGOTTEN_SECONDS = 900
"""Facts that are still `begun`, untouched for so long, are of somebody who was killed: longer than any message."""
SHORTEST_MS = 1000
"""Of what a caller said before he hung up; less is the click of the handset."""

_NUMBER = re.compile(r"\+?[0-9]{3,15}")
_CALL = re.compile(r"[A-Za-z0-9._-]{1,100}")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,48}")
_TRACKING = re.compile(r"[0-9]{4,20}")
_SOUND = re.compile(r"[A-Za-z0-9._-]{1,150}\.wav")


class Progress(StrEnum):
    """How far the taking of a message has come: the facts' `state`."""

    BEGUN = "begun"
    COMPLETE = "complete"
    HUNG_UP = "hung_up"
    """What was said until then counts."""
    NO_SOUND = "no_sound"
    """Only the number is known."""
    CANCELLED = "cancelled"


class Kind(StrEnum):
    VOICE_MESSAGE = "voice_message"
    CALLBACK_REQUEST = "callback_request"
    """A number to be called, without a word said."""
    LOST_CALLER = "lost_caller"
    """A number only: its caller gave up before he said anything."""


@dataclass(frozen=True)
class Facts:
    """What is known about one message."""

    call_id: str
    taken_ms: int
    progress: Progress
    kind: Kind = Kind.VOICE_MESSAGE
    box: str = RESCUE_BOX
    caller: str | None = None
    callback_number: str | None = None
    language: str | None = None
    tracking: str | None = None
    sound: str | None = None
    """Name of the sound's file in the same folder."""
    queue: str | None = None
    """Whose agents shall call back."""


@dataclass(frozen=True)
class Spooled:
    """One message in the spool."""

    path: Path
    facts: Facts

    @property
    def id(self) -> str:
        return f"message-{self.path.stem}"

    @property
    def sound(self) -> Path | None:
        return self.path.with_name(self.facts.sound) if self.facts.sound else None

    def files(self) -> list[Path]:
        """All that lies in the spool of it: the facts last, so that what is interrupted is looked at again."""
        takes = sorted(self.path.parent.glob(f"{self.path.stem}.take*.wav"))
        found = [*takes, *([self.sound] if self.sound else []), self.path]
        return [path for path in dict.fromkeys(found) if path.exists()]

    def forgotten(self, now: float | None = None) -> bool:
        """Whether nobody will write these facts to their end any more."""
        touched = max(path.stat().st_mtime for path in self.files())
        return (time.time() if now is None else now) - touched > FORGOTTEN_SECONDS


def find_facts(spool: Path) -> list[Path]:
    return sorted(spool.glob("*.json"))


def read_spooled(path: Path) -> Spooled:
    """A message of the spool.

    Raises:
        ValueError: the facts are not readable; the text names the file and the reason.
        FileNotFoundError: it is gone.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ValueError(f"{path}: wanted a JSON object")  # noqa: TRY004 - a broken file, not a programmer's mistake
    try:
        return Spooled(path, _facts(content))
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path}: {error!r} is missing or of another kind") from error


def _facts(content: dict[str, Any]) -> Facts:
    language = content.get("language")
    call_id = str(content["call_id"])
    if not _CALL.fullmatch(call_id):
        raise ValueError(f"call_id = {call_id[:40]!r}: no id of a call")
    return Facts(
        call_id=call_id,
        taken_ms=round(float(content["taken_at"]) * 1000),
        progress=Progress(content.get("state", Progress.COMPLETE)),
        kind=Kind(content.get("kind", Kind.VOICE_MESSAGE)),
        box=_matching(_NAME, content.get("box")) or RESCUE_BOX,
        caller=_matching(_NUMBER, content.get("caller")),
        callback_number=_matching(_NUMBER, content.get("callback_number")),
        language=language if language in LANGUAGES else None,
        tracking=_matching(_TRACKING, content.get("tracking")),
        sound=_matching(_SOUND, content.get("sound")),
        queue=_matching(_NAME, content.get("queue")),
    )


def _matching(form: re.Pattern[str], value: object) -> str | None:
    return value if isinstance(value, str) and form.fullmatch(value) else None
