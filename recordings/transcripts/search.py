"""Finds recordings by what was said in them, with the place in the sound."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, TextClause, and_, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from recordings.store import CHUNK, Recording
from recordings.tables import recording
from recordings.transcripts.tables import SEARCH_TABLE, VECTOR, transcript
from recordings.transcripts.transcripts import Side, unpack
from recordings.transcripts.word_query import Place, Term, find_places, parse_query

PAGE = 50


class EmptyQueryError(ValueError):
    """Nothing that could be searched for: no letter and no digit."""

    def __init__(self) -> None:
        super().__init__('what shall be found? Type a word, or several; "in quotes" they must stand side by side')


@dataclass(frozen=True, slots=True)
class WordsWanted:
    """In which recordings; None is any. Recordings that began from `since_ms` on, before `until_ms`."""

    since_ms: int | None = None
    until_ms: int | None = None
    queue: str | None = None
    agent: str | None = None
    kind: str | None = None
    """`call` or `voice_message`."""
    language: str | None = None
    """Of the transcript."""
    side: Side | None = None
    """Who must have said it."""
    before: tuple[int, str] | None = None
    """`started_ms` and `id` of the last recording of the page before."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A recording in which everything that was searched for was said."""

    recording: Recording
    language: str
    places: tuple[Place, ...]
    """In the order of time, at least one."""


async def find_words(
    connection: AsyncConnection, query: str, wanted: WordsWanted | None = None, limit: int = PAGE,
) -> list[Hit]:
    """The recordings in which all words of the query were said, the newest first.

    A word is found in any spelling; `"two words"` stand side by side, and `insur*` begins so.

    Args:
        connection: to the main store.
        query: what somebody typed.
        wanted: which recordings; the next page is asked for by `before`.
        limit: how many at most; one more than a page shows whether there is another.

    Raises:
        EmptyQueryError: there is no letter and no digit in it.
    """
    terms = parse_query(query)
    if not terms:
        raise EmptyQueryError
    where = wanted or WordsWanted()
    hits: list[Hit] = []
    position = where.before
    while len(hits) < limit:
        rows = (await connection.execute(_candidates(connection.dialect.name, terms, where, position, limit))).all()
        words = await _words(connection, [row.transcript_id for row in rows])
        for row in rows:
            places = find_places(terms, unpack(words.get(row.transcript_id, "[]")), where.side)
            if places and row.deleted_ms is None:
                found = {column.name: row[number] for number, column in enumerate(recording.c)}
                hits.append(Hit(Recording(**found), row.transcript_language, tuple(places)))
        if len(rows) < limit:
            break
        position = (rows[-1].started_ms, rows[-1].id)
    return hits[:limit]


async def _words(connection: AsyncConnection, transcripts: Sequence[int]) -> Mapping[int, str]:
    # Asked for by themselves, so that what is sorted to find the newest is narrow.
    found: dict[int, str] = {}
    for start in range(0, len(transcripts), CHUNK):
        query = select(transcript.c.id, transcript.c.words).where(
            transcript.c.id.in_(transcripts[start : start + CHUNK]))
        found |= {row.id: row.words for row in await connection.execute(query)}
    return found


def _candidates(
    dialect: str, terms: Sequence[Term], wanted: WordsWanted, position: tuple[int, str] | None, limit: int,
) -> Select[Any]:
    """Recordings with all the words somewhere; whether phrases and sides are right is seen in the words themselves."""
    columns = recording.c
    query = (
        select(recording, transcript.c.id.label("transcript_id"), transcript.c.language.label("transcript_language"))
        .join(transcript, transcript.c.recording_id == columns.id)
        .where(_index_condition(dialect, terms), *_conditions(wanted))
        .order_by(columns.started_ms.desc(), columns.id.desc()).limit(limit)
    )
    if position is not None:
        started_ms, last = position
        query = query.where(or_(
            columns.started_ms < started_ms, and_(columns.started_ms == started_ms, columns.id < last)))
    return query


def _conditions(wanted: WordsWanted) -> Iterator[ColumnElement[bool]]:
    columns = recording.c
    if wanted.since_ms is not None:
        yield columns.started_ms >= wanted.since_ms
    if wanted.until_ms is not None:
        yield columns.started_ms < wanted.until_ms
    for name in ("queue", "agent", "kind"):
        value = getattr(wanted, name)
        if value is not None:
            yield columns[name] == value
    if wanted.language is not None:
        yield transcript.c.language == wanted.language


def _index_condition(dialect: str, terms: Sequence[Term]) -> TextClause:
    words = dict.fromkeys(
        (form, term.begins and number == len(term.forms) - 1)
        for term in terms for number, form in enumerate(term.forms)
    )
    # The forms are letters and digits alone, so nothing in them is a sign of either query language.
    if dialect == "postgresql":
        asked = " & ".join(f"'{form}'{':*' if begins else ''}" for form, begins in words)
        return text(f"{VECTOR} @@ CAST(:asked AS tsquery)").bindparams(asked=asked)
    asked = " AND ".join(f'"{form}"{" *" if begins else ""}' for form, begins in words)
    condition = f"transcript.id IN (SELECT rowid FROM {SEARCH_TABLE} WHERE {SEARCH_TABLE} MATCH :asked)"  # noqa: S608
    return text(condition).bindparams(asked=asked)
