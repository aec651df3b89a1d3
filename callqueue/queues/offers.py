"""Whether a queue tells its callers of the key for a callback: only while the wait is long.

app_queue announces a file, and says nothing while it is not there. So the announcement is switched, for all who wait
and at every moment, by a link to a folder with the prompt in every language.
"""

from collections.abc import Iterable
from pathlib import Path

import structlog

from callqueue.floor.state import Floor
from foundation.paths import Home
from foundation.settings import LANGUAGES, Settings

FORMATS = ("alaw", "ulaw", "wav")
PROMPT = "offer"

log = structlog.get_logger()


def is_offered(above_seconds: int, estimated_wait: int | None, longest_wait: float) -> bool:
    """Without an estimate, or with nobody at work, the caller who has waited longest decides."""
    wait = longest_wait if estimated_wait is None else estimated_wait
    return above_seconds == 0 or wait > above_seconds


class Offers:
    """Switches the announcements of one site. What it has not switched yet stays as it was."""

    def __init__(self, home: Home, settings: Settings) -> None:
        self._folder, self._prompts, self._settings = home.callback_offers, home.prompts, settings
        self._made: set[str] = set()

    def show(self, floor: Floor, estimates: dict[str, int | None], now: float) -> None:
        """Bring every queue's announcement to what the floor says; a disk that is full or away only keeps it."""
        for queue, rules in self._settings.queues.items():
            if not self._settings.calls_back(queue):
                continue
            longest = max((now - caller.joined for caller in floor.waiting.get(queue, ())), default=0.0)
            offered = is_offered(rules.callback_above_seconds, estimates.get(queue), longest)
            try:
                self._switch(queue, rules.callback_key, on=offered)
            except OSError as error:
                log.warning("callback offer not switched", queue=queue, error=str(error))

    def _switch(self, queue: str, key: str, *, on: bool) -> None:
        link, wanted = self._folder / queue, Path(f".key-{key}")
        if not on:
            link.unlink(missing_ok=True)
        elif not link.is_symlink() or link.readlink() != wanted:
            self._make(wanted.name, key)
            half = self._folder / f".{queue}.half"
            half.unlink(missing_ok=True)
            half.symlink_to(wanted)
            half.replace(link)

    def _make(self, folder: str, key: str) -> None:
        if folder in self._made:
            return
        for path, target in self._links(folder, key):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.symlink_to(target)
        self._made.add(folder)

    def _links(self, folder: str, key: str) -> Iterable[tuple[Path, Path]]:
        for language in LANGUAGES:
            for form in FORMATS:
                sound = self._prompts / language / f"callback-key-{key}.{form}"
                yield self._folder / folder / language / f"{PROMPT}.{form}", sound
