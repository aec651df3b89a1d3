"""What agents write at their desks, in the main store. Names ending in `_ms` are epoch milliseconds (UTC)."""

from sqlalchemy import BigInteger, Boolean, Column, Index, PrimaryKeyConstraint, String, Table, Text

from foundation.database import MAIN

DESK_CALL = Table(
    "desk_call", MAIN,
    Column("call_id", String(160), nullable=False),
    Column("agent", String(80), nullable=False),
    Column("queue", String(80), nullable=False),
    Column("number", String(40), comment="the caller's validated number; NULL: withheld"),
    Column("language", String(2)),
    Column("proved", Boolean, nullable=False, comment="whether the caller had proved who he is"),
    Column("promise", String(80), comment="of a call that keeps a promise"),
    Column("began_ms", BigInteger, nullable=False, comment="when the conversation was first seen"),
    Column("notes", Text, nullable=False),
    Column("typed_ms", BigInteger, nullable=False, comment="when the notes were typed: older ones change nothing"),
    Column("subject", String(40), comment="of followups' subjects"),
    Column("disposition", String(40), comment="what became of the call; NULL: not said yet"),
    Column("settled_ms", BigInteger),
    PrimaryKeyConstraint("call_id", "agent"),
    Index("ix_desk_call_agent", "agent", "began_ms"),
    Index("ix_desk_call_number", "number", "began_ms"),
)
"""One row for each conversation of an agent: who called, what he noted, what became of it."""

DESK_TASK = Table(
    "desk_task", MAIN,
    Column("kind", String(20), nullable=False, comment="message or promise"),
    Column("item", String(200), nullable=False, comment="its id in its own room"),
    Column("agent", String(80), nullable=False),
    Column("taken_ms", BigInteger, nullable=False),
    Column("closed_ms", BigInteger),
    Column("result", String(40)),
    Column("note", Text, nullable=False),
    PrimaryKeyConstraint("kind", "item"),
    Index("ix_desk_task_agent", "agent", "closed_ms"),
)
"""Work beside calls that an agent has taken: nobody else can, until he gives it back."""
