"""What the journal proves about promised calls; beside the stints, in the ledger's store.

Names ending in `_ms` are epoch milliseconds, other instants epoch seconds. `journal` names the Asterisk.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, UniqueConstraint

from callqueue.ledger.tables import ID, NAME
from foundation.database import LEDGER

WORD = 40


def _row_id() -> Column[int]:
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


CALLBACK_REQUEST = Table(
    "callback_request", LEDGER, _row_id(),
    Column("journal", String(NAME), nullable=False),
    Column("promise", String(NAME), nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    Column("channel_id", String(ID), nullable=False),
    Column("call_id", String(ID), nullable=False, index=True),
    Column("queue", String(NAME), nullable=False),
    Column("number", String(WORD), index=True),
    Column("place_ms", BigInteger, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("language", String(WORD), nullable=False),
    Column("channel", String(WORD), nullable=False),
    Column("not_before_ms", BigInteger),
    Column("tracking", String(WORD)),
    Column("due_ms", BigInteger),
    Column("stint_number", Integer),
    UniqueConstraint("journal", "promise"),
)
"""Every promise that was given, with all that keeping it needs: the line is written before the main store is asked.
`number` is null in lines of earlier versions; `stint_number` is that of the stint which was left for it, null of a
promise given outside a queue: a virtual stint."""

Index("ix_callback_request_not_before_ms", CALLBACK_REQUEST.c.not_before_ms,
      sqlite_where=CALLBACK_REQUEST.c.not_before_ms.is_not(None),
      postgresql_where=CALLBACK_REQUEST.c.not_before_ms.is_not(None))

CALLBACK_ATTEMPT = Table(
    "callback_attempt", LEDGER,
    Column("journal", String(NAME), primary_key=True),
    Column("channel_id", String(ID), primary_key=True),
    Column("promise", String(NAME), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("queue", String(NAME)),
    Column("purpose", String(WORD)),
    Column("at", BigInteger, nullable=False),
    Column("outcome", String(WORD)),
    Column("cause", String(WORD)),
    Column("ended", BigInteger),
)
"""Every call out, for whatever purpose. `outcome`, `cause` and `ended` are null while the journal has no line of what
came of it."""
Index("ix_callback_attempt_at", CALLBACK_ATTEMPT.c.at)

CALLBACK_CLOSURE = Table(
    "callback_closure", LEDGER,
    Column("journal", String(NAME), primary_key=True),
    Column("promise", String(NAME), primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("queue", String(NAME)),
    Column("channel_id", String(ID), nullable=False),
    Column("result", String(WORD), nullable=False),
    Column("by", String(WORD), nullable=False),
)
"""How a promise was settled; the last word counts, for one that was given up may be taken up again."""
