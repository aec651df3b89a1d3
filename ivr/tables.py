"""Tables of the callers' room, in the main store."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, String, Table, Text

from foundation.database import MAIN

ivr_step = Table(
    "ivr_step",
    MAIN,
    Column("call_id", String(100), nullable=False),
    Column("number", Integer, nullable=False, comment="from 1 in each call"),
    Column("at_ms", BigInteger, nullable=False, comment="when it ended: epoch milliseconds, UTC"),
    Column("kind", String(20), nullable=False, comment="call, menu, service, voice_message, callback, transfer"),
    Column("name", String(50), nullable=False, comment="of the menu, service, box or queue"),
    Column("key", String(1), comment="NULL: a secret or none to be pressed; empty: none was pressed"),
    Column("result", String(40), nullable=False),
    Column("ms", Integer, nullable=False, comment="how long it took"),
    Column("caller", String(20), comment="validated number, in the step that begins the call"),
    PrimaryKeyConstraint("call_id", "number"),
    Index("ix_ivr_step_at_ms", "at_ms"),
    Index("ix_ivr_step_caller", "caller", "at_ms"),
)

ivr_day = Table(
    "ivr_day",
    MAIN,
    Column("start", BigInteger, primary_key=True, autoincrement=False,
           comment="epoch seconds, as all but the last two"),
    Column("end", BigInteger, nullable=False),
    Column("claim", BigInteger, nullable=False),
    Column("claimed", BigInteger, nullable=False),
    Column("made", BigInteger, comment="NULL: somebody reads the steps for it"),
    Column("counts", Text, comment="JSON"),
    Column("lengths", LargeBinary, comment="of stays in menus, in ms: little-endian int32, rising, menu by menu"),
)
"""What the steps of the calls that began in a day of the site's zone add up to. It proves nothing and can be made
again: new steps throw it away (ivr/steps/day_marks.py), also while it is being made."""
