"""What supervisors leave for others: messages to agents, and who takes calls until when.

Names ending in `_ms` are epoch milliseconds (UTC).
"""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from foundation.database import MAIN

FLOOR_MESSAGE = Table(
    "floor_message", MAIN,
    Column("id", String(32), primary_key=True),
    Column("agent", String(40), nullable=False),
    Column("sender", String(80), nullable=False, comment="the user's id"),
    Column("text", Text, nullable=False),
    Column("sent_ms", BigInteger, nullable=False),
    Column("read_ms", BigInteger, comment="NULL: it still lies on the agent's desk"),
    Index("ix_floor_message_unread", "read_ms", "agent"),
)

FLOOR_SHIFT = Table(
    "floor_shift", MAIN,
    Column("agent", String(40), primary_key=True),
    Column("begun_ms", BigInteger, primary_key=True),
    Column("user", String(80), nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("session_ms", BigInteger, comment="when his session as an agent began; NULL: not known yet"),
    Column("ended_ms", BigInteger, comment="NULL: it goes on"),
    Column("ended_by", String(80)),
    Index("ix_floor_shift_open", "ended_ms", "until_ms"),
)
"""One row for each time somebody who is no agent by trade took calls. It is written before he is logged in, so that
nobody is without an end; a session that he began himself afterwards is not this one."""
