"""Who listened to what and why, and what was noted at a moment of a sound: in the main store."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from foundation.append_only import append_only
from foundation.database import MAIN

LISTEN = append_only(Table(
    "recording_listen", MAIN,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("recording_id", String(200), nullable=False, comment="stays when the sound is gone"),
    Column("at_ms", BigInteger, nullable=False, comment="epoch milliseconds, UTC"),
    Column("listener", String(80), nullable=False, comment="a user's id, or agent:ID by telephone"),
    Column("role", String(20), nullable=False),
    Column("purpose", String(20), nullable=False, comment="recordings.listening.listens.Purpose"),
    Column("reason", String(500), nullable=False, comment="in the listener's words"),
    Column("way", String(10), nullable=False, comment="page or telephone"),
    Index("ix_recording_listen_recording_id", "recording_id"),
    Index("ix_recording_listen_listener", "listener"),
    Index("ix_recording_listen_at_ms", "at_ms"),
))

NOTE = Table(
    "recording_note", MAIN,
    Column("id", String(16), primary_key=True),
    Column("recording_id", String(200), nullable=False),
    Column("place_ms", Integer, nullable=False, comment="from the sound's beginning"),
    Column("author", String(80), nullable=False),
    Column("written_ms", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Index("ix_recording_note_recording_id", "recording_id"),
)

MEASURE = Table(
    "recording_measure", MAIN,
    Column("recording_id", String(200), primary_key=True),
    Column("measured_ms", BigInteger, nullable=False),
    Column("readable", Integer, nullable=False, comment="0: the sound could not be decoded"),
    Column("duration_ms", Integer, nullable=False),
    Column("caller_talk_ms", Integer, nullable=False),
    Column("agent_talk_ms", Integer, nullable=False),
    Column("cross_talk_ms", Integer, nullable=False),
    Column("silence_ms", Integer, nullable=False),
    Column("longest_silence_ms", Integer, nullable=False),
    Column("hold_ms", Integer, nullable=False),
    Column("turns", Text, nullable=False, comment="JSON: [[channel, start ms, end ms], ...]"),
    Column("caller_peaks", Text, nullable=False, comment="two hexadecimal digits a column, 0 to 255"),
    Column("agent_peaks", Text, nullable=False),
    Index("ix_recording_measure_longest_silence", "longest_silence_ms"),
)
"""`recordings.measuring.measures.Measures`; what follows from the sound and tells nothing of what was said."""
