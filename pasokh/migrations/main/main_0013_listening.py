"""Who listened to recordings, notes at moments of them, and what was measured of each sound"""

import sqlalchemy as sa
from alembic import op

from foundation.append_only import statements

revision = "main_0013"
down_revision = "main_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _listens()
    op.create_table(
        "recording_note",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("recording_id", sa.String(length=200), nullable=False),
        sa.Column("place_ms", sa.Integer(), nullable=False, comment="from the sound's beginning"),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("written_ms", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_note")),
    )
    op.create_index("ix_recording_note_recording_id", "recording_note", ["recording_id"], unique=False)
    _measures()


def _listens() -> None:
    op.create_table(
        "recording_listen",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("recording_id", sa.String(length=200), nullable=False, comment="stays when the sound is gone"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False, comment="epoch milliseconds, UTC"),
        sa.Column("listener", sa.String(length=80), nullable=False, comment="a user's id, or agent:ID by telephone"),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False, comment="recordings.listening.listens.Purpose"),
        sa.Column("reason", sa.String(length=500), nullable=False, comment="in the listener's words"),
        sa.Column("way", sa.String(length=10), nullable=False, comment="page or telephone"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_listen")),
    )
    for column in ("recording_id", "listener", "at_ms"):
        op.create_index(f"ix_recording_listen_{column}", "recording_listen", [column], unique=False)
    for statement in statements("recording_listen", op.get_bind().dialect.name):
        op.execute(statement)


def _measures() -> None:
    op.create_table(
        "recording_measure",
        sa.Column("recording_id", sa.String(length=200), nullable=False),
        sa.Column("measured_ms", sa.BigInteger(), nullable=False),
        sa.Column("readable", sa.Integer(), nullable=False, comment="0: the sound could not be decoded"),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("caller_talk_ms", sa.Integer(), nullable=False),
        sa.Column("agent_talk_ms", sa.Integer(), nullable=False),
        sa.Column("cross_talk_ms", sa.Integer(), nullable=False),
        sa.Column("silence_ms", sa.Integer(), nullable=False),
        sa.Column("longest_silence_ms", sa.Integer(), nullable=False),
        sa.Column("hold_ms", sa.Integer(), nullable=False),
        sa.Column("turns", sa.Text(), nullable=False, comment="JSON: [[channel, start ms, end ms], ...]"),
        sa.Column("caller_peaks", sa.Text(), nullable=False, comment="two hexadecimal digits a column, 0 to 255"),
        sa.Column("agent_peaks", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("recording_id", name=op.f("pk_recording_measure")),
    )
    op.create_index(
        "ix_recording_measure_longest_silence", "recording_measure", ["longest_silence_ms"], unique=False)


def downgrade() -> None:
    for table in ("recording_measure", "recording_note", "recording_listen"):
        op.drop_table(table)
