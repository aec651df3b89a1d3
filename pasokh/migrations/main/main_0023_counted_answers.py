"""Answers to surveys beside who was asked, and an index by which they are counted; cases by their deadline"""

import sqlalchemy as sa
from alembic import op

revision = "main_0023"
down_revision = "main_0022"
branch_labels = None
depends_on = None

COUNTED = "ix_survey_request_counted"
DUE = "ix_followup_case_due_ms"
ANSWERS = """
    SELECT {joined}(question || '=' || key, ' ') FROM (
        SELECT question, key FROM survey_answer WHERE request_id = survey_request.id ORDER BY question) AS answers
"""
JOINED = {"sqlite": "group_concat", "postgresql": "string_agg"}


def upgrade() -> None:
    op.add_column("survey_request", sa.Column(
        "pressed", sa.String(length=200), nullable=True,
        comment="the keys of its answers, as `question=key question=key`, by question"))
    answers = ANSWERS.format(joined=JOINED[op.get_bind().dialect.name])
    op.execute(f"UPDATE survey_request SET pressed = ({answers}) "  # noqa: S608 - our own words
               "WHERE id IN (SELECT request_id FROM survey_answer)")
    op.create_index(COUNTED, "survey_request", ["survey", "queue", "agent", "pressed", "asked_ms"], unique=False)
    op.create_index(DUE, "followup_case", ["due_ms"], unique=False)


def downgrade() -> None:
    op.drop_index(DUE, table_name="followup_case")
    op.drop_index(COUNTED, table_name="survey_request")
    op.drop_column("survey_request", "pressed")
