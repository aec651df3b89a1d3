"""Tables of the reports that are sent by mail, in the main store. Names ending in `_ms` are epoch milliseconds."""

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table, Text

from foundation.database import MAIN

SCHEDULE = Table(
    "report_schedule", MAIN,
    Column("id", String(12), primary_key=True),
    Column("report", String(40), nullable=False),
    Column("query", Text, nullable=False, comment="its parameters, as an address holds them"),
    Column("due", String(40), nullable=False, comment="like `weekly saturday 08:00`"),
    Column("calendar", String(10), nullable=False, comment="by which months are told"),
    Column("form", String(10), nullable=False, comment="csv, xlsx, pdf or json"),
    Column("language", String(2), nullable=False),
    Column("recipients", JSON, nullable=False, comment="addresses"),
    Column("created_ms", BigInteger, nullable=False),
    Column("created_by", String(80), nullable=False),
    Column("next_ms", BigInteger, nullable=False, comment="when it is due next"),
    Index("ix_report_schedule_next_ms", "next_ms"),
)

MAIL = Table(
    "report_mail", MAIN,
    Column("schedule", String(12), primary_key=True),
    Column("due_ms", BigInteger, primary_key=True, comment="one mail for each due time"),
    Column("state", String(10), nullable=False, comment="waiting, sent or refused"),
    Column("tries", Integer, nullable=False),
    Column("next_ms", BigInteger, nullable=False, comment="not tried again before"),
    Column("sent_ms", BigInteger),
    Column("trouble", Text, comment="why the last try failed"),
    Index("ix_report_mail_state", "state", "next_ms"),
)
