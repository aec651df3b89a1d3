"""Messages that wait for a gateway, in the main store."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from foundation.database import MAIN

sms_outbox = Table(
    "sms_outbox",
    MAIN,
    Column("id", String(80), primary_key=True, comment="of the attempt: the gateway drops what it has under this id"),
    Column("number", String(20), nullable=False),
    Column("text", String(1000), nullable=False),
    Column("state", String(10), nullable=False, comment="waiting, sent or refused"),
    Column("tries", Integer, nullable=False),
    Column("created_ms", BigInteger, nullable=False, comment="epoch milliseconds, UTC"),
    Column("next_ms", BigInteger, nullable=False, comment="not tried again before"),
    Index("ix_sms_outbox_state", "state", "next_ms"),
)

email_outbox = Table(
    "email_outbox",
    MAIN,
    Column("id", String(80), primary_key=True, comment="of the attempt: the gateway drops what it has under this id"),
    Column("address", String(254), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("text", Text, nullable=False),
    Column("state", String(10), nullable=False, comment="waiting, sent or refused"),
    Column("tries", Integer, nullable=False),
    Column("created_ms", BigInteger, nullable=False, comment="epoch milliseconds, UTC"),
    Column("next_ms", BigInteger, nullable=False, comment="not tried again before"),
    Index("ix_email_outbox_state", "state", "next_ms"),
)
