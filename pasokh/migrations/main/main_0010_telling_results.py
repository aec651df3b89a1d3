"""Telling results: what was ordered, what was heard, how far calls' results were read"""

import sqlalchemy as sa
from alembic import op

revision = "main_0010"
down_revision = "main_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "followup_bookmark",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_followup_bookmark")),
    )
    op.create_table(
        "followup_heard",
        sa.Column("id", sa.String(length=200), nullable=False, comment="of the call, '-', the case's code"),
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("how", sa.String(length=20), nullable=False, comment="followups.cases.case.ToldBy"),
        sa.Column("call_id", sa.String(length=150), nullable=False),
        sa.Column("heard_ms", sa.BigInteger(), nullable=False),
        sa.Column(
            "answer", sa.String(length=20), nullable=True,
            comment="followups.telling.heard.Answer; NULL: he said nothing of it",
        ),
        sa.ForeignKeyConstraint(["code"], ["followup_case.code"], name=op.f("fk_followup_heard_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followup_heard")),
    )
    op.create_index("ix_followup_heard_code", "followup_heard", ["code", "heard_ms"], unique=False)
    op.create_table(
        "followup_telling",
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column(
            "round", sa.Integer(), nullable=False,
            comment="how often the case had been reopened: a new result each time",
        ),
        sa.Column(
            "outbound_id", sa.String(length=80), nullable=True,
            comment="the call that tells it; NULL: none could be ordered",
        ),
        sa.Column("ordered_ms", sa.BigInteger(), nullable=False),
        sa.Column("settled_ms", sa.BigInteger(), nullable=True),
        sa.Column(
            "outcome", sa.String(length=20), nullable=True,
            comment="followups.telling.telling.Outcome; NULL: not settled yet",
        ),
        sa.Column("tries", sa.Integer(), nullable=False, comment="how often he was dialled"),
        sa.Column(
            "written", sa.String(length=20), nullable=False,
            comment="how he was told in writing that a result waits for him",
        ),
        sa.ForeignKeyConstraint(["code"], ["followup_case.code"], name=op.f("fk_followup_telling_code")),
        sa.PrimaryKeyConstraint("code", "round", name=op.f("pk_followup_telling")),
    )
    op.create_index("ix_followup_telling_settled_ms", "followup_telling", ["settled_ms"], unique=False)
    op.create_index("uq_followup_telling_outbound_id", "followup_telling", ["outbound_id"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_followup_telling_outbound_id", table_name="followup_telling")
    op.drop_index("ix_followup_telling_settled_ms", table_name="followup_telling")
    op.drop_table("followup_telling")
    op.drop_index("ix_followup_heard_code", table_name="followup_heard")
    op.drop_table("followup_heard")
    op.drop_table("followup_bookmark")
