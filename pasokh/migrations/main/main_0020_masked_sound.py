"""Where in a recording nothing is heard, for a secret was spoken"""

import sqlalchemy as sa
from alembic import op

revision = "main_0020"
down_revision = "main_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("recording", sa.Column(
        "masked", sa.Text(), nullable=True,
        comment="JSON, [[from ms, to ms], ...]: silent places in it, for a secret was spoken"))


def downgrade() -> None:
    op.drop_column("recording", "masked")
