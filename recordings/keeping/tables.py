"""What must not be deleted, what is being deleted, and callers who are being forgotten: in the main store.

Names ending in `_ms` are epoch milliseconds (UTC).
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, text

from foundation.database import MAIN

WHO = 80


def _row_id() -> Column[int]:
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


HOLD = Table(
    "legal_hold", MAIN, _row_id(),
    Column("kind", String(20), nullable=False, comment="recordings.keeping.holds.HoldKind"),
    Column("reference", String(200), nullable=False, comment="id of what is held, or a caller's number"),
    Column("reason", String(500), nullable=False),
    Column("placed_ms", BigInteger, nullable=False),
    Column("placed_by", String(WHO), nullable=False),
    Column("lifted_ms", BigInteger, comment="NULL: it holds"),
    Column("lifted_by", String(WHO)),
    Column("lifted_why", String(500)),
    Index("ix_legal_hold_lifted_ms", "lifted_ms"),
)

DELETION = Table(
    "deletion", MAIN,
    Column("kind", String(20), primary_key=True, comment="recordings.keeping.keeping.Thing.kind"),
    Column("thing", String(200), primary_key=True),
    Column("rule", String(200), nullable=False, comment="why it goes, for the certificate"),
    Column("actor", String(WHO), nullable=False),
    Column("begun_ms", BigInteger, nullable=False),
    Column("from_ms", BigInteger, nullable=False, comment="when the thing came to be"),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
)
"""Deletions that were begun and have no certificate yet: after a crash they are carried to their end."""

ERASURE = Table(
    "erasure", MAIN, _row_id(),
    Column("fingerprint", String(64), nullable=False, comment="keyed hash of the number"),
    Column("begun_ms", BigInteger, nullable=False),
    Column("begun_by", String(WHO), nullable=False),
    Column("forced", Boolean, nullable=False, comment="open cases were closed for it"),
    Column("number", String(40), comment="only until it is done"),
    Column("digits", String(40), comment="what is put in the number's place; only until it is done"),
    Column("done_ms", BigInteger),
    Index("uq_erasure_unfinished", "fingerprint", unique=True, sqlite_where=text("done_ms IS NULL"),
          postgresql_where=text("done_ms IS NULL")),
)
"""Callers who were forgotten; a backup that is older than that is put right by this list when it is restored."""

__all__ = ["DELETION", "ERASURE", "HOLD"]
