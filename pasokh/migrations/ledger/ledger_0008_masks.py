"""When calls were masked in their recordings"""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0008"
down_revision = "ledger_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mask",
        sa.Column("call_id", sa.String(length=160), nullable=False),
        sa.Column("started_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("channel_id", sa.String(length=160), nullable=False),
        sa.Column("agent", sa.String(length=160), nullable=False),
        sa.Column("by", sa.String(length=160), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.String(length=160), nullable=True),
        sa.PrimaryKeyConstraint("call_id", "started_us", name=op.f("pk_mask")),
    )


def downgrade() -> None:
    op.drop_table("mask")
