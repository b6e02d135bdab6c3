"""The tables of topics as the first revisions of the services made them: never changed, since revisions are not.

What a later revision changes stands in that revision; what the tables are now is said by their models.
"""
# pylint: disable=no-member  # Alembic fills its modules at run time

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

_NOW = sa.text("clock_timestamp()")
_MOST_BYTES_KEPT = 1048576


def create_outbox() -> None:
    """Make `outbox`."""
    op.create_table(
        "outbox",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.String(249), nullable=False),
        sa.Column("message_key", sa.String(255), nullable=False),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("correlation_id", sa.Uuid(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_created_at", "outbox", ["created_at"])


def create_parked_messages() -> None:
    """Make `parked_messages`."""
    op.create_table(
        "parked_messages",
        sa.Column("topic", sa.String(249), nullable=False),
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("message_offset", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_key", sa.LargeBinary(), nullable=True),
        sa.Column("message_value", sa.LargeBinary(), nullable=True),
        sa.Column("value_bytes", sa.Integer(), nullable=False),
        sa.Column("headers", postgresql.JSONB(), nullable=False),
        sa.Column("code", sa.String(100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.Uuid(), nullable=True),
        sa.Column("parked_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition", "message_offset", name=op.f("pk_parked_messages")),
        sa.CheckConstraint(
            f"octet_length(message_value) <= {_MOST_BYTES_KEPT}", name=op.f("ck_parked_messages_value_is_bounded")
        ),
    )
    op.create_index("ix_parked_messages_parked_at", "parked_messages", ["parked_at"])
