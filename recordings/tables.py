"""Tables of the recordings' room, in the main store."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table

from foundation.database import MAIN

recording = Table(
    "recording",
    MAIN,
    Column("id", String(200), primary_key=True, comment="the legs' name, or the message's: no sound is kept twice"),
    Column("kind", String(20), nullable=False, comment="call or voice_message"),
    Column("call_id", String(100), nullable=False),
    Column("channel_id", String(100), nullable=False),
    Column("stint", Integer, nullable=False, comment="number of the stint on its channel; 0 outside a queue"),
    Column("started_ms", BigInteger, nullable=False, comment="epoch milliseconds, UTC"),
    Column("duration_ms", BigInteger, nullable=False),
    Column("path", String(300), nullable=False, comment="under the store's folder"),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("damaged", Boolean, nullable=False, comment="a side is missing or ended early"),
    Column("caller", String(20), comment="validated number, of a voice message"),
    Column("language", String(2), comment="of a voice message"),
    Index("ix_recording_call_id", "call_id"),
    Index("ix_recording_started_ms", "started_ms"),
)
