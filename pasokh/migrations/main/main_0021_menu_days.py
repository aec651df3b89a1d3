"""Days of the menus, added up"""

import sqlalchemy as sa
from alembic import op

revision = "main_0021"
down_revision = "main_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ivr_day",
        sa.Column("start", sa.BigInteger(), primary_key=True, autoincrement=False,
                  comment="epoch seconds, as all but the last two"),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("claim", sa.BigInteger(), nullable=False),
        sa.Column("claimed", sa.BigInteger(), nullable=False),
        sa.Column("made", sa.BigInteger(), comment="NULL: somebody reads the steps for it"),
        sa.Column("counts", sa.Text(), comment="JSON"),
        sa.Column("lengths", sa.LargeBinary(),
                  comment="of stays in menus, in ms: little-endian int32, rising, menu by menu"),
        sa.PrimaryKeyConstraint("start", name="pk_ivr_day"),
    )


def downgrade() -> None:
    op.drop_table("ivr_day")
