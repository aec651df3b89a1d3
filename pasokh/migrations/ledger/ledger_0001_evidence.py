"""The ledger's tables"""
# ruff: noqa: PLR0915 - a table is one statement here

import sqlalchemy as sa
from alembic import op

revision = "ledger_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("journal", sa.String(length=160), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("agent", sa.String(length=160), nullable=False),
        sa.Column("deed", sa.String(length=16), nullable=False),
        sa.Column("queue", sa.String(length=160), nullable=True),
        sa.Column("reason", sa.String(length=160), nullable=True),
        sa.Column("interface", sa.String(length=160), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_event")),
    )
    with op.batch_alter_table("agent_event", schema=None) as batch_op:
        batch_op.create_index("ix_agent_event_agent_at", ["agent", "at"], unique=False)
        batch_op.create_index("ix_agent_event_at", ["at"], unique=False)

    op.create_table(
        "bad_line",
        sa.Column("source_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("offset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line_number", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", "offset", name=op.f("pk_bad_line")),
    )
    op.create_table(
        "bridge_leg",
        sa.Column("channel_id", sa.String(length=160), nullable=False),
        sa.Column("entered_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bridge", sa.String(length=160), nullable=False),
        sa.Column("call_id", sa.String(length=160), nullable=False),
        sa.Column("channel", sa.String(length=160), nullable=False),
        sa.Column("left_us", sa.BigInteger(), nullable=True),
        sa.Column("interrupted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("channel_id", "entered_us", "bridge", name=op.f("pk_bridge_leg")),
    )
    with op.batch_alter_table("bridge_leg", schema=None) as batch_op:
        batch_op.create_index("ix_bridge_leg_bridge", ["bridge"], unique=False)
        batch_op.create_index(batch_op.f("ix_bridge_leg_call_id"), ["call_id"], unique=False)
        batch_op.create_index(
            "ix_bridge_leg_open",
            ["entered_us"],
            unique=False,
            sqlite_where=sa.text("left_us IS NULL"),
            postgresql_where=sa.text("left_us IS NULL"),
        )

    op.create_table(
        "call",
        sa.Column("call_id", sa.String(length=160), nullable=False),
        sa.Column("channel", sa.String(length=160), nullable=False),
        sa.Column("started_us", sa.BigInteger(), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("queued", sa.Boolean(), nullable=False),
        sa.Column("hung_up_by_caller", sa.Boolean(), nullable=True),
        sa.Column("interrupted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_call")),
    )
    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.create_index(
            "ix_call_open",
            ["started_us"],
            unique=False,
            sqlite_where=sa.text("ended_us IS NULL"),
            postgresql_where=sa.text("ended_us IS NULL"),
        )
        batch_op.create_index("ix_call_started_us", ["started_us"], unique=False)

    op.create_table(
        "gap",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("journal", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("call_id", sa.String(length=160), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gap")),
        sa.UniqueConstraint("journal", "kind", "started", "call_id", name=op.f("uq_gap_journal_kind_started_call_id")),
    )
    op.create_table(
        "hold",
        sa.Column("channel_id", sa.String(length=160), nullable=False),
        sa.Column("started_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("call_id", sa.String(length=160), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("interrupted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("channel_id", "started_us", name=op.f("pk_hold")),
    )
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hold_call_id"), ["call_id"], unique=False)
        batch_op.create_index(
            "ix_hold_open",
            ["started_us"],
            unique=False,
            sqlite_where=sa.text("ended_us IS NULL"),
            postgresql_where=sa.text("ended_us IS NULL"),
        )

    op.create_table(
        "journal_line",
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("nth", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("at", "digest", "nth", name=op.f("pk_journal_line")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "journal_source",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("journal", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("inode", sa.BigInteger(), nullable=False),
        sa.Column("head_length", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.String(length=32), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("tail_length", sa.Integer(), nullable=False),
        sa.Column("tail_hash", sa.String(length=32), nullable=False),
        sa.Column("line_number", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=True),
        sa.Column("recent", sa.Text(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_source")),
    )
    with op.batch_alter_table("journal_source", schema=None) as batch_op:
        batch_op.create_index("ix_journal_source_kind_state", ["kind", "state"], unique=False)

    op.create_table(
        "marker",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("journal", sa.String(length=160), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.String(length=160), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marker")),
    )
    with op.batch_alter_table("marker", schema=None) as batch_op:
        batch_op.create_index("ix_marker_journal_at", ["journal", "at"], unique=False)

    op.create_table(
        "orphan_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("journal", sa.String(length=160), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.String(length=160), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orphan_line")),
    )
    with op.batch_alter_table("orphan_line", schema=None) as batch_op:
        batch_op.create_index("ix_orphan_line_journal_channel_id", ["journal", "channel_id"], unique=False)

    op.create_table(
        "pending_stint",
        sa.Column("journal", sa.String(length=160), nullable=False),
        sa.Column("channel_id", sa.String(length=160), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("queue", sa.String(length=160), nullable=False),
        sa.Column("call_id", sa.String(length=160), nullable=False),
        sa.Column("caller", sa.String(length=40), nullable=True),
        sa.Column("origin", sa.String(length=16), nullable=True),
        sa.Column("promise", sa.String(length=160), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("journal", "channel_id", name=op.f("pk_pending_stint")),
    )
    op.create_table(
        "queue_stay",
        sa.Column("channel_id", sa.String(length=160), nullable=False),
        sa.Column("started_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("call_id", sa.String(length=160), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("interrupted", sa.Boolean(), nullable=False),
        sa.Column("checked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("channel_id", "started_us", name=op.f("pk_queue_stay")),
    )
    with op.batch_alter_table("queue_stay", schema=None) as batch_op:
        batch_op.create_index(
            "ix_queue_stay_unchecked",
            ["started_us"],
            unique=False,
            sqlite_where=sa.text("checked IS 0"),
            postgresql_where=sa.text("checked IS false"),
        )

    op.create_table(
        "refusal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("journal", sa.String(length=160), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("queue", sa.String(length=160), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("channel_id", sa.String(length=160), nullable=False),
        sa.Column("call_id", sa.String(length=160), nullable=False),
        sa.Column("caller", sa.String(length=40), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusal")),
    )
    with op.batch_alter_table("refusal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refusal_channel_id"), ["channel_id"], unique=False)
        batch_op.create_index("ix_refusal_queue_at", ["queue", "at"], unique=False)

    op.create_table(
        "rescue",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("journal", sa.String(length=160), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.String(length=160), nullable=False),
        sa.Column("call_id", sa.String(length=160), nullable=False),
        sa.Column("reason", sa.String(length=160), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rescue")),
    )
    with op.batch_alter_table("rescue", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rescue_at"), ["at"], unique=False)

    op.create_table(
        "ring",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("journal", sa.String(length=160), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("queue", sa.String(length=160), nullable=False),
        sa.Column("agent", sa.String(length=160), nullable=False),
        sa.Column("channel_id", sa.String(length=160), nullable=False),
        sa.Column("ring_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ring")),
    )
    with op.batch_alter_table("ring", schema=None) as batch_op:
        batch_op.create_index("ix_ring_agent_at", ["agent", "at"], unique=False)
        batch_op.create_index("ix_ring_queue_at", ["queue", "at"], unique=False)

    op.create_table(
        "stint",
        sa.Column("journal", sa.String(length=160), nullable=False),
        sa.Column("channel_id", sa.String(length=160), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=160), nullable=False),
        sa.Column("queue", sa.String(length=160), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("entered", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("caller", sa.String(length=40), nullable=True),
        sa.Column("promise", sa.String(length=160), nullable=True),
        sa.Column("wait", sa.Integer(), nullable=True),
        sa.Column("agent", sa.String(length=160), nullable=True),
        sa.Column("answered", sa.BigInteger(), nullable=True),
        sa.Column("finished", sa.BigInteger(), nullable=True),
        sa.Column("talk", sa.Integer(), nullable=True),
        sa.Column("ending", sa.String(length=16), nullable=True),
        sa.Column("agent_channel_id", sa.String(length=160), nullable=True),
        sa.Column("spoke", sa.Boolean(), nullable=True),
        sa.Column("wait_ms", sa.BigInteger(), nullable=True),
        sa.Column("talk_ms", sa.BigInteger(), nullable=True),
        sa.Column("hold_ms", sa.BigInteger(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("reconciled", sa.Boolean(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("journal", "channel_id", "number", name=op.f("pk_stint")),
    )
    with op.batch_alter_table("stint", schema=None) as batch_op:
        batch_op.create_index("ix_stint_agent_answered", ["agent", "answered"], unique=False)
        batch_op.create_index(batch_op.f("ix_stint_call_id"), ["call_id"], unique=False)
        batch_op.create_index("ix_stint_caller_entered", ["caller", "entered"], unique=False)
        batch_op.create_index("ix_stint_entered", ["entered"], unique=False)
        batch_op.create_index(
            "ix_stint_open",
            ["journal"],
            unique=False,
            sqlite_where=sa.text("finished IS NULL"),
            postgresql_where=sa.text("finished IS NULL"),
        )
        batch_op.create_index("ix_stint_queue_entered", ["queue", "entered"], unique=False)
        batch_op.create_index(
            "ix_stint_unreconciled",
            ["journal", "finished"],
            unique=False,
            sqlite_where=sa.text("reconciled IS 0"),
            postgresql_where=sa.text("reconciled IS false"),
        )


def downgrade() -> None:
    with op.batch_alter_table("stint", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_stint_unreconciled",
            sqlite_where=sa.text("reconciled IS 0"),
            postgresql_where=sa.text("reconciled IS false"),
        )
        batch_op.drop_index("ix_stint_queue_entered")
        batch_op.drop_index(
            "ix_stint_open", sqlite_where=sa.text("finished IS NULL"), postgresql_where=sa.text("finished IS NULL")
        )
        batch_op.drop_index("ix_stint_entered")
        batch_op.drop_index("ix_stint_caller_entered")
        batch_op.drop_index(batch_op.f("ix_stint_call_id"))
        batch_op.drop_index("ix_stint_agent_answered")

    op.drop_table("stint")
    with op.batch_alter_table("ring", schema=None) as batch_op:
        batch_op.drop_index("ix_ring_queue_at")
        batch_op.drop_index("ix_ring_agent_at")

    op.drop_table("ring")
    with op.batch_alter_table("rescue", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rescue_at"))

    op.drop_table("rescue")
    with op.batch_alter_table("refusal", schema=None) as batch_op:
        batch_op.drop_index("ix_refusal_queue_at")
        batch_op.drop_index(batch_op.f("ix_refusal_channel_id"))

    op.drop_table("refusal")
    with op.batch_alter_table("queue_stay", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_queue_stay_unchecked",
            sqlite_where=sa.text("checked IS 0"),
            postgresql_where=sa.text("checked IS false"),
        )

    op.drop_table("queue_stay")
    op.drop_table("pending_stint")
    with op.batch_alter_table("orphan_line", schema=None) as batch_op:
        batch_op.drop_index("ix_orphan_line_journal_channel_id")

    op.drop_table("orphan_line")
    with op.batch_alter_table("marker", schema=None) as batch_op:
        batch_op.drop_index("ix_marker_journal_at")

    op.drop_table("marker")
    with op.batch_alter_table("journal_source", schema=None) as batch_op:
        batch_op.drop_index("ix_journal_source_kind_state")

    op.drop_table("journal_source")
    op.drop_table("journal_line")
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_hold_open", sqlite_where=sa.text("ended_us IS NULL"), postgresql_where=sa.text("ended_us IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_hold_call_id"))

    op.drop_table("hold")
    op.drop_table("gap")
    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.drop_index("ix_call_started_us")
        batch_op.drop_index(
            "ix_call_open", sqlite_where=sa.text("ended_us IS NULL"), postgresql_where=sa.text("ended_us IS NULL")
        )

    op.drop_table("call")
    with op.batch_alter_table("bridge_leg", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_bridge_leg_open", sqlite_where=sa.text("left_us IS NULL"), postgresql_where=sa.text("left_us IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_bridge_leg_call_id"))
        batch_op.drop_index("ix_bridge_leg_bridge")

    op.drop_table("bridge_leg")
    op.drop_table("bad_line")
    with op.batch_alter_table("agent_event", schema=None) as batch_op:
        batch_op.drop_index("ix_agent_event_at")
        batch_op.drop_index("ix_agent_event_agent_at")

    op.drop_table("agent_event")
