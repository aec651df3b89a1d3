"""Tables of the roll-ups: what the ledger says of short times and of days, in numbers that can be added.

They prove nothing and can be made again at any time: whatever changes the evidence of a time throws away, in the same
transaction, the roll-ups that were made of it.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text

from foundation.database import LEDGER

ROLLUP = Table(
    "rollup", LEDGER,
    Column("kind", String(16), primary_key=True),
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("end", BigInteger, nullable=False),
    Column("claim", BigInteger, nullable=False),
    Column("claimed", BigInteger, nullable=False),
    Column("made", BigInteger),
    Column("rules", String(32), nullable=False),
    Column("counts", Text),
    Column("numbers", LargeBinary),
)
"""`level`: 0 for quarters of an hour, 1 for days of the site's zone. `made` is null while somebody (`claim`, since
`claimed`) reads the evidence for it: a change of that evidence takes the row away, so what was read of the old is never
stored. `rules`: under which contact windows and shared numbers."""
Index("ix_rollup_kind_end", ROLLUP.c.kind, ROLLUP.c.end)

ROLLUP_RULES = Table(
    "rollup_rules", LEDGER,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("rules", String(32), nullable=False),
    Column("window", Integer, nullable=False),
)
"""One row, once there are roll-ups: their rules, and the longest contact window in seconds."""

REQUEST_CLAIM = Table(
    "request_claim", LEDGER,
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("end", BigInteger, nullable=False),
    Column("token", BigInteger, nullable=False),
)
"""Days whose requests were added up in the main store (`foundation.request_days`), under this token: it stands there
too. What changes the evidence of such a day takes the claim away."""
