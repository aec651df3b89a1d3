"""Reports that are sent by mail"""

import sqlalchemy as sa
from alembic import op

revision = "main_0018"
down_revision = "main_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "report_schedule",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("report", sa.String(length=40), nullable=False),
        sa.Column("query", sa.Text(), nullable=False, comment="its parameters, as an address holds them"),
        sa.Column("due", sa.String(length=40), nullable=False, comment="like `weekly saturday 08:00`"),
        sa.Column("calendar", sa.String(length=10), nullable=False, comment="by which months are told"),
        sa.Column("form", sa.String(length=10), nullable=False, comment="csv, xlsx, pdf or json"),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("recipients", sa.JSON(), nullable=False, comment="addresses"),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("next_ms", sa.BigInteger(), nullable=False, comment="when it is due next"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_schedule")),
    )
    op.create_index("ix_report_schedule_next_ms", "report_schedule", ["next_ms"], unique=False)
    op.create_table(
        "report_mail",
        sa.Column("schedule", sa.String(length=12), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False, comment="one mail for each due time"),
        sa.Column("state", sa.String(length=10), nullable=False, comment="waiting, sent or refused"),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_ms", sa.BigInteger(), nullable=False, comment="not tried again before"),
        sa.Column("sent_ms", sa.BigInteger(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True, comment="why the last try failed"),
        sa.PrimaryKeyConstraint("schedule", "due_ms", name=op.f("pk_report_mail")),
    )
    op.create_index("ix_report_mail_state", "report_mail", ["state", "next_ms"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_report_mail_state", table_name="report_mail")
    op.drop_table("report_mail")
    op.drop_index("ix_report_schedule_next_ms", table_name="report_schedule")
    op.drop_table("report_schedule")
