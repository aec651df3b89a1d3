"""Tables of what was said, in the main store, and the index by which it is searched."""

from sqlalchemy import DDL, BigInteger, Column, Index, Integer, String, Table, Text, UniqueConstraint, event, text

from foundation.database import MAIN

SEARCH_TABLE = "transcript_search"
VECTOR = "array_to_tsvector(string_to_array(spoken, ' '))"
"""The words come folded: no parser, dictionary or locale of PostgreSQL's must cut them otherwise than SQLite does."""

transcript = Table(
    "transcript",
    MAIN,
    Column("id", Integer, primary_key=True, comment="the search index knows it by this"),
    Column("recording_id", String(200), nullable=False),
    Column("language", String(2), nullable=False),
    Column("model", String(100), nullable=False, comment="name of the model's folder"),
    Column("state", String(10), nullable=False, comment="asked, begun, made or failed"),
    Column("tries", Integer, nullable=False, comment="how often it was begun"),
    Column("begun_ms", BigInteger, nullable=False),
    Column("made_ms", BigInteger),
    Column("word_count", Integer, nullable=False),
    Column("confidence", Integer, comment="per cent, the mean of the words; NULL without words"),
    Column("reason", String(300), comment="why it failed"),
    Column("words", Text, nullable=False, comment="JSON: [channel, start_ms, end_ms, confidence, word] of each"),
    Column("spoken", Text, nullable=False, comment="the words as they are searched, each once"),
    UniqueConstraint("recording_id"),
    Index("ix_transcript_state", "state"),
    Index("ix_transcript_spoken", text(VECTOR), postgresql_using="gin").ddl_if(dialect="postgresql"),
)

_FORGET = "INSERT INTO transcript_search(transcript_search, rowid, spoken) VALUES ('delete', old.id, old.spoken);"
_LEARN = "INSERT INTO transcript_search(rowid, spoken) VALUES (new.id, new.spoken);"

SQLITE_INDEX = (
    # `ascii` takes every letter beyond ASCII as part of a word. Places are found in the words themselves, not here.
    (
        "CREATE VIRTUAL TABLE transcript_search USING fts5"
        "(spoken, content='transcript', content_rowid='id', detail=none, tokenize='ascii')"
    ),
    f"CREATE TRIGGER transcript_added AFTER INSERT ON transcript BEGIN {_LEARN} END",
    f"CREATE TRIGGER transcript_deleted AFTER DELETE ON transcript BEGIN {_FORGET} END",
    f"CREATE TRIGGER transcript_changed AFTER UPDATE OF spoken ON transcript BEGIN {_FORGET} {_LEARN} END",
)
"""Triggers keep it true whoever deletes a transcript."""

for _moment, _statement in (
    *(("after_create", statement) for statement in SQLITE_INDEX), ("before_drop", "DROP TABLE transcript_search"),
):
    _ddl = DDL(_statement)  # type: ignore[no-untyped-call]
    event.listen(transcript, _moment, _ddl.execute_if(dialect="sqlite"))
