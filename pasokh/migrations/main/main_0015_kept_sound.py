"""What a kept sound is packed and encrypted with, how loud it is, whose it is, and that it was deleted"""

import sqlalchemy as sa
from alembic import op

revision = "main_0015"
down_revision = "main_0014"
branch_labels = None
depends_on = None

COLUMNS = (
    sa.Column("queue", sa.String(length=50), nullable=True,
              comment="of the stint; NULL: none, or the ledger has not told yet"),
    sa.Column("agent", sa.String(length=50), nullable=True, comment="who answered the stint; NULL like queue"),
    sa.Column("call_started_ms", sa.BigInteger(), nullable=True,
              comment="when the call came in; NULL: the ledger has not told yet"),
    sa.Column("parts", sa.Text(), nullable=True,
              comment="JSON, [[position ms, epoch ms], ...]: which moment of the call a place in it is"),
    sa.Column("codec", sa.String(length=10), nullable=False, server_default="wav", comment="wav, flac or opus"),
    sa.Column("key", sa.String(length=8), nullable=True,
              comment="fingerprint of the site's key that opens it; NULL: it is not encrypted"),
    sa.Column("sound_sha256", sa.String(length=64), nullable=True, comment="of the file before it was encrypted"),
    sa.Column("caller_peak", sa.Float(), nullable=True,
              comment="dBFS, of the caller's side; NULL: nothing was measured"),
    sa.Column("caller_rms", sa.Float(), nullable=True, comment="dBFS"),
    sa.Column("agent_peak", sa.Float(), nullable=True, comment="dBFS, of the agent's side"),
    sa.Column("agent_rms", sa.Float(), nullable=True, comment="dBFS"),
    sa.Column("legs", sa.Text(), nullable=True,
              comment="JSON, {side: ms}: how long each leg was that it was made from"),
    sa.Column("archived_ms", sa.BigInteger(), nullable=True,
              comment="when the present file was packed and encrypted; NULL: not yet"),
    sa.Column("deleted_ms", sa.BigInteger(), nullable=True,
              comment="when the sound was deleted; the row stays, so it is never kept again"),
)
INDEXED = ("caller", "archived_ms", "deleted_ms")


def upgrade() -> None:
    for column in COLUMNS:
        op.add_column("recording", column)
    for name in INDEXED:
        op.create_index(f"ix_recording_{name}", "recording", [name], unique=False)
    _explain_caller("validated number")


def downgrade() -> None:
    for name in INDEXED:
        op.drop_index(f"ix_recording_{name}", table_name="recording")
    for column in COLUMNS:
        op.drop_column("recording", column.name)
    _explain_caller("validated number, of a voice message")


def _explain_caller(comment: str) -> None:
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps no comments
        op.alter_column("recording", "caller", existing_type=sa.String(length=20), comment=comment)
