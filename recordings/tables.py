"""Tables of the recordings' room, in the main store."""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, String, Table, Text, text

from foundation.database import MAIN

OPEN_REQUEST = "kind = 'callback_request' AND state <> 'closed'"
"""No number waits twice for one queue's call; those without a queue may."""

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
    Column("caller", String(20), comment="validated number"),
    Column("language", String(2), comment="of a voice message"),
    Column("queue", String(50), comment="of the stint; NULL: none, or the ledger has not told yet"),
    Column("agent", String(50), comment="who answered the stint; NULL like queue"),
    Column("call_started_ms", BigInteger, comment="when the call came in; NULL: the ledger has not told yet"),
    Column("parts", Text, comment="JSON, [[position ms, epoch ms], ...]: which moment of the call a place in it is"),
    Column("masked", Text, comment="JSON, [[from ms, to ms], ...]: silent places in it, for a secret was spoken"),
    Column("codec", String(10), nullable=False, server_default="wav", comment="wav, flac or opus"),
    Column("key", String(8), comment="fingerprint of the site's key that opens it; NULL: it is not encrypted"),
    Column("sound_sha256", String(64), comment="of the file before it was encrypted"),
    Column("caller_peak", Float, comment="dBFS, of the caller's side; NULL: nothing was measured"),
    Column("caller_rms", Float, comment="dBFS"),
    Column("agent_peak", Float, comment="dBFS, of the agent's side"),
    Column("agent_rms", Float, comment="dBFS"),
    Column("legs", Text, comment="JSON, {side: ms}: how long each leg was that it was made from"),
    Column("archived_ms", BigInteger, comment="when the present file was packed and encrypted; NULL: not yet"),
    Column("deleted_ms", BigInteger, comment="when the sound was deleted; the row stays, so it is never kept again"),
    Index("ix_recording_call_id", "call_id"),
    Index("ix_recording_started_ms", "started_ms"),
    Index("ix_recording_caller", "caller"),
    Index("ix_recording_archived_ms", "archived_ms"),
    Index("ix_recording_deleted_ms", "deleted_ms"),
)

voice_message = Table(
    "voice_message",
    MAIN,
    Column("id", String(200), primary_key=True, comment="from the spool's file: no message is taken in twice"),
    Column("kind", String(20), nullable=False, comment="voice_message, callback_request or lost_caller"),
    Column("box", String(50), nullable=False),
    Column("call_id", String(100), nullable=False),
    Column("caller", String(20), comment="validated number that called"),
    Column("callback_number", String(20), comment="number that the caller gave"),
    Column("language", String(2)),
    Column("tracking", String(20), comment="code that the caller heard"),
    Column("taken_ms", BigInteger, nullable=False, comment="epoch milliseconds, UTC"),
    Column("duration_ms", BigInteger, nullable=False, comment="0 without sound"),
    Column("recording_id", String(200), comment="recording.id of what was said"),
    Column("state", String(10), nullable=False, comment="new, heard or closed"),
    Column("heard_ms", BigInteger, comment="when it was first played"),
    Column("heard_by", String(80)),
    Column("closed_ms", BigInteger),
    Column("closed_by", String(80)),
    Column("queue", String(50), comment="whose agents shall call back"),
    Index("ix_voice_message_taken_ms", "taken_ms"),
    Index("ix_voice_message_tracking", "tracking"),
    Index(
        "uq_voice_message_open_request", "callback_number", "queue", unique=True,
        sqlite_where=text(OPEN_REQUEST), postgresql_where=text(OPEN_REQUEST),
    ),
)
