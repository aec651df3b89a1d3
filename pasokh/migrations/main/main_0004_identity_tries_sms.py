"""Wrong tries of an identity, and the SMS outbox"""

import sqlalchemy as sa
from alembic import op

revision = "main_0004"
down_revision = "main_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_try",
        sa.Column(
            "key", sa.String(length=64), nullable=False, comment="keyed hash of a national ID or of a caller's number",
        ),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("first_ms", sa.BigInteger(), nullable=False, comment="epoch milliseconds, UTC"),
        sa.Column("locked_until_ms", sa.BigInteger(), nullable=False, comment="epoch milliseconds, UTC"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_identity_try")),
    )
    op.create_table(
        "sms_outbox",
        sa.Column(
            "id", sa.String(length=80), nullable=False,
            comment="of the attempt: the gateway drops what it has under this id",
        ),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False, comment="waiting, sent or refused"),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False, comment="epoch milliseconds, UTC"),
        sa.Column("next_ms", sa.BigInteger(), nullable=False, comment="not tried again before"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_outbox")),
    )
    with op.batch_alter_table("sms_outbox", schema=None) as batch_op:
        batch_op.create_index("ix_sms_outbox_state", ["state", "next_ms"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("sms_outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_sms_outbox_state")

    op.drop_table("sms_outbox")
    op.drop_table("identity_try")
