"""What was done to tell callers their results, in the main store. Names ending in `_ms` are epoch milliseconds."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table

from followups.cases.tables import CASE, CODE
from foundation.database import MAIN

TELLING = Table(
    "followup_telling", MAIN,
    Column("code", String(CODE), ForeignKey(CASE.c.code), primary_key=True),
    Column("round", Integer, primary_key=True, comment="how often the case had been reopened: a new result each time"),
    Column("outbound_id", String(80), comment="the call that tells it; NULL: none could be ordered"),
    Column("ordered_ms", BigInteger, nullable=False),
    Column("settled_ms", BigInteger),
    Column("outcome", String(20), comment="followups.telling.telling.Outcome; NULL: not settled yet"),
    Column("tries", Integer, nullable=False, comment="how often he was dialled"),
    Column("written", String(20), nullable=False, comment="how he was told in writing that a result waits for him"),
    Index("uq_followup_telling_outbound_id", "outbound_id", unique=True),
    Index("ix_followup_telling_settled_ms", "settled_ms"),
)
"""One row for each result: its call is ordered once."""

HEARD = Table(
    "followup_heard", MAIN,
    Column("id", String(200), primary_key=True, comment="of the call, '-', the case's code"),
    Column("code", String(CODE), ForeignKey(CASE.c.code), nullable=False),
    Column("round", Integer, nullable=False),
    Column("how", String(20), nullable=False, comment="followups.cases.case.ToldBy"),
    Column("call_id", String(150), nullable=False),
    Column("heard_ms", BigInteger, nullable=False),
    Column("answer", String(20), comment="followups.telling.heard.Answer; NULL: he said nothing of it"),
    Index("ix_followup_heard_code", "code", "heard_ms"),
)
"""Every time that somebody heard a result, and what he said of it."""

BOOKMARK = Table(
    "followup_bookmark", MAIN,
    Column("name", String(40), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""How far other rooms' news have been read."""

__all__ = ["BOOKMARK", "HEARD", "TELLING"]
