"""Causes of cases, and corrective actions, in the main store. Names ending in `_ms` are epoch milliseconds."""

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from foundation.append_only import append_only
from foundation.database import MAIN

CAUSE = Table(
    "followup_cause", MAIN,
    Column("code", String(9), ForeignKey("followup_case.code"), primary_key=True),
    Column("cause", String(40), nullable=False),
    Column("set_ms", BigInteger, nullable=False),
    Column("set_by", String(80), nullable=False),
    Index("ix_followup_cause_cause", "cause"),
)
"""What ailed the organisation that the case had to be; the last word counts."""

ACTION = Table(
    "followup_action", MAIN,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("version", Integer, nullable=False),
    Column("title", String(200), nullable=False),
    Column("subject", String(40), comment="with those below it"),
    Column("cause", String(40)),
    Column("province", String(40)),
    Column("unit", String(60), nullable=False),
    Column("owner", String(80), nullable=False),
    Column("opened_ms", BigInteger, nullable=False),
    Column("opened_by", String(80), nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("mended_ms", BigInteger, comment="since when the process is mended: effects are measured from here"),
    Column("closed_ms", BigInteger),
    Column("closed_by", String(80)),
    Column("outcome", Text),
    Index("ix_followup_action_closed", "closed_ms", "due_ms"),
)

ACTION_CASE = Table(
    "followup_action_case", MAIN,
    Column("action_id", Integer, ForeignKey(ACTION.c.id), primary_key=True),
    Column("code", String(9), ForeignKey("followup_case.code"), primary_key=True),
    Column("added_ms", BigInteger, nullable=False),
    Column("added_by", String(80), nullable=False),
    Index("ix_followup_action_case_code", "code"),
)
"""Cases that showed the fault."""

ACTION_EVENT = append_only(Table(
    "followup_action_event", MAIN,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("action_id", Integer, ForeignKey(ACTION.c.id), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("who", String(80), nullable=False),
    Column("deed", String(20), nullable=False),
    Column("text", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Index("ix_followup_action_event_action", "action_id", "id"),
))

__all__ = ["ACTION", "ACTION_CASE", "ACTION_EVENT", "CAUSE"]
