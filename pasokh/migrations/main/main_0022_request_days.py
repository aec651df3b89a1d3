"""Days of requests, added up, and what casts doubt on them"""

import sqlalchemy as sa
from alembic import op

revision = "main_0022"
down_revision = "main_0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "request_day",
        sa.Column("start", sa.BigInteger(), primary_key=True, autoincrement=False,
                  comment="epoch seconds, as the others"),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False,
                  comment="of the claim: the ledger has the same, while it holds"),
        sa.Column("claimed", sa.BigInteger(), nullable=False),
        sa.Column("made", sa.BigInteger(), comment="NULL: somebody reads the evidence for it"),
        sa.Column("rules", sa.String(32), nullable=False, comment="under which area codes it was made"),
        sa.Column("counts", sa.Text(), comment="JSON: how many requests ended how, by area code"),
        sa.Column("numbers", sa.LargeBinary(), comment="of the other callers: little-endian uint64, rising"),
        sa.Column("ends", sa.LargeBinary(), comment="how the request of each of them ended, one byte each"),
        sa.PrimaryKeyConstraint("start", name="pk_request_day"),
    )
    op.create_table(
        "request_doubt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(20), nullable=False, comment="followups.cases.case.LinkKind"),
        sa.Column("reference", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_request_doubt"),
    )


def downgrade() -> None:
    op.drop_table("request_doubt")
    op.drop_table("request_day")
