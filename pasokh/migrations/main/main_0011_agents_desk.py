"""What agents note of their calls, and the work beside calls that they have taken"""

import sqlalchemy as sa
from alembic import op

revision = "main_0011"
down_revision = "main_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "desk_call",
        sa.Column("call_id", sa.String(length=160), nullable=False),
        sa.Column("agent", sa.String(length=80), nullable=False),
        sa.Column("queue", sa.String(length=80), nullable=False),
        sa.Column(
            "number", sa.String(length=40), nullable=True, comment="the caller's validated number; NULL: withheld",
        ),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("proved", sa.Boolean(), nullable=False, comment="whether the caller had proved who he is"),
        sa.Column("promise", sa.String(length=80), nullable=True, comment="of a call that keeps a promise"),
        sa.Column("began_ms", sa.BigInteger(), nullable=False, comment="when the conversation was first seen"),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column(
            "typed_ms", sa.BigInteger(), nullable=False, comment="when the notes were typed: older ones change nothing",
        ),
        sa.Column("subject", sa.String(length=40), nullable=True, comment="of followups' subjects"),
        sa.Column(
            "disposition", sa.String(length=40), nullable=True, comment="what became of the call; NULL: not said yet",
        ),
        sa.Column("settled_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("call_id", "agent", name=op.f("pk_desk_call")),
    )
    op.create_index("ix_desk_call_agent", "desk_call", ["agent", "began_ms"], unique=False)
    op.create_index("ix_desk_call_number", "desk_call", ["number", "began_ms"], unique=False)
    op.create_table(
        "desk_task",
        sa.Column("kind", sa.String(length=20), nullable=False, comment="message or promise"),
        sa.Column("item", sa.String(length=200), nullable=False, comment="its id in its own room"),
        sa.Column("agent", sa.String(length=80), nullable=False),
        sa.Column("taken_ms", sa.BigInteger(), nullable=False),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.String(length=40), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "item", name=op.f("pk_desk_task")),
    )
    op.create_index("ix_desk_task_agent", "desk_task", ["agent", "closed_ms"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_desk_task_agent", table_name="desk_task")
    op.drop_table("desk_task")
    op.drop_index("ix_desk_call_number", table_name="desk_call")
    op.drop_index("ix_desk_call_agent", table_name="desk_call")
    op.drop_table("desk_call")
