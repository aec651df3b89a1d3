"""Notices of deadlines, surveys, causes of cases and corrective actions; the e-mail outbox"""

import sqlalchemy as sa
from alembic import op

revision = "main_0009"
down_revision = "main_0008"
branch_labels = None
depends_on = None

WORDS = "followup_action_event: lines are added here, never changed or removed"
GUARDS = {
    "sqlite": tuple(
        f"CREATE TRIGGER followup_action_event_no_{name} BEFORE {deed} BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
        for name, deed in (
            (
                "insert",
                "INSERT ON followup_action_event WHEN EXISTS (SELECT 1 FROM followup_action_event WHERE id = NEW.id)",
            ),
            ("update", "UPDATE ON followup_action_event"),
            ("delete", "DELETE ON followup_action_event"),
        )
    ),
    "postgresql": (
        """CREATE TRIGGER followup_action_event_append_only BEFORE UPDATE OR DELETE ON followup_action_event
        FOR EACH ROW EXECUTE FUNCTION pasokh_append_only()""",
        """CREATE TRIGGER followup_action_event_no_truncate BEFORE TRUNCATE ON followup_action_event
        FOR EACH STATEMENT EXECUTE FUNCTION pasokh_append_only()""",
    ),
}


def upgrade() -> None:
    op.create_table(
        "email_outbox",
        sa.Column(
            "id", sa.String(length=80), nullable=False,
            comment="of the attempt: the gateway drops what it has under this id",
        ),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False, comment="waiting, sent or refused"),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False, comment="epoch milliseconds, UTC"),
        sa.Column("next_ms", sa.BigInteger(), nullable=False, comment="not tried again before"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_outbox")),
    )
    op.create_index("ix_email_outbox_state", "email_outbox", ["state", "next_ms"], unique=False)
    op.create_table(
        "followup_action",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=True, comment="with those below it"),
        sa.Column("cause", sa.String(length=40), nullable=True),
        sa.Column("province", sa.String(length=40), nullable=True),
        sa.Column("unit", sa.String(length=60), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.String(length=80), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column(
            "mended_ms", sa.BigInteger(), nullable=True,
            comment="since when the process is mended: effects are measured from here",
        ),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(length=80), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followup_action")),
    )
    op.create_index("ix_followup_action_closed", "followup_action", ["closed_ms", "due_ms"], unique=False)
    op.create_table(
        "survey_request",
        sa.Column("id", sa.String(length=200), nullable=False, comment="of the stint or the outbound call: asked once"),
        sa.Column("survey", sa.String(length=40), nullable=False),
        sa.Column("occasion", sa.String(length=10), nullable=False, comment="followups.surveys.satisfaction.Occasion"),
        sa.Column("asked_ms", sa.BigInteger(), nullable=False),
        sa.Column("call_id", sa.String(length=150), nullable=False),
        sa.Column("queue", sa.String(length=50), nullable=True),
        sa.Column("agent", sa.String(length=50), nullable=True, comment="who spoke with the caller last"),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column(
            "case_code", sa.String(length=9), nullable=True,
            comment="whose result was told; of a call, its cases are found by their links",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_request")),
    )
    op.create_index("ix_survey_request_asked_ms", "survey_request", ["asked_ms"], unique=False)
    op.create_index("ix_survey_request_call_id", "survey_request", ["call_id"], unique=False)
    op.create_table(
        "followup_action_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("deed", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["action_id"], ["followup_action.id"], name=op.f("fk_followup_action_event_action_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followup_action_event")),
    )
    op.create_index("ix_followup_action_event_action", "followup_action_event", ["action_id", "id"], unique=False)
    op.create_table(
        "survey_answer",
        sa.Column("request_id", sa.String(length=200), nullable=False),
        sa.Column("question", sa.String(length=40), nullable=False),
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("answered_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["survey_request.id"], name=op.f("fk_survey_answer_request_id")),
        sa.PrimaryKeyConstraint("request_id", "question", name=op.f("pk_survey_answer")),
    )
    op.create_table(
        "followup_action_case",
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column("added_ms", sa.BigInteger(), nullable=False),
        sa.Column("added_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["action_id"], ["followup_action.id"], name=op.f("fk_followup_action_case_action_id")),
        sa.ForeignKeyConstraint(["code"], ["followup_case.code"], name=op.f("fk_followup_action_case_code")),
        sa.PrimaryKeyConstraint("action_id", "code", name=op.f("pk_followup_action_case")),
    )
    op.create_index("ix_followup_action_case_code", "followup_action_case", ["code"], unique=False)
    op.create_table(
        "followup_cause",
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("set_ms", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["followup_case.code"], name=op.f("fk_followup_cause_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_followup_cause")),
    )
    op.create_index("ix_followup_cause_cause", "followup_cause", ["cause"], unique=False)
    op.create_table(
        "followup_notice",
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column(
            "round", sa.Integer(), nullable=False,
            comment="how often the case had been reopened: a new promise each time",
        ),
        sa.Column("kind", sa.String(length=12), nullable=False, comment="followups.deadlines.escalation.NoticeKind"),
        sa.Column("number", sa.Integer(), nullable=False, comment="0 of a warning; escalations count from 1"),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("planned_ms", sa.BigInteger(), nullable=False),
        sa.Column("given_ms", sa.BigInteger(), nullable=False),
        sa.Column("tier", sa.String(length=20), nullable=False, comment="whom it reached"),
        sa.Column("unit", sa.String(length=60), nullable=False),
        sa.Column("from_unit", sa.String(length=60), nullable=False, comment="who had the case until then"),
        sa.ForeignKeyConstraint(["code"], ["followup_case.code"], name=op.f("fk_followup_notice_code")),
        sa.PrimaryKeyConstraint("code", "round", "kind", "number", name=op.f("pk_followup_notice")),
    )
    op.create_index("ix_followup_notice_given", "followup_notice", ["given_ms"], unique=False)
    connection = op.get_bind()
    for statement in GUARDS[connection.dialect.name]:
        connection.exec_driver_sql(statement)


def downgrade() -> None:
    op.drop_index("ix_followup_notice_given", table_name="followup_notice")
    op.drop_table("followup_notice")
    op.drop_index("ix_followup_cause_cause", table_name="followup_cause")
    op.drop_table("followup_cause")
    op.drop_index("ix_followup_action_case_code", table_name="followup_action_case")
    op.drop_table("followup_action_case")
    op.drop_table("survey_answer")
    op.drop_index("ix_followup_action_event_action", table_name="followup_action_event")
    op.drop_table("followup_action_event")
    op.drop_index("ix_survey_request_call_id", table_name="survey_request")
    op.drop_index("ix_survey_request_asked_ms", table_name="survey_request")
    op.drop_table("survey_request")
    op.drop_index("ix_followup_action_closed", table_name="followup_action")
    op.drop_table("followup_action")
    op.drop_index("ix_email_outbox_state", table_name="email_outbox")
    op.drop_table("email_outbox")
