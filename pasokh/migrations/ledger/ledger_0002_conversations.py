"""Conversations, transfers and ringing"""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0002"
down_revision = "ledger_0001"
branch_labels = None
depends_on = None

OPEN = sa.text("ended_us IS NULL")
UNJOINED = sa.text("main_call_id IS NULL")


def upgrade() -> None:
    op.add_column("bridge_leg", sa.Column("credited", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_bridge_leg_uncredited", "bridge_leg", ["left_us"], unique=False,
                    sqlite_where=sa.text("credited IS 0"), postgresql_where=sa.text("credited IS false"))
    op.create_index("ix_agent_event_state", "agent_event", ["journal", "agent", "deed", "queue", "at"], unique=False)
    _create_conversation()
    _create_transfer()
    _create_ringing()


def _create_conversation() -> None:
    op.create_table(
        "conversation",
        sa.Column("channel_id", sa.String(length=160), nullable=False),
        sa.Column("started_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("agent", sa.String(length=160), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("call_id", sa.String(length=160), nullable=False),
        sa.Column("partner", sa.String(length=160), nullable=True),
        sa.Column("stint_channel_id", sa.String(length=160), nullable=True),
        sa.Column("stint_number", sa.Integer(), nullable=True),
        sa.Column("interrupted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("channel_id", "started_us", name=op.f("pk_conversation")),
    )
    op.create_index("ix_conversation_agent_started_us", "conversation", ["agent", "started_us"], unique=False)
    op.create_index("ix_conversation_started_us", "conversation", ["started_us"], unique=False)
    op.create_index(op.f("ix_conversation_call_id"), "conversation", ["call_id"], unique=False)


def _create_transfer() -> None:
    op.create_table(
        "transfer",
        sa.Column("channel_id", sa.String(length=160), nullable=False),
        sa.Column("at_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("call_id", sa.String(length=160), nullable=False),
        sa.Column("attended", sa.Boolean(), nullable=False),
        sa.Column("target", sa.String(length=160), nullable=True),
        sa.Column("second_id", sa.String(length=160), nullable=True),
        sa.Column("transferee_id", sa.String(length=160), nullable=True),
        sa.Column("main_call_id", sa.String(length=160), nullable=True),
        sa.PrimaryKeyConstraint("channel_id", "at_us", name=op.f("pk_transfer")),
    )
    op.create_index(op.f("ix_transfer_second_id"), "transfer", ["second_id"], unique=False)
    op.create_index(op.f("ix_transfer_transferee_id"), "transfer", ["transferee_id"], unique=False)
    op.create_index("ix_transfer_unjoined", "transfer", ["at_us"], unique=False,
                    sqlite_where=UNJOINED, postgresql_where=UNJOINED)


def _create_ringing() -> None:
    op.create_table(
        "ringing",
        sa.Column("channel_id", sa.String(length=160), nullable=False),
        sa.Column("started_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("agent", sa.String(length=160), nullable=False),
        sa.Column("call_id", sa.String(length=160), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("interrupted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("channel_id", "started_us", name=op.f("pk_ringing")),
    )
    op.create_index("ix_ringing_agent_started_us", "ringing", ["agent", "started_us"], unique=False)
    op.create_index("ix_ringing_started_us", "ringing", ["started_us"], unique=False)
    op.create_index("ix_ringing_open", "ringing", ["started_us"], unique=False,
                    sqlite_where=OPEN, postgresql_where=OPEN)


def downgrade() -> None:
    for table in ("ringing", "transfer", "conversation"):
        op.drop_table(table)
    op.drop_index("ix_agent_event_state", "agent_event")
    op.drop_index("ix_bridge_leg_uncredited", "bridge_leg")
    with op.batch_alter_table("bridge_leg") as batch_op:
        batch_op.drop_column("credited")
