"""Users, their sessions and tokens, and the audit log, in the main store."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from foundation.append_only import append_only
from foundation.database import MAIN

USER = String(40)
DIGEST = String(64)

web_user = Table(
    "web_user",
    MAIN,
    Column("id", USER, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("password", String(200), nullable=False, comment="argon2id, with its parameters and salt"),
    Column("roles", String(100), nullable=False, comment="comma between them"),
    Column("agent", String(40), nullable=True, unique=True, comment="the agent of site.yaml that this person is"),
    Column("language", String(2), nullable=True),
    Column("locked", Boolean, nullable=False, comment="by an administrator"),
    Column("must_change", Boolean, nullable=False, comment="the password was given by another"),
    Column("password_until_ms", BigInteger, nullable=True, comment="epoch milliseconds; a given password's end"),
    Column("password_ms", BigInteger, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)

web_session = Table(
    "web_session",
    MAIN,
    Column("id", DIGEST, primary_key=True, comment="SHA-256 of what the cookie holds"),
    Column("user_id", USER, ForeignKey("web_user.id", ondelete="CASCADE"), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("seen_ms", BigInteger, nullable=False, comment="within a minute"),
    Column("until_ms", BigInteger, nullable=False, comment="its end, used or not"),
    Column("address", String(45), nullable=False),
    Column("browser", String(200), nullable=False),
    Index("ix_web_session_user", "user_id"),
)

web_token = Table(
    "web_token",
    MAIN,
    Column("id", String(16), primary_key=True),
    Column("digest", DIGEST, nullable=False, comment="SHA-256 of the whole token"),
    Column("user_id", USER, ForeignKey("web_user.id", ondelete="CASCADE"), nullable=False),
    Column("title", String(100), nullable=False),
    Column("roles", String(100), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger, nullable=True, comment="within a minute"),
)

sign_in_failure = Table(
    "sign_in_failure",
    MAIN,
    Column("key", String(80), primary_key=True, comment="user:SHA-256 of the typed name, or address:..."),
    Column("failures", Integer, nullable=False, comment="in a row"),
    Column("last_ms", BigInteger, nullable=False),
    Column("locked_until_ms", BigInteger, nullable=False),
)

audit = append_only(Table(
    "audit",
    MAIN,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("actor", String(80), nullable=False, comment="a user's id, or command:NAME"),
    Column("address", String(45), nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", String(100), nullable=False),
    Column("detail", Text, nullable=False, comment="JSON"),
    Index("ix_audit_at", "at_ms"),
    Index("ix_audit_subject", "subject"),
))
