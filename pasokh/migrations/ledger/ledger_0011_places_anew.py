"""Roll-ups of callers' places are made anew: they tell apart who has no area code"""

from alembic import op

revision = "ledger_0011"
down_revision = "ledger_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM rollup WHERE kind = 'places'")


def downgrade() -> None:
    """What was there before cannot read them; kinds that it does not know are in nobody's way."""
    op.execute("DELETE FROM rollup WHERE kind = 'places'")
