"""The queue of a call-back request; one open request a number and queue"""

import sqlalchemy as sa
from alembic import op

revision = "main_0005"
down_revision = "main_0004"
branch_labels = None
depends_on = None

OPEN_REQUEST = sa.text("kind = 'callback_request' AND state <> 'closed'")


def upgrade() -> None:
    op.add_column(
        "voice_message",
        sa.Column("queue", sa.String(length=50), nullable=True, comment="whose agents shall call back"),
    )
    op.create_index(
        "uq_voice_message_open_request", "voice_message", ["callback_number", "queue"], unique=True,
        sqlite_where=OPEN_REQUEST, postgresql_where=OPEN_REQUEST,
    )


def downgrade() -> None:
    op.drop_index("uq_voice_message_open_request", "voice_message")
    op.drop_column("voice_message", "queue")
