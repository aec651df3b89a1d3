"""Transcripts of recordings, and the index by which they are searched"""

import sqlalchemy as sa
from alembic import op

revision = "main_0014"
down_revision = "main_0013"
branch_labels = None
depends_on = None

FORGET = "INSERT INTO transcript_search(transcript_search, rowid, spoken) VALUES ('delete', old.id, old.spoken);"
LEARN = "INSERT INTO transcript_search(rowid, spoken) VALUES (new.id, new.spoken);"
SQLITE = (
    (
        "CREATE VIRTUAL TABLE transcript_search USING fts5"
        "(spoken, content='transcript', content_rowid='id', detail=none, tokenize='ascii')"
    ),
    f"CREATE TRIGGER transcript_added AFTER INSERT ON transcript BEGIN {LEARN} END",
    f"CREATE TRIGGER transcript_deleted AFTER DELETE ON transcript BEGIN {FORGET} END",
    f"CREATE TRIGGER transcript_changed AFTER UPDATE OF spoken ON transcript BEGIN {FORGET} {LEARN} END",
)
VECTOR = "array_to_tsvector(string_to_array(spoken, ' '))"
POSTGRESQL = f"CREATE INDEX ix_transcript_spoken ON transcript USING gin ({VECTOR})"


def upgrade() -> None:
    op.create_table(
        "transcript",
        sa.Column("id", sa.Integer(), nullable=False, comment="the search index knows it by this"),
        sa.Column("recording_id", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False, comment="name of the model's folder"),
        sa.Column("state", sa.String(length=10), nullable=False, comment="asked, begun, made or failed"),
        sa.Column("tries", sa.Integer(), nullable=False, comment="how often it was begun"),
        sa.Column("begun_ms", sa.BigInteger(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=True),
        sa.Column("word_count", sa.Integer(), nullable=False),
        sa.Column(
            "confidence", sa.Integer(), nullable=True, comment="per cent, the mean of the words; NULL without words",
        ),
        sa.Column("reason", sa.String(length=300), nullable=True, comment="why it failed"),
        sa.Column(
            "words", sa.Text(), nullable=False,
            comment="JSON: [channel, start_ms, end_ms, confidence, word] of each",
        ),
        sa.Column("spoken", sa.Text(), nullable=False, comment="the words as they are searched, each once"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transcript")),
        sa.UniqueConstraint("recording_id", name=op.f("uq_transcript_recording_id")),
    )
    op.create_index("ix_transcript_state", "transcript", ["state"], unique=False)
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else (POSTGRESQL,):
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE transcript_search")
    op.drop_table("transcript")
