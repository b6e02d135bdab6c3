"""Spell-check jobs, their corrections, and the requests that were answered."""
# pylint: disable=invalid-name,no-member  # Alembic wants these names and fills its modules at run time

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NOW = sa.text("clock_timestamp()")
_JOBS = "spellcheck_jobs"
_CORRECTIONS = "spellcheck_corrections"
_MESSAGES = "processed_messages"


def upgrade() -> None:
    _create_jobs()
    _index_jobs()
    _create_corrections()
    op.create_index(
        "ix_spellcheck_corrections_job_id_created_at_correction_id",
        _CORRECTIONS,
        ["job_id", "created_at", "correction_id"],
    )
    op.create_index(
        "ix_spellcheck_corrections_word",
        _CORRECTIONS,
        [sa.text("lower(original_word)"), "created_at", "correction_id"],
    )
    _create_processed_messages()


def downgrade() -> None:
    op.drop_table(_MESSAGES)
    op.drop_table(_CORRECTIONS)
    op.drop_table(_JOBS)


def _create_jobs() -> None:
    op.create_table(
        _JOBS,
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("essay_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("user_roles", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("language", sa.String(64), nullable=False),
        sa.Column("status", sa.String(64), server_default="pending", nullable=False),
        sa.Column("whitelist", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("original_storage_id", sa.String(32), nullable=False),
        sa.Column("corrected_storage_id", sa.String(32), nullable=True),
        sa.Column("total_words", sa.Integer(), nullable=True),
        sa.Column("total_corrections", sa.Integer(), nullable=True),
        sa.Column("processing_ms", sa.Integer(), nullable=True),
        sa.Column("error_code", sa.String(64), nullable=True),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.Column("correlation_id", sa.Uuid(), nullable=False),
        sa.Column("idempotency_key", sa.String(255), nullable=False),
        sa.Column("request_sha256", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_spellcheck_jobs")),
        sa.UniqueConstraint("batch_id", "essay_id", name=op.f("uq_spellcheck_jobs_batch_id_essay_id")),
        sa.UniqueConstraint("user_id", "idempotency_key", name=op.f("uq_spellcheck_jobs_user_id_idempotency_key")),
        *_checks_of_jobs(),
    )


def _checks_of_jobs() -> list[sa.CheckConstraint]:
    failures = "'TEXT_NOT_FOUND', 'TEXT_UNREADABLE', 'TEXT_TOO_LARGE', 'TEXT_TOO_COMPLEX', 'CORRECTION_REFUSED'"
    results = "corrected_storage_id, total_words, total_corrections, processing_ms"
    checks = {
        "language": "language IN ('en', 'sv')",
        "status": "status IN ('pending', 'in_progress', 'success', 'failed')",
        "error_code": f"error_code IN ({failures})",
        "total_words_is_not_negative": "total_words >= 0",
        "total_corrections_is_not_negative": "total_corrections >= 0",
        "processing_ms_is_not_negative": "processing_ms >= 0",
        "failed_for_a_reason": "(status = 'failed') = (error_code IS NOT NULL)",
        "success_has_results": f"(status = 'success') = (num_nulls({results}) = 0)",
        "original_storage_id_is_lower_case_hex": "original_storage_id ~ '^[0-9a-f]{32}$'",
        "corrected_storage_id_is_lower_case_hex": "corrected_storage_id ~ '^[0-9a-f]{32}$'",
        "request_sha256_is_lower_case_hex": "request_sha256 ~ '^[0-9a-f]{64}$'",
    }
    return [sa.CheckConstraint(rule, name=op.f(f"ck_spellcheck_jobs_{name}")) for name, rule in checks.items()]


def _index_jobs() -> None:
    for column in ("batch_id", "essay_id", "user_id"):
        op.create_index(f"ix_spellcheck_jobs_{column}_created_at_job_id", _JOBS, [column, "created_at", "job_id"])
    op.create_index("ix_spellcheck_jobs_pending", _JOBS, ["updated_at"], postgresql_where=sa.text("status = 'pending'"))


def _create_corrections() -> None:
    op.create_table(
        _CORRECTIONS,
        sa.Column("correction_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("original_word", sa.Text(), nullable=False),
        sa.Column("corrected_word", sa.Text(), nullable=True),
        sa.Column("suggestions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("correction_id", name=op.f("pk_spellcheck_corrections")),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["spellcheck_jobs.job_id"],
            name=op.f("fk_spellcheck_corrections_job_id_spellcheck_jobs"),
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("job_id", "position", name=op.f("uq_spellcheck_corrections_job_id_position")),
        sa.CheckConstraint(
            "source IN ('dictionary', 'learner_dictionary', 'whitelist')", name=op.f("ck_spellcheck_corrections_source")
        ),
        sa.CheckConstraint("position >= 0", name=op.f("ck_spellcheck_corrections_position_is_not_negative")),
        sa.CheckConstraint(
            "source <> 'whitelist' OR corrected_word IS NULL",
            name=op.f("ck_spellcheck_corrections_whitelist_corrects_nothing"),
        ),
    )


def _create_processed_messages() -> None:
    op.create_table(
        _MESSAGES,
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("idempotency_key", sa.String(255), nullable=False),
        sa.Column("request_sha256", sa.String(64), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("outcome", postgresql.JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "idempotency_key", name=op.f("pk_processed_messages")),
        sa.CheckConstraint(
            "request_sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_processed_messages_request_sha256_is_lower_case_hex")
        ),
    )
    op.create_index("ix_processed_messages_first_seen_at", _MESSAGES, ["first_seen_at"])
