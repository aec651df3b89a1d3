"""Messages of supervisors to agents, and who takes calls for a while"""

import sqlalchemy as sa
from alembic import op

revision = "main_0012"
down_revision = "main_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "floor_message",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=40), nullable=False),
        sa.Column("sender", sa.String(length=80), nullable=False, comment="the user's id"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sent_ms", sa.BigInteger(), nullable=False),
        sa.Column("read_ms", sa.BigInteger(), nullable=True, comment="NULL: it still lies on the agent's desk"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_floor_message")),
    )
    op.create_index("ix_floor_message_unread", "floor_message", ["read_ms", "agent"], unique=False)
    op.create_table(
        "floor_shift",
        sa.Column("agent", sa.String(length=40), nullable=False),
        sa.Column("begun_ms", sa.BigInteger(), nullable=False),
        sa.Column("user", sa.String(length=80), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column(
            "session_ms", sa.BigInteger(), nullable=True,
            comment="when his session as an agent began; NULL: not known yet",
        ),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True, comment="NULL: it goes on"),
        sa.Column("ended_by", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("agent", "begun_ms", name=op.f("pk_floor_shift")),
    )
    op.create_index("ix_floor_shift_open", "floor_shift", ["ended_ms", "until_ms"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_floor_shift_open", table_name="floor_shift")
    op.drop_table("floor_shift")
    op.drop_index("ix_floor_message_unread", table_name="floor_message")
    op.drop_table("floor_message")
