"""Where wrong tries are counted, in the main store: under keyed hashes, never under a number."""

from sqlalchemy import BigInteger, Column, Integer, String, Table

from foundation.database import MAIN

identity_try = Table(
    "identity_try",
    MAIN,
    Column("key", String(64), primary_key=True, comment="keyed hash of a national ID or of a caller's number"),
    Column("failures", Integer, nullable=False),
    Column("first_ms", BigInteger, nullable=False, comment="epoch milliseconds, UTC"),
    Column("locked_until_ms", BigInteger, nullable=False, comment="epoch milliseconds, UTC"),
)
