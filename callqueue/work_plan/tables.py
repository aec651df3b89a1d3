"""Agents' planned working times, in the main store. Names ending in `_ms` are epoch milliseconds (UTC)."""

from sqlalchemy import BigInteger, Column, Date, Index, String, Table

from callqueue.agents.tables import NAME
from foundation.database import MAIN

WORK_PLAN = Table(
    "work_plan", MAIN,
    Column("agent", String(NAME), primary_key=True),
    Column("start_ms", BigInteger, primary_key=True),
    Column("activity", String(10), primary_key=True, comment="work, break or absent"),
    Column("end_ms", BigInteger, nullable=False),
    Column("day", Date, nullable=False, comment="on which it begins, by the site's clock; replaced as a whole"),
    Column("reason", String(NAME), nullable=False, comment="of a break's pause; empty: any"),
    Column("imported_ms", BigInteger, nullable=False),
    Index("ix_work_plan_day", "day", "agent"),
    Index("ix_work_plan_start_ms", "start_ms"),
)
