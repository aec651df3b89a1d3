"""Cases, their history, and the people they are about"""

import sqlalchemy as sa
from alembic import op

revision = "main_0008"
down_revision = "main_0007"
branch_labels = None
depends_on = None

WORDS = "followup_event: lines are added here, never changed or removed"
GUARDS = {
    "sqlite": tuple(
        f"CREATE TRIGGER followup_event_no_{name} BEFORE {deed} BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
        for name, deed in (
            ("insert", "INSERT ON followup_event WHEN EXISTS (SELECT 1 FROM followup_event WHERE id = NEW.id)"),
            ("update", "UPDATE ON followup_event"),
            ("delete", "DELETE ON followup_event"),
        )
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION pasokh_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION '%: lines are added here, never changed or removed', TG_TABLE_NAME; END $$""",
        """CREATE TRIGGER followup_event_append_only BEFORE UPDATE OR DELETE ON followup_event
        FOR EACH ROW EXECUTE FUNCTION pasokh_append_only()""",
        """CREATE TRIGGER followup_event_no_truncate BEFORE TRUNCATE ON followup_event
        FOR EACH STATEMENT EXECUTE FUNCTION pasokh_append_only()""",
    ),
}


def upgrade() -> None:
    op.create_table(
        "followup_contact",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=True),
        sa.Column("national_id_cipher", sa.LargeBinary(), nullable=True, comment="under the site's key"),
        sa.Column(
            "national_id_hash", sa.String(length=64), nullable=True, comment="keyed: it is found by this alone",
        ),
        sa.Column("province", sa.String(length=40), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followup_contact")),
    )
    op.create_index("uq_followup_contact_national_id_hash", "followup_contact", ["national_id_hash"], unique=True)
    op.create_table(
        "followup_member",
        sa.Column("unit", sa.String(length=60), nullable=False),
        sa.Column("member", sa.String(length=80), nullable=False, comment="name of a user or id of an agent"),
        sa.Column("added_ms", sa.BigInteger(), nullable=False),
        sa.Column("added_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("unit", "member", name=op.f("pk_followup_member")),
    )
    op.create_index("ix_followup_member_member", "followup_member", ["member"], unique=False)
    op.create_table(
        "followup_case",
        sa.Column("code", sa.String(length=9), nullable=False, comment="tracking code"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=60), nullable=False),
        sa.Column("tier", sa.String(length=20), nullable=False),
        sa.Column("assignee", sa.String(length=80), nullable=True),
        sa.Column("province", sa.String(length=40), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("contact_id", sa.String(length=40), nullable=True),
        sa.Column(
            "reply_number", sa.String(length=20), nullable=True,
            comment="where the result is told, in its dialling form",
        ),
        sa.Column("reply_mailbox", sa.String(length=254), nullable=True, comment="the same in writing"),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.String(length=80), nullable=False),
        sa.Column("contact_ms", sa.BigInteger(), nullable=False),
        sa.Column("deadline_name", sa.String(length=40), nullable=False),
        sa.Column("deadline_days", sa.Integer(), nullable=False),
        sa.Column("deadline_count", sa.String(length=20), nullable=False),
        sa.Column("deadline_starts", sa.String(length=20), nullable=False),
        sa.Column(
            "clock_ms", sa.BigInteger(), nullable=False,
            comment="what the rule counts from: the contact, or a reopening",
        ),
        sa.Column("due_ms", sa.BigInteger(), nullable=True),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("result_recording", sa.String(length=200), nullable=True),
        sa.Column("resolved_ms", sa.BigInteger(), nullable=True),
        sa.Column("told_ms", sa.BigInteger(), nullable=True),
        sa.Column("told_by", sa.String(length=20), nullable=True),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("closing", sa.String(length=20), nullable=True),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.Column(
            "request_key", sa.String(length=200), nullable=True, comment="asked twice with it, opened once",
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["followup_contact.id"], name=op.f("fk_followup_case_contact_id")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_followup_case")),
    )
    op.create_index("ix_followup_case_contact_id", "followup_case", ["contact_id"], unique=False)
    op.create_index("ix_followup_case_due", "followup_case", ["state", "due_ms"], unique=False)
    op.create_index("ix_followup_case_opened", "followup_case", ["opened_ms"], unique=False)
    op.create_index("ix_followup_case_subject", "followup_case", ["subject", "opened_ms"], unique=False)
    op.create_index("ix_followup_case_unit", "followup_case", ["unit", "state", "due_ms"], unique=False)
    op.create_index("uq_followup_case_request_key", "followup_case", ["request_key"], unique=True)
    op.create_table(
        "followup_contact_address",
        sa.Column("contact_id", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False, comment="followups.cases.case.Channel"),
        sa.Column(
            "address", sa.String(length=254), nullable=False, comment="a number in its dialling form, or an e-mail",
        ),
        sa.Column("added_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["followup_contact.id"], name=op.f("fk_followup_contact_address_contact_id"),
        ),
        sa.PrimaryKeyConstraint("contact_id", "channel", "address", name=op.f("pk_followup_contact_address")),
    )
    op.create_index("ix_followup_contact_address_address", "followup_contact_address", ["address"], unique=False)
    op.create_table(
        "followup_attachment",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("media_type", sa.String(length=60), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="its file's name under the home"),
        sa.Column("added_ms", sa.BigInteger(), nullable=False),
        sa.Column("added_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["followup_case.code"], name=op.f("fk_followup_attachment_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followup_attachment")),
    )
    op.create_index("ix_followup_attachment_code", "followup_attachment", ["code"], unique=False)
    op.create_table(
        "followup_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("deed", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["followup_case.code"], name=op.f("fk_followup_event_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followup_event")),
    )
    op.create_index("ix_followup_event_at", "followup_event", ["at_ms"], unique=False)
    op.create_index("ix_followup_event_code", "followup_event", ["code", "id"], unique=False)
    op.create_table(
        "followup_link",
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="followups.cases.case.LinkKind"),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("added_ms", sa.BigInteger(), nullable=False),
        sa.Column("added_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["followup_case.code"], name=op.f("fk_followup_link_code")),
        sa.PrimaryKeyConstraint("code", "kind", "reference", name=op.f("pk_followup_link")),
    )
    op.create_index("ix_followup_link_reference", "followup_link", ["reference"], unique=False)
    op.create_table(
        "followup_sealed_id",
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="n of the mark ⟦n⟧ that stands for it in the case's texts",
        ),
        sa.Column("cipher", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["followup_case.code"], name=op.f("fk_followup_sealed_id_code")),
        sa.PrimaryKeyConstraint("code", "number", name=op.f("pk_followup_sealed_id")),
    )
    connection = op.get_bind()
    for statement in GUARDS[connection.dialect.name]:
        connection.exec_driver_sql(statement)


def downgrade() -> None:
    op.drop_table("followup_sealed_id")
    op.drop_index("ix_followup_link_reference", table_name="followup_link")
    op.drop_table("followup_link")
    op.drop_index("ix_followup_event_code", table_name="followup_event")
    op.drop_index("ix_followup_event_at", table_name="followup_event")
    op.drop_table("followup_event")
    op.drop_index("ix_followup_attachment_code", table_name="followup_attachment")
    op.drop_table("followup_attachment")
    op.drop_index("ix_followup_contact_address_address", table_name="followup_contact_address")
    op.drop_table("followup_contact_address")
    op.drop_index("uq_followup_case_request_key", table_name="followup_case")
    op.drop_index("ix_followup_case_unit", table_name="followup_case")
    op.drop_index("ix_followup_case_subject", table_name="followup_case")
    op.drop_index("ix_followup_case_opened", table_name="followup_case")
    op.drop_index("ix_followup_case_due", table_name="followup_case")
    op.drop_index("ix_followup_case_contact_id", table_name="followup_case")
    op.drop_table("followup_case")
    op.drop_index("ix_followup_member_member", table_name="followup_member")
    op.drop_table("followup_member")
    op.drop_index("uq_followup_contact_national_id_hash", table_name="followup_contact")
    op.drop_table("followup_contact")
