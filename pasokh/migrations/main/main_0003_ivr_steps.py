"""Steps of callers in the menus"""

import sqlalchemy as sa
from alembic import op

revision = "main_0003"
down_revision = "main_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ivr_step",
        sa.Column("call_id", sa.String(length=100), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="from 1 in each call"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False, comment="when it ended: epoch milliseconds, UTC"),
        sa.Column(
            "kind", sa.String(length=20), nullable=False,
            comment="call, menu, service, voice_message, callback, transfer",
        ),
        sa.Column("name", sa.String(length=50), nullable=False, comment="of the menu, service, box or queue"),
        sa.Column(
            "key", sa.String(length=1), nullable=True,
            comment="NULL: a secret or none to be pressed; empty: none was pressed",
        ),
        sa.Column("result", sa.String(length=40), nullable=False),
        sa.Column("ms", sa.Integer(), nullable=False, comment="how long it took"),
        sa.Column(
            "caller", sa.String(length=20), nullable=True, comment="validated number, in the step that begins the call",
        ),
        sa.PrimaryKeyConstraint("call_id", "number", name=op.f("pk_ivr_step")),
    )
    op.create_index("ix_ivr_step_at_ms", "ivr_step", ["at_ms"])
    op.create_index("ix_ivr_step_caller", "ivr_step", ["caller", "at_ms"])


def downgrade() -> None:
    op.drop_index("ix_ivr_step_caller", "ivr_step")
    op.drop_index("ix_ivr_step_at_ms", "ivr_step")
    op.drop_table("ivr_step")
