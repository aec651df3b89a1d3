"""The recordings that somebody may hear, as his list shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from recordings.listening.listing import WantedRecordings, find_recordings
from recordings.measuring.store import Outline, outlines_of
from recordings.store import Recording
from recordings.transcripts.search import WordsWanted, find_words
from recordings.transcripts.word_query import Place

MOST_LOOKS: Final = 10
"""Into the index of words for one page: what was found may be another's to hear."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of the list."""

    recording: Recording
    outline: Outline | None
    """None: it is not measured yet."""
    places: tuple[Place, ...] = ()
    """Where it was said what was searched for."""


async def recordings_shown(connection: AsyncConnection, wanted: WantedRecordings, limit: int) -> Sequence[Shown]:
    """The newest first."""
    found = await find_recordings(connection, wanted, limit)
    outlines = await outlines_of(connection, [one.id for one in found])
    return [Shown(one, outlines.get(one.id)) for one in found]


async def recordings_in_which(
    connection: AsyncConnection, words: str, wanted: WantedRecordings, limit: int,
) -> Sequence[Shown]:
    """Those in which this was said, the newest first.

    Raises:
        EmptyQueryError: there is no letter and no digit in `words`.
    """
    asked = WordsWanted(
        wanted.since_ms, wanted.until_ms, wanted.queue or None, wanted.agent or None, wanted.kind or None,
        before=wanted.before,
    )
    found: dict[str, tuple[Recording, tuple[Place, ...]]] = {}
    for _ in range(MOST_LOOKS):
        hits = await find_words(connection, words, asked, limit)
        for hit in hits:
            if is_wanted(hit.recording, wanted):
                found[hit.recording.id] = hit.recording, hit.places
        if len(hits) < limit or len(found) >= limit:
            break
        last = hits[-1].recording
        asked = replace(asked, before=(last.started_ms, last.id))
    return _lines(found, await outlines_of(connection, list(found)))[:limit]


def is_wanted(one: Recording, wanted: WantedRecordings) -> bool:
    """What the index of words does not know."""
    by_caller = wanted.caller in {"", one.caller}
    return one.deleted_ms is None and by_caller and any(scope.covers(one) for scope in wanted.scopes)


def _lines(
    found: Mapping[str, tuple[Recording, tuple[Place, ...]]], outlines: Mapping[str, Outline],
) -> list[Shown]:
    return [Shown(one, outlines.get(one.id), places) for one, places in found.values()]
