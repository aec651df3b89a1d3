"""Warnings and escalations that were given, in the main store. Names ending in `_ms` are epoch milliseconds."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table

from foundation.database import MAIN

NOTICE = Table(
    "followup_notice", MAIN,
    Column("code", String(9), ForeignKey("followup_case.code"), primary_key=True),
    Column("round", Integer, primary_key=True, comment="how often the case had been reopened: a new promise each time"),
    Column("kind", String(12), primary_key=True, comment="followups.deadlines.escalation.NoticeKind"),
    Column("number", Integer, primary_key=True, comment="0 of a warning; escalations count from 1"),
    Column("due_ms", BigInteger, nullable=False),
    Column("planned_ms", BigInteger, nullable=False),
    Column("given_ms", BigInteger, nullable=False),
    Column("tier", String(20), nullable=False, comment="whom it reached"),
    Column("unit", String(60), nullable=False),
    Column("from_unit", String(60), nullable=False, comment="who had the case until then"),
    Index("ix_followup_notice_given", "given_ms"),
)
"""Its key makes sure that each is given once, in the transaction that does what it says."""

__all__ = ["NOTICE"]
