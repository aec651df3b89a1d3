"""Roll-ups, and what finds their evidence"""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0006"
down_revision = "ledger_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rollup",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("claim", sa.BigInteger(), nullable=False),
        sa.Column("claimed", sa.BigInteger(), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=True),
        sa.Column("rules", sa.String(length=32), nullable=False),
        sa.Column("counts", sa.Text(), nullable=True),
        sa.Column("numbers", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "level", "start", name="pk_rollup"),
    )
    op.create_index("ix_rollup_kind_end", "rollup", ["kind", "end"])
    op.create_table(
        "rollup_rules",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rules", sa.String(length=32), nullable=False),
        sa.Column("window", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rollup_rules"),
    )
    op.create_table(
        "agent_seen",
        sa.Column("journal", sa.String(length=160), nullable=False),
        sa.Column("agent", sa.String(length=160), nullable=False),
        sa.Column("deed", sa.String(length=16), nullable=False),
        sa.Column("queue", sa.String(length=160), nullable=False),
        sa.PrimaryKeyConstraint("journal", "agent", "deed", "queue", name="pk_agent_seen"),
    )
    op.execute("INSERT INTO agent_seen (journal, agent, deed, queue) "
               "SELECT DISTINCT journal, agent, deed, coalesce(queue, '') FROM agent_event")
    long = sa.text("finished - entered > 86400")
    op.create_index("ix_stint_long", "stint", ["finished"], sqlite_where=long, postgresql_where=long)
    given = sa.text("promise IS NOT NULL")
    op.create_index("ix_stint_promise", "stint", ["promise"], sqlite_where=given, postgresql_where=given)
    op.create_index("ix_stint_keeping", "stint", ["answered"], sqlite_where=given, postgresql_where=given)
    op.create_index("ix_callback_request_number", "callback_request", ["number"])
    op.create_index("ix_callback_request_call_id", "callback_request", ["call_id"])
    wished = sa.text("not_before_ms IS NOT NULL")
    op.create_index("ix_callback_request_not_before_ms", "callback_request", ["not_before_ms"], sqlite_where=wished,
                    postgresql_where=wished)


def downgrade() -> None:
    for name in ("not_before_ms", "call_id", "number"):
        op.drop_index(f"ix_callback_request_{name}", "callback_request")
    op.drop_index("ix_stint_keeping", "stint")
    op.drop_index("ix_stint_long", "stint")
    op.drop_index("ix_stint_promise", "stint")
    op.drop_table("agent_seen")
    op.drop_table("rollup_rules")
    op.drop_table("rollup")
