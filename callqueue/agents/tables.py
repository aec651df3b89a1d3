"""What agents shall be: the table that outlives Asterisk, this process and the command line.

Names ending in `_ms` are epoch milliseconds (UTC).
"""

from sqlalchemy import BigInteger, Column, String, Table

from foundation.database import MAIN

NAME = 40

AGENT_SESSION = Table(
    "agent_session", MAIN,
    Column("agent", String(NAME), primary_key=True),
    Column("logged_in_ms", BigInteger),
    Column("pause_reason", String(NAME)),
    Column("paused_ms", BigInteger),
    Column("wrap_up_until_ms", BigInteger),
    Column("changed_ms", BigInteger, nullable=False),
)
"""One row per agent who has ever logged in; `logged_in_ms` is null while logged out. `wrap_up_until_ms` is set only
with the pause reason wrap-up, or before it: how long the next wrap-up is held."""
