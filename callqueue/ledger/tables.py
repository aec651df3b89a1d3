"""The ledger's tables: what the journal (queue_log) and CEL prove, and how far both have been read.

Instants are epoch seconds in integers; names ending in `_ms` are milliseconds, in `_us` epoch microseconds. Rooms
above read through `callqueue.ledger.store` only. `journal` names the Asterisk that wrote a line: the site's systemname,
or the name under which another Asterisk's log was imported.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    literal_column,
)

from foundation.database import LEDGER

ID = 160
"""Asterisk's unique ids are at most 149 characters."""
NAME = 160


def _journal() -> Column[str]:
    return Column("journal", String(NAME), nullable=False)


def _row_id() -> Column[int]:
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


STINT = Table(
    "stint", LEDGER,
    Column("journal", String(NAME), primary_key=True),
    Column("channel_id", String(ID), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("call_id", String(ID), nullable=False, index=True),
    Column("queue", String(NAME), nullable=False),
    Column("origin", String(16), nullable=False),
    Column("entered", BigInteger, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("caller", String(40)),
    Column("promise", String(NAME)),
    Column("wait", Integer),
    Column("agent", String(NAME)),
    Column("answered", BigInteger),
    Column("finished", BigInteger),
    Column("talk", Integer),
    Column("ending", String(16)),
    Column("agent_channel_id", String(ID)),
    Column("spoke", Boolean),
    Column("wait_ms", BigInteger),
    Column("talk_ms", BigInteger),
    Column("hold_ms", BigInteger),
    Column("position", Integer),
    Column("ended_by_cel", Boolean, nullable=False, server_default=false()),
    Column("reconciled", Boolean, nullable=False),
    Column("source_id", BigInteger, nullable=False),
    Column("offset", BigInteger, nullable=False),
)
"""`finished` is null while the stint is open (waiting, or answered and talking); `position` is the place at joining;
`source_id` and `offset` lead to the journal line that opened it; `reconciled`: CEL has spoken about it."""
Index("ix_stint_queue_entered", STINT.c.queue, STINT.c.entered)
Index("ix_stint_entered", STINT.c.entered)
Index("ix_stint_agent_answered", STINT.c.agent, STINT.c.answered)
Index("ix_stint_caller_entered", STINT.c.caller, STINT.c.entered)
Index("ix_stint_open", STINT.c.journal, sqlite_where=STINT.c.finished.is_(None),
      postgresql_where=STINT.c.finished.is_(None))
Index("ix_stint_unreconciled", STINT.c.journal, STINT.c.finished,
      sqlite_where=STINT.c.reconciled.is_(False), postgresql_where=STINT.c.reconciled.is_(False))
IS_LONG = STINT.c.finished - STINT.c.entered > literal_column("86400")
"""Stints of more than a day: their end was lost, and a later start of Asterisk ended them."""
Index("ix_stint_long", STINT.c.finished, sqlite_where=IS_LONG, postgresql_where=IS_LONG)
Index("ix_stint_promise", STINT.c.promise, sqlite_where=STINT.c.promise.is_not(None),
      postgresql_where=STINT.c.promise.is_not(None))
Index("ix_stint_keeping", STINT.c.answered, sqlite_where=STINT.c.promise.is_not(None),
      postgresql_where=STINT.c.promise.is_not(None))

PENDING = Table(
    "pending_stint", LEDGER,
    Column("journal", String(NAME), primary_key=True),
    Column("channel_id", String(ID), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("queue", String(NAME), nullable=False),
    Column("call_id", String(ID), nullable=False),
    Column("caller", String(40)),
    Column("origin", String(16)),
    Column("promise", String(NAME)),
    Column("number", Integer, nullable=False),
)
"""STINT facts whose ENTERQUEUE or REFUSED_* has not come yet; a channel has one at most."""

REFUSAL = Table(
    "refusal", LEDGER, _row_id(), _journal(),
    Column("at", BigInteger, nullable=False),
    Column("queue", String(NAME), nullable=False),
    Column("reason", String(20), nullable=False),
    Column("channel_id", String(ID), nullable=False, index=True),
    Column("call_id", String(ID), nullable=False, index=True),
    Column("caller", String(40)),
    Column("number", Integer, nullable=False),
    Column("origin", String(16)),
)
Index("ix_refusal_queue_at", REFUSAL.c.queue, REFUSAL.c.at)

RING = Table(
    "ring", LEDGER, _row_id(), _journal(),
    Column("at", BigInteger, nullable=False),
    Column("queue", String(NAME), nullable=False),
    Column("agent", String(NAME), nullable=False),
    Column("channel_id", String(ID), nullable=False),
    Column("ring_ms", BigInteger, nullable=False),
)
"""Rings that were not picked up."""
Index("ix_ring_queue_at", RING.c.queue, RING.c.at)
Index("ix_ring_agent_at", RING.c.agent, RING.c.at)

AGENT_EVENT = Table(
    "agent_event", LEDGER, _row_id(), _journal(),
    Column("at", BigInteger, nullable=False),
    Column("agent", String(NAME), nullable=False),
    Column("deed", String(16), nullable=False),
    Column("queue", String(NAME)),
    Column("reason", String(NAME)),
    Column("interface", String(NAME)),
)
Index("ix_agent_event_agent_at", AGENT_EVENT.c.agent, AGENT_EVENT.c.at)
Index("ix_agent_event_at", AGENT_EVENT.c.at)
Index("ix_agent_event_state", AGENT_EVENT.c.journal, AGENT_EVENT.c.agent, AGENT_EVENT.c.deed, AGENT_EVENT.c.queue,
      AGENT_EVENT.c.at)

AGENT_SEEN = Table(
    "agent_seen", LEDGER,
    Column("journal", String(NAME), primary_key=True),
    Column("agent", String(NAME), primary_key=True),
    Column("deed", String(16), primary_key=True),
    Column("queue", String(NAME), primary_key=True),
)
"""Which deeds there are in `agent_event` of each agent; `queue` is empty for all of his queues. How an agent was at any
moment is told by the last of each: to look that up, they must be known."""

MARKER = Table(
    "marker", LEDGER, _row_id(), _journal(),
    Column("at", BigInteger, nullable=False),
    Column("mark", String(16), nullable=False),
    Column("detail", String(NAME), nullable=False),
)
"""QUEUESTART and STOPPING."""
Index("ix_marker_journal_at", MARKER.c.journal, MARKER.c.at)

RESCUE = Table(
    "rescue", LEDGER, _row_id(), _journal(),
    Column("at", BigInteger, nullable=False, index=True),
    Column("channel_id", String(ID), nullable=False),
    Column("call_id", String(ID), nullable=False),
    Column("reason", String(NAME), nullable=False),
)

GAP = Table(
    "gap", LEDGER, _row_id(), _journal(),
    Column("kind", String(20), nullable=False),
    Column("started", BigInteger, nullable=False),
    Column("ended", BigInteger),
    Column("call_id", String(ID), nullable=False),
    Column("detail", Text, nullable=False),
    UniqueConstraint("journal", "kind", "started", "call_id"),
)

SOURCE = Table(
    "journal_source", LEDGER, _row_id(), _journal(),
    Column("kind", String(16), nullable=False),
    Column("path", Text, nullable=False),
    Column("inode", BigInteger, nullable=False),
    Column("head_length", Integer, nullable=False),
    Column("head_hash", String(32), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("tail_length", Integer, nullable=False),
    Column("tail_hash", String(32), nullable=False),
    Column("line_number", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("last_at", BigInteger),
    Column("recent", Text, nullable=False),
    Column("updated", BigInteger, nullable=False),
)
"""How far each file has been read. `kind`: journal, cel or import. `head_hash` is of the first `head_length` bytes,
`tail_hash` of the `tail_length` bytes before `position`. `state`: live (being followed) or done. `last_at`: instant
of the last line read. `recent`: how often each line of that last second has been seen."""
Index("ix_journal_source_kind_state", SOURCE.c.kind, SOURCE.c.state)

LINE = Table(
    "journal_line", LEDGER,
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", BigInteger, primary_key=True, autoincrement=False),
    Column("nth", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""Every journal line that has been counted: its second, a 64-bit digest of journal name and text, and which of the
equal lines of that second it is. It makes an import under another name, or one that overlaps, count nothing twice."""

BAD_LINE = Table(
    "bad_line", LEDGER,
    Column("source_id", BigInteger, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("line_number", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

ORPHAN = Table(
    "orphan_line", LEDGER, _row_id(), _journal(),
    Column("at", BigInteger, nullable=False),
    Column("channel_id", String(ID), nullable=False),
    Column("text", Text, nullable=False),
)
"""Good lines about a stint that no line has opened: they wait for the import of the earlier file."""
Index("ix_orphan_line_journal_channel_id", ORPHAN.c.journal, ORPHAN.c.channel_id)

LEG = Table(
    "bridge_leg", LEDGER,
    Column("channel_id", String(ID), primary_key=True),
    Column("entered_us", BigInteger, primary_key=True, autoincrement=False),
    Column("bridge", String(ID), primary_key=True),
    Column("call_id", String(ID), nullable=False, index=True),
    Column("channel", String(NAME), nullable=False),
    Column("left_us", BigInteger),
    Column("interrupted", Boolean, nullable=False),
    Column("credited", Boolean, nullable=False, server_default=false()),
)
"""One channel's stay in one bridge, from CEL; `credited`: its conversations have been written."""
Index("ix_bridge_leg_uncredited", LEG.c.left_us, sqlite_where=LEG.c.credited.is_(False),
      postgresql_where=LEG.c.credited.is_(False))
Index("ix_bridge_leg_bridge", LEG.c.bridge)
Index("ix_bridge_leg_open", LEG.c.entered_us, sqlite_where=LEG.c.left_us.is_(None),
      postgresql_where=LEG.c.left_us.is_(None))

HOLD = Table(
    "hold", LEDGER,
    Column("channel_id", String(ID), primary_key=True),
    Column("started_us", BigInteger, primary_key=True, autoincrement=False),
    Column("call_id", String(ID), nullable=False, index=True),
    Column("ended_us", BigInteger),
    Column("interrupted", Boolean, nullable=False),
)
Index("ix_hold_open", HOLD.c.started_us, sqlite_where=HOLD.c.ended_us.is_(None),
      postgresql_where=HOLD.c.ended_us.is_(None))

MASK = Table(
    "mask", LEDGER,
    Column("call_id", String(ID), primary_key=True),
    Column("started_us", BigInteger, primary_key=True, autoincrement=False),
    Column("channel_id", String(ID), nullable=False),
    Column("agent", String(NAME), nullable=False),
    Column("by", String(NAME), nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger),
    Column("why", String(NAME)),
)
"""When recordings heard nothing of a call, for a secret was spoken; `until_us`: when it was to end by itself, `why`:
why it ended."""

CALL = Table(
    "call", LEDGER,
    Column("call_id", String(ID), primary_key=True),
    Column("channel", String(NAME), nullable=False),
    Column("started_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger),
    Column("queued", Boolean, nullable=False),
    Column("hung_up_by_caller", Boolean),
    Column("interrupted", Boolean, nullable=False),
    Column("picked_up_us", BigInteger),
    Column("cause", Integer),
)
"""Every call by its linkedid, from CEL; those of the trunk that never came to a queue are counted as lost before it.
`picked_up_us`: when its first channel was answered, by us or, of a call of our own, by the called person; `cause`: why
that channel ended, by Q.850."""
Index("ix_call_started_us", CALL.c.started_us)
Index("ix_call_open", CALL.c.started_us, sqlite_where=CALL.c.ended_us.is_(None),
      postgresql_where=CALL.c.ended_us.is_(None))

STAY = Table(
    "queue_stay", LEDGER,
    Column("channel_id", String(ID), primary_key=True),
    Column("started_us", BigInteger, primary_key=True, autoincrement=False),
    Column("call_id", String(ID), nullable=False),
    Column("ended_us", BigInteger),
    Column("interrupted", Boolean, nullable=False),
    Column("checked", Boolean, nullable=False),
)
"""One run of Queue() by CEL; `checked`: compared with the journal."""
Index("ix_queue_stay_unchecked", STAY.c.started_us, sqlite_where=STAY.c.checked.is_(False),
      postgresql_where=STAY.c.checked.is_(False))
