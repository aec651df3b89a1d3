"""Calls that are owed, their attempts, and who wants none"""

import sqlalchemy as sa
from alembic import op

revision = "main_0006"
down_revision = "main_0005"
branch_labels = None
depends_on = None

OPEN = sa.text("state <> 'closed'")
OPEN_CALLBACK = sa.text("state <> 'closed' AND purpose = 'callback'")
UNTOLD = sa.text("told_ms IS NULL")
LIVE = sa.text("ended_ms IS NULL")


def upgrade() -> None:
    op.create_table(
        "outbound_call",
        sa.Column(
            "id", sa.String(length=80), nullable=False,
            comment="of a callback, the promise; fits a channel id and the journal",
        ),
        sa.Column("purpose", sa.String(length=80), nullable=False, comment="callback, result, or another room's word"),
        sa.Column(
            "reference", sa.String(length=80), nullable=True,
            comment="what it is about, in the words of the room that asked",
        ),
        sa.Column("queue", sa.String(length=80), nullable=True, comment="whose agents talk; NULL: nobody is needed"),
        sa.Column(
            "number", sa.String(length=20), nullable=False,
            comment="normal form: 0 and ten digits, or 00 and a country's",
        ),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column(
            "channel", sa.String(length=10), nullable=False,
            comment="how it was asked: queue, menu, web, api, schedule, agent",
        ),
        sa.Column("origin_call_id", sa.String(length=160), nullable=True, comment="the call in which it was asked"),
        sa.Column("tracking", sa.String(length=20), nullable=True, comment="the code that the caller was told"),
        sa.Column(
            "place_ms", sa.BigInteger(), nullable=False, comment="first joining of the queue: the place that is kept",
        ),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("asked_ms", sa.BigInteger(), nullable=False),
        sa.Column("not_before_ms", sa.BigInteger(), nullable=True, comment="the time that was wished for"),
        sa.Column("due_ms", sa.BigInteger(), nullable=True, comment="the time that was promised; NULL: none was"),
        sa.Column("state", sa.String(length=10), nullable=False, comment="open, dialling or closed"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_ms", sa.BigInteger(), nullable=False, comment="not dialled before"),
        sa.Column("claimed_by", sa.String(length=80), nullable=True, comment="the worker that dials"),
        sa.Column(
            "claimed_until_ms", sa.BigInteger(), nullable=True,
            comment="after it, others may look what became of the worker's attempt",
        ),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.String(length=20), nullable=True),
        sa.Column("closed_by", sa.String(length=80), nullable=True),
        sa.Column(
            "closing", sa.BigInteger(), nullable=True, comment="number of the closing: they are read in its order",
        ),
        sa.Column(
            "told_ms", sa.BigInteger(), nullable=True,
            comment="when the journal and the person had been told of the closing",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbound_call")),
    )
    _index_calls()
    op.create_table(
        "outbound_attempt",
        sa.Column(
            "channel_id", sa.String(length=100), nullable=False, comment="the call's id, '-', the attempt's number",
        ),
        sa.Column("outbound_id", sa.String(length=80), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False, comment="from 1"),
        sa.Column("worker", sa.String(length=80), nullable=False),
        sa.Column("claimed_ms", sa.BigInteger(), nullable=False),
        sa.Column("dialled_ms", sa.BigInteger(), nullable=True, comment="just before Asterisk was asked to dial"),
        sa.Column("answered_ms", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_ms", sa.BigInteger(), nullable=True, comment="when a person said that it is he"),
        sa.Column("joined_ms", sa.BigInteger(), nullable=True, comment="when he entered the queue"),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("cause", sa.Integer(), nullable=True, comment="why the channel ended, by Q.850"),
        sa.Column(
            "idle_ms", sa.BigInteger(), nullable=False, comment="for how long agents were held idle for it",
        ),
        sa.ForeignKeyConstraint(
            ["outbound_id"], ["outbound_call.id"], name=op.f("fk_outbound_attempt_outbound_id"),
        ),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_outbound_attempt")),
    )
    op.create_index("ix_outbound_attempt_outbound_id", "outbound_attempt", ["outbound_id", "n"])
    op.create_index("ix_outbound_attempt_claimed_ms", "outbound_attempt", ["claimed_ms"])
    op.create_index(
        "uq_outbound_attempt_live", "outbound_attempt", ["outbound_id"], unique=True, sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
    op.create_table(
        "do_not_call",
        sa.Column("number", sa.String(length=20), nullable=False, comment="normal form"),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_do_not_call")),
    )


def _index_calls() -> None:
    op.create_index(
        "ix_outbound_call_line", "outbound_call", ["queue", "place_ms"], sqlite_where=OPEN, postgresql_where=OPEN,
    )
    op.create_index("ix_outbound_call_number", "outbound_call", ["number", "asked_ms"])
    op.create_index("ix_outbound_call_asked_ms", "outbound_call", ["asked_ms"])
    op.create_index("uq_outbound_call_closing", "outbound_call", ["closing"], unique=True)
    op.create_index(
        "uq_outbound_call_open", "outbound_call", ["number", "queue"], unique=True, sqlite_where=OPEN_CALLBACK,
        postgresql_where=OPEN_CALLBACK,
    )
    op.create_index(
        "uq_outbound_call_reference", "outbound_call", ["purpose", "reference"], unique=True, sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index(
        "ix_outbound_call_untold", "outbound_call", ["closing"], sqlite_where=UNTOLD, postgresql_where=UNTOLD,
    )


def downgrade() -> None:
    op.drop_table("do_not_call")
    op.drop_table("outbound_attempt")
    op.drop_table("outbound_call")
