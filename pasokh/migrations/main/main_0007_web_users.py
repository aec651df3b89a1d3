"""Users of the web pages, their sessions and tokens, and the audit log, which only grows"""

import sqlalchemy as sa
from alembic import op

from foundation.append_only import statements

revision = "main_0007"
down_revision = "main_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_users()
    _make_audit()


def _make_users() -> None:
    op.create_table(
        "web_user",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=False, comment="argon2id, with its parameters and salt"),
        sa.Column("roles", sa.String(length=100), nullable=False, comment="comma between them"),
        sa.Column("agent", sa.String(length=40), nullable=True, comment="the agent of site.yaml that this person is"),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("locked", sa.Boolean(), nullable=False, comment="by an administrator"),
        sa.Column("must_change", sa.Boolean(), nullable=False, comment="the password was given by another"),
        sa.Column(
            "password_until_ms", sa.BigInteger(), nullable=True, comment="epoch milliseconds; a given password's end",
        ),
        sa.Column("password_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_user")),
        sa.UniqueConstraint("agent", name=op.f("uq_web_user_agent")),
    )
    op.create_table(
        "web_session",
        sa.Column("id", sa.String(length=64), nullable=False, comment="SHA-256 of what the cookie holds"),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False, comment="within a minute"),
        sa.Column("until_ms", sa.BigInteger(), nullable=False, comment="its end, used or not"),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["web_user.id"], name=op.f("fk_web_session_user_id"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_session")),
    )
    op.create_index("ix_web_session_user", "web_session", ["user_id"])
    op.create_table(
        "web_token",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="SHA-256 of the whole token"),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("roles", sa.String(length=100), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=True, comment="within a minute"),
        sa.ForeignKeyConstraint(["user_id"], ["web_user.id"], name=op.f("fk_web_token_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_token")),
    )


def _make_audit() -> None:
    op.create_table(
        "sign_in_failure",
        sa.Column(
            "key", sa.String(length=80), nullable=False, comment="user:SHA-256 of the typed name, or address:...",
        ),
        sa.Column("failures", sa.Integer(), nullable=False, comment="in a row"),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.Column("locked_until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_failure")),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False, comment="a user's id, or command:NAME"),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False, comment="JSON"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_at", "audit", ["at_ms"])
    op.create_index("ix_audit_subject", "audit", ["subject"])
    for statement in statements("audit", op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    for table in ("audit", "sign_in_failure", "web_token", "web_session", "web_user"):
        op.drop_table(table)
