"""Roll-ups of promises are made anew: they tell of each promise how many passed it by"""

from alembic import op

revision = "ledger_0009"
down_revision = "ledger_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM rollup WHERE kind = 'promises'")


def downgrade() -> None:
    """What was there before cannot read them; kinds that it does not know are in nobody's way."""
    op.execute("DELETE FROM rollup WHERE kind = 'promises'")
