"""Claims on days of requests; refusals are found by their call"""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0010"
down_revision = "ledger_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "request_claim",
        sa.Column("start", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("start", name="pk_request_claim"),
    )
    op.create_index("ix_refusal_call_id", "refusal", ["call_id"])


def downgrade() -> None:
    op.drop_index("ix_refusal_call_id", "refusal")
    op.drop_table("request_claim")
