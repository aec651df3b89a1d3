"""The journal's word on promised calls"""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0004"
down_revision = "ledger_0003"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "callback_request",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("journal", sa.String(length=160), nullable=False),
        sa.Column("promise", sa.String(length=160), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.String(length=160), nullable=False),
        sa.Column("call_id", sa.String(length=160), nullable=False),
        sa.Column("queue", sa.String(length=160), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("place_ms", sa.BigInteger(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("not_before_ms", sa.BigInteger(), nullable=True),
        sa.Column("tracking", sa.String(length=40), nullable=True),
        sa.Column("due_ms", sa.BigInteger(), nullable=True),
        sa.Column("stint_number", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_callback_request"),
        sa.UniqueConstraint("journal", "promise", name="uq_callback_request_journal_promise"),
    )
    op.create_index("ix_callback_request_at", "callback_request", ["at"])
    op.create_table(
        "callback_attempt",
        sa.Column("journal", sa.String(length=160), nullable=False),
        sa.Column("channel_id", sa.String(length=160), nullable=False),
        sa.Column("promise", sa.String(length=160), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("queue", sa.String(length=160), nullable=True),
        sa.Column("purpose", sa.String(length=40), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("cause", sa.String(length=40), nullable=True),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("journal", "channel_id", name="pk_callback_attempt"),
    )
    op.create_index("ix_callback_attempt_promise", "callback_attempt", ["promise"])
    op.create_index("ix_callback_attempt_at", "callback_attempt", ["at"])
    op.create_table(
        "callback_closure",
        sa.Column("journal", sa.String(length=160), nullable=False),
        sa.Column("promise", sa.String(length=160), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("queue", sa.String(length=160), nullable=True),
        sa.Column("channel_id", sa.String(length=160), nullable=False),
        sa.Column("result", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("journal", "promise", name="pk_callback_closure"),
    )
    op.create_index("ix_callback_closure_at", "callback_closure", ["at"])


def downgrade() -> None:
    op.drop_table("callback_closure")
    op.drop_table("callback_attempt")
    op.drop_table("callback_request")
