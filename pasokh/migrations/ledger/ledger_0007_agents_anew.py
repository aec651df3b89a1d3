"""Roll-ups of agents' time are made anew: how an agent was at any moment follows from his last deed of each kind"""

from alembic import op

revision = "ledger_0007"
down_revision = "ledger_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM rollup WHERE kind = 'agents'")


def downgrade() -> None:
    """Those of the other kinds are unknown to what was there before, and in nobody's way."""
