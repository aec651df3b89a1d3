"""Scorecards that were used, drawn calls, evaluations with their replies, calibrations"""

import sqlalchemy as sa
from alembic import op

from foundation.append_only import statements

revision = "main_0017"
down_revision = "main_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _drawing()
    _judging()
    for table in ("quality_evaluation", "quality_reply"):
        for statement in statements(table, op.get_bind().dialect.name):
            op.execute(statement)


def _drawing() -> None:
    op.create_table(
        "quality_scorecard",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="SHA-256 of the content"),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON: the whole card as it was used"),
        sa.Column("first_used_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_quality_scorecard")),
    )
    op.create_table(
        "quality_draw",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("drawn_ms", sa.BigInteger(), nullable=False),
        sa.Column("drawn_by", sa.String(length=80), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("seed", sa.String(length=60), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False, comment="JSON: the rules that it was drawn by"),
        sa.Column("candidates", sa.Integer(), nullable=False, comment="how many conversations it was drawn from"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_draw")),
    )
    op.create_index("ix_quality_draw_drawn_ms", "quality_draw", ["drawn_ms"], unique=False)
    op.create_table(
        "quality_pick",
        sa.Column("draw_id", sa.String(length=16), nullable=False),
        sa.Column("recording_id", sa.String(length=200), nullable=False),
        sa.Column("agent", sa.String(length=40), nullable=False),
        sa.Column("queue", sa.String(length=50), nullable=True),
        sa.Column("started_ms", sa.BigInteger(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False, comment="JSON: [[rule, value], ...]"),
        sa.PrimaryKeyConstraint("draw_id", "recording_id", name=op.f("pk_quality_pick")),
    )
    op.create_index("ix_quality_pick_recording_id", "quality_pick", ["recording_id"], unique=False)


def _judging() -> None:
    op.create_table(
        "quality_draft",
        sa.Column("recording_id", sa.String(length=200), nullable=False),
        sa.Column("scorecard", sa.String(length=40), nullable=False),
        sa.Column("evaluator", sa.String(length=80), nullable=False),
        sa.Column("calibration", sa.String(length=16), nullable=False, comment="empty: none"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False, comment="JSON: question to answer"),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("saved_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("recording_id", "scorecard", "evaluator", "calibration", name=op.f("pk_quality_draft")),
    )
    op.create_table(
        "quality_evaluation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("recording_id", sa.String(length=200), nullable=False),
        sa.Column("call_id", sa.String(length=150), nullable=False),
        sa.Column("agent", sa.String(length=40), nullable=False),
        sa.Column("queue", sa.String(length=50), nullable=True),
        sa.Column("started_ms", sa.BigInteger(), nullable=False, comment="when the conversation began"),
        sa.Column("scorecard", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("evaluator", sa.String(length=80), nullable=False),
        sa.Column(
            "calibration", sa.String(length=16), nullable=False,
            comment="empty: it counts; else it is an exercise of evaluators",
        ),
        sa.Column("submitted_ms", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True, comment="0 to 1; NULL: nothing applied"),
        sa.Column("failed", sa.Boolean(), nullable=False, comment="a fatal question was answered with no"),
        sa.Column("answers", sa.Text(), nullable=False, comment="JSON: question to answer"),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_evaluation")),
    )
    op.create_index("ix_quality_evaluation_agent", "quality_evaluation", ["agent", "submitted_ms"], unique=False)
    op.create_index("ix_quality_evaluation_submitted_ms", "quality_evaluation", ["submitted_ms"], unique=False)
    op.create_index(
        "uq_quality_evaluation_once", "quality_evaluation",
        ["recording_id", "scorecard", "evaluator", "calibration"], unique=True)
    op.create_table(
        "quality_reply",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("evaluation_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False, comment="reply of the agent, answer to it"),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("written_ms", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_reply")),
    )
    op.create_index("uq_quality_reply_once", "quality_reply", ["evaluation_id", "kind"], unique=True)
    op.create_table(
        "quality_calibration",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("recording_id", sa.String(length=200), nullable=False),
        sa.Column("scorecard", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("begun_ms", sa.BigInteger(), nullable=False),
        sa.Column("begun_by", sa.String(length=80), nullable=False),
        sa.Column(
            "closed_ms", sa.BigInteger(), nullable=True,
            comment="NULL: evaluators still judge, each for himself",
        ),
        sa.Column("closed_by", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_calibration")),
    )


def downgrade() -> None:
    for table in (
        "quality_calibration", "quality_reply", "quality_evaluation", "quality_draft",
        "quality_pick", "quality_draw", "quality_scorecard",
    ):
        op.drop_table(table)
