"""What callers were asked and what they pressed, in the main store. Names ending in `_ms` are epoch milliseconds."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table

from foundation.database import MAIN

SURVEY_REQUEST = Table(
    "survey_request", MAIN,
    Column("id", String(200), primary_key=True, comment="of the stint or the outbound call: asked once"),
    Column("survey", String(40), nullable=False),
    Column("occasion", String(10), nullable=False, comment="followups.surveys.satisfaction.Occasion"),
    Column("asked_ms", BigInteger, nullable=False),
    Column("call_id", String(150), nullable=False),
    Column("queue", String(50)),
    Column("agent", String(50), comment="who spoke with the caller last"),
    Column("language", String(2), nullable=False),
    Column("case_code", String(9), comment="whose result was told; of a call, its cases are found by their links"),
    Column("pressed", String(200), comment="the keys of its answers, as `question=key question=key`, by question"),
    Index("ix_survey_request_asked_ms", "asked_ms"),
    Index("ix_survey_request_call_id", "call_id"),
    Index("ix_survey_request_counted", "survey", "queue", "agent", "pressed", "asked_ms"),
)
"""`pressed` repeats the answers, in whose transaction it is written (followups/surveys/spool.py): so a year of them is
counted in the order of one index."""

SURVEY_ANSWER = Table(
    "survey_answer", MAIN,
    Column("request_id", String(200), ForeignKey(SURVEY_REQUEST.c.id), primary_key=True),
    Column("question", String(40), primary_key=True),
    Column("key", Integer, nullable=False),
    Column("answered_ms", BigInteger, nullable=False),
)

__all__ = ["SURVEY_ANSWER", "SURVEY_REQUEST"]
