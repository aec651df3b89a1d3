"""Agents' planned working times"""

import sqlalchemy as sa
from alembic import op

revision = "main_0019"
down_revision = "main_0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "work_plan",
        sa.Column("agent", sa.String(length=40), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("activity", sa.String(length=10), nullable=False, comment="work, break or absent"),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False,
                  comment="on which it begins, by the site's clock; replaced as a whole"),
        sa.Column("reason", sa.String(length=40), nullable=False, comment="of a break's pause; empty: any"),
        sa.Column("imported_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "start_ms", "activity", name=op.f("pk_work_plan")),
    )
    op.create_index("ix_work_plan_day", "work_plan", ["day", "agent"], unique=False)
    op.create_index("ix_work_plan_start_ms", "work_plan", ["start_ms"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_work_plan_start_ms", table_name="work_plan")
    op.drop_index("ix_work_plan_day", table_name="work_plan")
    op.drop_table("work_plan")
