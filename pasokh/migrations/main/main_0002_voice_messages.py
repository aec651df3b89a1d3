"""Voice messages and call-back requests"""

import sqlalchemy as sa
from alembic import op

revision = "main_0002"
down_revision = "main_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "voice_message",
        sa.Column(
            "id", sa.String(length=200), nullable=False, comment="from the spool's file: no message is taken in twice",
        ),
        sa.Column(
            "kind", sa.String(length=20), nullable=False, comment="voice_message, callback_request or lost_caller",
        ),
        sa.Column("box", sa.String(length=50), nullable=False),
        sa.Column("call_id", sa.String(length=100), nullable=False),
        sa.Column("caller", sa.String(length=20), nullable=True, comment="validated number that called"),
        sa.Column("callback_number", sa.String(length=20), nullable=True, comment="number that the caller gave"),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("tracking", sa.String(length=20), nullable=True, comment="code that the caller heard"),
        sa.Column("taken_ms", sa.BigInteger(), nullable=False, comment="epoch milliseconds, UTC"),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False, comment="0 without sound"),
        sa.Column("recording_id", sa.String(length=200), nullable=True, comment="recording.id of what was said"),
        sa.Column("state", sa.String(length=10), nullable=False, comment="new, heard or closed"),
        sa.Column("heard_ms", sa.BigInteger(), nullable=True, comment="when it was first played"),
        sa.Column("heard_by", sa.String(length=80), nullable=True),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_message")),
    )
    op.create_index("ix_voice_message_taken_ms", "voice_message", ["taken_ms"])
    op.create_index("ix_voice_message_tracking", "voice_message", ["tracking"])


def downgrade() -> None:
    op.drop_index("ix_voice_message_tracking", "voice_message")
    op.drop_index("ix_voice_message_taken_ms", "voice_message")
    op.drop_table("voice_message")
