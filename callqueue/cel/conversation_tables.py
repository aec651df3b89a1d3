"""Who spoke with whom, when a call was passed on, and when telephones rang: from CEL, beside the ledger's stints.

Names ending in `_us` are epoch microseconds.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table

from callqueue.ledger.tables import ID, NAME
from foundation.database import LEDGER

CONVERSATION = Table(
    "conversation", LEDGER,
    Column("channel_id", String(ID), primary_key=True),
    Column("started_us", BigInteger, primary_key=True, autoincrement=False),
    Column("agent", String(NAME), nullable=False),
    Column("ended_us", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("call_id", String(ID), nullable=False, index=True),
    Column("partner", String(NAME)),
    Column("stint_channel_id", String(ID)),
    Column("stint_number", Integer),
    Column("interrupted", Boolean, nullable=False),
)
"""One agent together with one kind of other side: `channel_id` is the agent's channel, `partner` the colleague who was
consulted. A hold in it is in `hold`."""
Index("ix_conversation_agent_started_us", CONVERSATION.c.agent, CONVERSATION.c.started_us)
Index("ix_conversation_started_us", CONVERSATION.c.started_us)

TRANSFER = Table(
    "transfer", LEDGER,
    Column("channel_id", String(ID), primary_key=True),
    Column("at_us", BigInteger, primary_key=True, autoincrement=False),
    Column("call_id", String(ID), nullable=False),
    Column("attended", Boolean, nullable=False),
    Column("target", String(NAME)),
    Column("second_id", String(ID), index=True),
    Column("transferee_id", String(ID), index=True),
    Column("main_call_id", String(ID)),
)
"""A transfer that succeeded. `channel_id` is the transferring agent's channel; `target` the extension (blind) or the
application (attended) it led to; `second_id` his channel of the consultation; `transferee_id` the caller's channel.
`main_call_id`: the caller's call, to which all of it belongs; null until it has been joined to the ledger."""
Index("ix_transfer_unjoined", TRANSFER.c.at_us, sqlite_where=TRANSFER.c.main_call_id.is_(None),
      postgresql_where=TRANSFER.c.main_call_id.is_(None))

RINGING = Table(
    "ringing", LEDGER,
    Column("channel_id", String(ID), primary_key=True),
    Column("started_us", BigInteger, primary_key=True, autoincrement=False),
    Column("agent", String(NAME), nullable=False),
    Column("call_id", String(ID), nullable=False),
    Column("ended_us", BigInteger),
    Column("interrupted", Boolean, nullable=False),
)
"""An agent's telephone rang, until it was answered or given up."""
Index("ix_ringing_agent_started_us", RINGING.c.agent, RINGING.c.started_us)
Index("ix_ringing_started_us", RINGING.c.started_us)
Index("ix_ringing_open", RINGING.c.started_us, sqlite_where=RINGING.c.ended_us.is_(None),
      postgresql_where=RINGING.c.ended_us.is_(None))
