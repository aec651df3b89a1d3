"""Legal holds, deletions under way, and callers who were forgotten"""

import sqlalchemy as sa
from alembic import op

revision = "main_0016"
down_revision = "main_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="recordings.keeping.holds.HoldKind"),
        sa.Column("reference", sa.String(length=200), nullable=False,
                  comment="id of what is held, or a caller's number"),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("placed_ms", sa.BigInteger(), nullable=False),
        sa.Column("placed_by", sa.String(length=80), nullable=False),
        sa.Column("lifted_ms", sa.BigInteger(), nullable=True, comment="NULL: it holds"),
        sa.Column("lifted_by", sa.String(length=80), nullable=True),
        sa.Column("lifted_why", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index("ix_legal_hold_lifted_ms", "legal_hold", ["lifted_ms"], unique=False)
    op.create_table(
        "deletion",
        sa.Column("kind", sa.String(length=20), nullable=False, comment="recordings.keeping.keeping.Thing.kind"),
        sa.Column("thing", sa.String(length=200), nullable=False),
        sa.Column("rule", sa.String(length=200), nullable=False, comment="why it goes, for the certificate"),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("begun_ms", sa.BigInteger(), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False, comment="when the thing came to be"),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("kind", "thing", name=op.f("pk_deletion")),
    )
    op.create_table(
        "erasure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False, comment="keyed hash of the number"),
        sa.Column("begun_ms", sa.BigInteger(), nullable=False),
        sa.Column("begun_by", sa.String(length=80), nullable=False),
        sa.Column("forced", sa.Boolean(), nullable=False, comment="open cases were closed for it"),
        sa.Column("number", sa.String(length=40), nullable=True, comment="only until it is done"),
        sa.Column("digits", sa.String(length=40), nullable=True,
                  comment="what is put in the number's place; only until it is done"),
        sa.Column("done_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index("uq_erasure_unfinished", "erasure", ["fingerprint"], unique=True,
                    sqlite_where=sa.text("done_ms IS NULL"), postgresql_where=sa.text("done_ms IS NULL"))


def downgrade() -> None:
    op.drop_index("uq_erasure_unfinished", table_name="erasure",
                  sqlite_where=sa.text("done_ms IS NULL"), postgresql_where=sa.text("done_ms IS NULL"))
    for table in ("erasure", "deletion"):
        op.drop_table(table)
    op.drop_index("ix_legal_hold_lifted_ms", table_name="legal_hold")
    op.drop_table("legal_hold")
