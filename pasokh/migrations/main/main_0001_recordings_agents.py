"""Recordings and agents' sessions"""

import sqlalchemy as sa
from alembic import op

revision = "main_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent_session",
        sa.Column("agent", sa.String(length=40), nullable=False),
        sa.Column("logged_in_ms", sa.BigInteger(), nullable=True),
        sa.Column("pause_reason", sa.String(length=40), nullable=True),
        sa.Column("paused_ms", sa.BigInteger(), nullable=True),
        sa.Column("wrap_up_until_ms", sa.BigInteger(), nullable=True),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agent", name=op.f("pk_agent_session")),
    )
    op.create_table(
        "recording",
        sa.Column(
            "id",
            sa.String(length=200),
            nullable=False,
            comment="the legs' name, or the message's: no sound is kept twice",
        ),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="call or voice_message"),
        sa.Column("call_id", sa.String(length=100), nullable=False),
        sa.Column("channel_id", sa.String(length=100), nullable=False),
        sa.Column(
            "stint", sa.Integer(), nullable=False, comment="number of the stint on its channel; 0 outside a queue"
        ),
        sa.Column("started_ms", sa.BigInteger(), nullable=False, comment="epoch milliseconds, UTC"),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.String(length=300), nullable=False, comment="under the store's folder"),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("damaged", sa.Boolean(), nullable=False, comment="a side is missing or ended early"),
        sa.Column("caller", sa.String(length=20), nullable=True, comment="validated number, of a voice message"),
        sa.Column("language", sa.String(length=2), nullable=True, comment="of a voice message"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording")),
    )
    with op.batch_alter_table("recording", schema=None) as batch_op:
        batch_op.create_index("ix_recording_call_id", ["call_id"], unique=False)
        batch_op.create_index("ix_recording_started_ms", ["started_ms"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("recording", schema=None) as batch_op:
        batch_op.drop_index("ix_recording_started_ms")
        batch_op.drop_index("ix_recording_call_id")

    op.drop_table("recording")
    op.drop_table("agent_session")
