"""Calls that we owe to people, each try of them, and who wants none. In the main store.

Names ending in `_ms` are epoch milliseconds (UTC). Rooms above go through `callqueue.callbacks.desk` and
`callqueue.outbound.calls`; the dialler through `callqueue.outbound.worker`.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, text

from foundation.database import MAIN

ID = 80
CHANNEL_ID = 100
NAME = 80
NUMBER = 20

OPEN = text("state <> 'closed'")
OPEN_CALLBACK = text("state <> 'closed' AND purpose = 'callback'")

OUTBOUND_CALL = Table(
    "outbound_call", MAIN,
    Column("id", String(ID), primary_key=True, comment="of a callback, the promise; fits a channel id and the journal"),
    Column("purpose", String(NAME), nullable=False, comment="callback, result, or another room's word"),
    Column("reference", String(NAME), comment="what it is about, in the words of the room that asked"),
    Column("queue", String(NAME), comment="whose agents talk; NULL: nobody is needed"),
    Column("number", String(NUMBER), nullable=False, comment="normal form: 0 and ten digits, or 00 and a country's"),
    Column("language", String(2), nullable=False),
    Column("channel", String(10), nullable=False, comment="how it was asked: queue, menu, web, api, schedule, agent"),
    Column("origin_call_id", String(160), comment="the call in which it was asked"),
    Column("tracking", String(20), comment="the code that the caller was told"),
    Column("place_ms", BigInteger, nullable=False, comment="first joining of the queue: the place that is kept"),
    Column("priority", Integer, nullable=False),
    Column("asked_ms", BigInteger, nullable=False),
    Column("not_before_ms", BigInteger, comment="the time that was wished for"),
    Column("due_ms", BigInteger, comment="the time that was promised; NULL: none was"),
    Column("state", String(10), nullable=False, comment="open, dialling or closed"),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_ms", BigInteger, nullable=False, comment="not dialled before"),
    Column("claimed_by", String(NAME), comment="the worker that dials"),
    Column("claimed_until_ms", BigInteger, comment="after it, others may look what became of the worker's attempt"),
    Column("closed_ms", BigInteger),
    Column("result", String(20)),
    Column("closed_by", String(NAME)),
    Column("closing", BigInteger, comment="number of the closing: they are read in its order"),
    Column("told_ms", BigInteger, comment="when the journal and the person had been told of the closing"),
    Index("ix_outbound_call_line", "queue", "place_ms", sqlite_where=OPEN, postgresql_where=OPEN),
    Index("ix_outbound_call_number", "number", "asked_ms"),
    Index("ix_outbound_call_asked_ms", "asked_ms"),
    Index("uq_outbound_call_closing", "closing", unique=True),
    Index("uq_outbound_call_open", "number", "queue", unique=True, sqlite_where=OPEN_CALLBACK,
          postgresql_where=OPEN_CALLBACK),
    Index("uq_outbound_call_reference", "purpose", "reference", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
    Index("ix_outbound_call_untold", "closing", sqlite_where=text("told_ms IS NULL"),
          postgresql_where=text("told_ms IS NULL")),
)
"""One row for each call that is owed: open, being dialled by a worker, or closed with its result."""

OUTBOUND_ATTEMPT = Table(
    "outbound_attempt", MAIN,
    Column("channel_id", String(CHANNEL_ID), primary_key=True, comment="the call's id, '-', the attempt's number"),
    Column("outbound_id", String(ID), ForeignKey("outbound_call.id"), nullable=False),
    Column("n", Integer, nullable=False, comment="from 1"),
    Column("worker", String(NAME), nullable=False),
    Column("claimed_ms", BigInteger, nullable=False),
    Column("dialled_ms", BigInteger, comment="just before Asterisk was asked to dial"),
    Column("answered_ms", BigInteger),
    Column("confirmed_ms", BigInteger, comment="when a person said that it is he"),
    Column("joined_ms", BigInteger, comment="when he entered the queue"),
    Column("ended_ms", BigInteger),
    Column("outcome", String(20)),
    Column("cause", Integer, comment="why the channel ended, by Q.850"),
    Column("idle_ms", BigInteger, nullable=False, comment="for how long agents were held idle for it"),
    Index("ix_outbound_attempt_outbound_id", "outbound_id", "n"),
    Index("ix_outbound_attempt_claimed_ms", "claimed_ms"),
    Index("uq_outbound_attempt_live", "outbound_id", unique=True, sqlite_where=text("ended_ms IS NULL"),
          postgresql_where=text("ended_ms IS NULL")),
)
"""One row for each try; a call has one at most that has not ended."""

DO_NOT_CALL = Table(
    "do_not_call", MAIN,
    Column("number", String(NUMBER), primary_key=True, comment="normal form"),
    Column("since_ms", BigInteger, nullable=False),
    Column("by", String(NAME), nullable=False),
    Column("why", String(200), nullable=False),
)
"""Who wants no calls of ours. A callback that a person asked for himself is made all the same."""
