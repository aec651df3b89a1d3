"""When a call was picked up, and why it ended"""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0005"
down_revision = "ledger_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("call", sa.Column("picked_up_us", sa.BigInteger(), nullable=True))
    op.add_column("call", sa.Column("cause", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("call", "cause")
    op.drop_column("call", "picked_up_us")
