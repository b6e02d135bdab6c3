"""Sessions of tokens, and how many requests users may make."""
# pylint: disable=invalid-name,no-member  # Alembic wants these names and fills its modules at run time

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import INET

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NOW = sa.text("clock_timestamp()")
_NEW_ID = sa.text("gen_random_uuid()")
# What holds until an admin says otherwise: route, role, requests, seconds.
_DEFAULTS = (
    ("*", "*", 600, 60),
    ("*", "admin", 3000, 60),
    ("POST /v1/batches/{batch_id}/files", "*", 120, 60),
    ("POST /v1/files/{file_id}/versions", "*", 120, 60),
)


def upgrade() -> None:
    _create_user_sessions()
    op.create_index(
        op.f("ix_user_sessions_user_id_created_at_session_id"),
        "user_sessions",
        ["user_id", "created_at", "session_id"],
    )
    op.create_index(op.f("ix_user_sessions_expires_at"), "user_sessions", ["expires_at"])
    op.bulk_insert(
        _create_rate_limit_policies(),
        [dict(zip(("route", "role", "request_limit", "period_seconds"), row, strict=True)) for row in _DEFAULTS],
    )


def downgrade() -> None:
    op.drop_table("rate_limit_policies")
    op.drop_table("user_sessions")


def _create_user_sessions() -> None:
    op.create_table(
        "user_sessions",
        sa.Column("session_id", sa.Uuid(), server_default=_NEW_ID, nullable=False),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("jti", sa.String(255), nullable=False),
        sa.Column("device", sa.String(512), nullable=True),
        sa.Column("ip", INET(), nullable=True),
        sa.Column("last_activity_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_user_sessions")),
        sa.UniqueConstraint("jti", name=op.f("uq_user_sessions_jti")),
    )


def _create_rate_limit_policies() -> sa.Table:
    return op.create_table(
        "rate_limit_policies",
        sa.Column("policy_id", sa.Uuid(), server_default=_NEW_ID, nullable=False),
        sa.Column("route", sa.String(255), nullable=False),
        sa.Column("role", sa.String(64), nullable=False),
        sa.Column("request_limit", sa.Integer(), nullable=False),
        sa.Column("period_seconds", sa.Integer(), nullable=False),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("policy_id", name=op.f("pk_rate_limit_policies")),
        sa.UniqueConstraint("route", "role", name=op.f("uq_rate_limit_policies_route_role")),
        sa.CheckConstraint("request_limit >= 1", name=op.f("ck_rate_limit_policies_at_least_one_request")),
        sa.CheckConstraint("period_seconds >= 1", name=op.f("ck_rate_limit_policies_at_least_one_second")),
    )
