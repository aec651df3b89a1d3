"""Scorecards that were used, drawn calls, evaluations with their replies, calibrations: in the main store.

Names ending in `_ms` are epoch milliseconds, UTC. Evaluations and replies are only added; what is not submitted yet is
a draft, which its evaluator changes.
"""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, String, Table, Text

from foundation.append_only import append_only
from foundation.database import MAIN

NAME, USER, RECORDING = String(40), String(80), String(200)


def _row_id() -> Column[int]:
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


SCORECARD = Table(
    "quality_scorecard", MAIN,
    Column("id", NAME, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("digest", String(64), nullable=False, comment="SHA-256 of the content"),
    Column("content", Text, nullable=False, comment="JSON: the whole card as it was used"),
    Column("first_used_ms", BigInteger, nullable=False),
)

DRAW = Table(
    "quality_draw", MAIN,
    Column("id", String(16), primary_key=True),
    Column("drawn_ms", BigInteger, nullable=False),
    Column("drawn_by", USER, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("seed", String(60), nullable=False),
    Column("rules", Text, nullable=False, comment="JSON: the rules that it was drawn by"),
    Column("candidates", Integer, nullable=False, comment="how many conversations it was drawn from"),
    Index("ix_quality_draw_drawn_ms", "drawn_ms"),
)

PICK = Table(
    "quality_pick", MAIN,
    Column("draw_id", String(16), primary_key=True),
    Column("recording_id", RECORDING, primary_key=True),
    Column("agent", NAME, nullable=False),
    Column("queue", String(50)),
    Column("started_ms", BigInteger, nullable=False),
    Column("reasons", Text, nullable=False, comment="JSON: [[rule, value], ...]"),
    Index("ix_quality_pick_recording_id", "recording_id"),
)

DRAFT = Table(
    "quality_draft", MAIN,
    Column("recording_id", RECORDING, primary_key=True),
    Column("scorecard", NAME, primary_key=True),
    Column("evaluator", USER, primary_key=True),
    Column("calibration", String(16), primary_key=True, comment="empty: none"),
    Column("version", Integer, nullable=False),
    Column("answers", Text, nullable=False, comment="JSON: question to answer"),
    Column("comment", Text, nullable=False),
    Column("saved_ms", BigInteger, nullable=False),
)

EVALUATION = append_only(Table(
    "quality_evaluation", MAIN, _row_id(),
    Column("recording_id", RECORDING, nullable=False),
    Column("call_id", String(150), nullable=False),
    Column("agent", NAME, nullable=False),
    Column("queue", String(50)),
    Column("started_ms", BigInteger, nullable=False, comment="when the conversation began"),
    Column("scorecard", NAME, nullable=False),
    Column("version", Integer, nullable=False),
    Column("evaluator", USER, nullable=False),
    Column("calibration", String(16), nullable=False, comment="empty: it counts; else it is an exercise of evaluators"),
    Column("submitted_ms", BigInteger, nullable=False),
    Column("score", Float, comment="0 to 1; NULL: nothing applied"),
    Column("failed", Boolean, nullable=False, comment="a fatal question was answered with no"),
    Column("answers", Text, nullable=False, comment="JSON: question to answer"),
    Column("comment", Text, nullable=False),
    Index("uq_quality_evaluation_once", "recording_id", "scorecard", "evaluator", "calibration", unique=True),
    Index("ix_quality_evaluation_agent", "agent", "submitted_ms"),
    Index("ix_quality_evaluation_submitted_ms", "submitted_ms"),
))

REPLY = append_only(Table(
    "quality_reply", MAIN, _row_id(),
    Column("evaluation_id", BigInteger, nullable=False),
    Column("kind", String(10), nullable=False, comment="reply of the agent, answer to it"),
    Column("author", USER, nullable=False),
    Column("written_ms", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Index("uq_quality_reply_once", "evaluation_id", "kind", unique=True),
))

CALIBRATION = Table(
    "quality_calibration", MAIN,
    Column("id", String(16), primary_key=True),
    Column("recording_id", RECORDING, nullable=False),
    Column("scorecard", NAME, nullable=False),
    Column("version", Integer, nullable=False),
    Column("begun_ms", BigInteger, nullable=False),
    Column("begun_by", USER, nullable=False),
    Column("closed_ms", BigInteger, comment="NULL: evaluators still judge, each for himself"),
    Column("closed_by", USER),
)
