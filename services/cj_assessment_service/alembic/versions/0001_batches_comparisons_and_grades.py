"""Batches, their essays, comparisons and grades; what is prepared for them; and the requests that were answered."""
# pylint: disable=invalid-name,no-member  # Alembic wants these names and fills its modules at run time

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    _create_anchor_essays()
    _create_assessment_configs()
    _create_processed_messages()
    _create_cj_batches()
    _create_cj_essays()
    _create_cj_comparisons()
    _create_grade_projections()


def downgrade() -> None:
    op.drop_table("grade_projections")
    op.drop_table("cj_comparisons")
    op.drop_table("cj_essays")
    op.drop_table("cj_batches")
    op.drop_table("processed_messages")
    op.drop_table("assessment_configs")
    op.drop_table("anchor_essays")


def _create_anchor_essays() -> None:
    op.create_table(
        "anchor_essays",
        sa.Column("anchor_id", sa.Uuid(), nullable=False),
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(100), nullable=False),
        sa.Column("grade", sa.String(100), nullable=False),
        sa.Column("grade_scale", sa.String(100), nullable=False),
        sa.Column("storage_id", sa.String(32), nullable=False),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.CheckConstraint("storage_id ~ '^[0-9a-f]{32}$'", name=op.f("ck_anchor_essays_storage_id_is_hex")),
        sa.PrimaryKeyConstraint("anchor_id", name=op.f("pk_anchor_essays")),
        sa.UniqueConstraint(
            *("user_id", "assignment_id", "grade_scale", "label"),
            name=op.f("uq_anchor_essays_user_id_assignment_id_grade_scale_label"),
        ),
    )


def _create_assessment_configs() -> None:
    op.create_table(
        "assessment_configs",
        sa.Column("config_id", sa.Uuid(), nullable=False),
        sa.Column("assignment_id", sa.Uuid(), nullable=True),
        sa.Column("course_code", sa.String(100), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("instructions", sa.Text(), nullable=False),
        sa.Column("grade_scale", sa.String(100), nullable=False),
        sa.Column("grades", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.CheckConstraint(
            "cardinality(grades) >= 2", name=op.f("ck_assessment_configs_a_scale_has_two_grades_at_least")
        ),
        sa.CheckConstraint(
            "course_code IS NULL OR shared", name=op.f("ck_assessment_configs_a_course_is_for_everybody")
        ),
        sa.CheckConstraint(
            "num_nonnulls(assignment_id, course_code) = 1",
            name=op.f("ck_assessment_configs_for_an_assignment_or_a_course"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_assessment_configs_version_counts_from_one")),
        sa.PrimaryKeyConstraint("config_id", name=op.f("pk_assessment_configs")),
        sa.UniqueConstraint("assignment_id", "version", name=op.f("uq_assessment_configs_assignment_id_version")),
        sa.UniqueConstraint("course_code", "version", name=op.f("uq_assessment_configs_course_code_version")),
    )


def _create_processed_messages() -> None:
    op.create_table(
        "processed_messages",
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("idempotency_key", sa.String(255), nullable=False),
        sa.Column("request_sha256", sa.String(64), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("outcome", JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "idempotency_key", name=op.f("pk_processed_messages")),
        sa.CheckConstraint(
            "request_sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_processed_messages_request_sha256_is_lower_case_hex")
        ),
    )
    op.create_index("ix_processed_messages_first_seen_at", "processed_messages", ["first_seen_at"])


def _create_cj_batches() -> None:
    op.create_table(
        "cj_batches",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("course_code", sa.String(100), nullable=False),
        sa.Column("assignment_id", sa.Uuid(), nullable=True),
        sa.Column("language", sa.String(64), nullable=False),
        sa.Column("expected_essay_count", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(64), server_default="pending", nullable=False),
        sa.Column("comparison_budget", sa.Integer(), nullable=False),
        sa.Column("comparisons_submitted", sa.Integer(), server_default="0", nullable=False),
        sa.Column("comparisons_completed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("comparisons_failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("round", sa.Integer(), server_default="1", nullable=False),
        sa.Column("config_id", sa.Uuid(), nullable=True),
        sa.Column("scoring_lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure_code", sa.String(100), nullable=True),
        sa.Column("failure_detail", sa.Text(), nullable=True),
        sa.Column("projection_outcome", sa.String(64), nullable=True),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("correlation_id", sa.Uuid(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.CheckConstraint(
            "(status = 'failed') = (failure_code IS NOT NULL)", name=op.f("ck_cj_batches_failed_for_a_reason")
        ),
        sa.CheckConstraint(
            "(status IN ('complete_stable', 'complete_max_comparisons')) = (projection_outcome IS NOT NULL)",
            name=op.f("ck_cj_batches_graded_when_ranked"),
        ),
        sa.CheckConstraint(
            "(status LIKE 'complete%') = (completed_at IS NOT NULL)", name=op.f("ck_cj_batches_complete_at_some_time")
        ),
        sa.CheckConstraint("language IN ('en', 'sv')", name=op.f("ck_cj_batches_language")),
        sa.CheckConstraint(
            "projection_outcome IN ('projected', 'no_anchors', 'one_grade_only', 'anchors_contradict_scale')",
            name=op.f("ck_cj_batches_projection_outcome"),
        ),
        sa.CheckConstraint(
            "scoring_lease_until IS NULL OR status = 'scoring'", name=op.f("ck_cj_batches_leased_while_scoring")
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'comparing', 'scoring', 'complete_stable', 'complete_max_comparisons',"
            " 'complete_insufficient_essays', 'failed')",
            name=op.f("ck_cj_batches_status"),
        ),
        sa.CheckConstraint("comparison_budget >= 1", name=op.f("ck_cj_batches_budget_allows_a_comparison")),
        sa.CheckConstraint(
            "comparisons_completed + comparisons_failed <= comparisons_submitted",
            name=op.f("ck_cj_batches_answered_only_what_was_asked"),
        ),
        sa.CheckConstraint(
            "comparisons_completed >= 0 AND comparisons_failed >= 0",
            name=op.f("ck_cj_batches_counters_are_not_negative"),
        ),
        sa.CheckConstraint(
            "comparisons_submitted <= comparison_budget", name=op.f("ck_cj_batches_asked_within_the_budget")
        ),
        sa.CheckConstraint(
            "expected_essay_count >= 0", name=op.f("ck_cj_batches_expected_essay_count_is_not_negative")
        ),
        sa.CheckConstraint(
            "failure_detail IS NULL OR failure_code IS NOT NULL", name=op.f("ck_cj_batches_detail_of_a_failure")
        ),
        sa.CheckConstraint("round >= 1", name=op.f("ck_cj_batches_round_counts_from_one")),
        sa.ForeignKeyConstraint(
            ["config_id"], ["assessment_configs.config_id"], name=op.f("fk_cj_batches_config_id_assessment_configs")
        ),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_cj_batches")),
    )
    op.create_index(
        "ix_cj_batches_scoring", "cj_batches", ["updated_at"], postgresql_where=sa.text("status = 'scoring'")
    )
    op.create_index("ix_cj_batches_user_id_created_at_batch_id", "cj_batches", ["user_id", "created_at", "batch_id"])


def _create_cj_essays() -> None:
    op.create_table(
        "cj_essays",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("essay_id", sa.Uuid(), nullable=False),
        sa.Column("storage_id", sa.String(32), nullable=False),
        sa.Column("is_anchor", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("anchor_id", sa.Uuid(), nullable=True),
        sa.Column("bt_score", sa.Double(), nullable=True),
        sa.Column("bt_standard_error", sa.Double(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("comparison_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.CheckConstraint(
            "bt_score > '-infinity' AND bt_score < 'infinity' AND bt_standard_error >= 0"
            " AND bt_standard_error < 'infinity'",
            name=op.f("ck_cj_essays_scores_are_finite"),
        ),
        sa.CheckConstraint("storage_id ~ '^[0-9a-f]{32}$'", name=op.f("ck_cj_essays_storage_id_is_hex")),
        sa.CheckConstraint("comparison_count >= 0", name=op.f("ck_cj_essays_comparison_count_is_not_negative")),
        sa.CheckConstraint(
            "is_anchor = (anchor_id IS NOT NULL)", name=op.f("ck_cj_essays_an_anchor_is_one_of_the_assignments")
        ),
        sa.CheckConstraint(
            "num_nulls(bt_score, bt_standard_error, rank) IN (0, 3)", name=op.f("ck_cj_essays_scored_as_a_whole")
        ),
        sa.CheckConstraint("rank >= 1", name=op.f("ck_cj_essays_rank_counts_from_one")),
        sa.ForeignKeyConstraint(
            ["anchor_id"], ["anchor_essays.anchor_id"], name=op.f("fk_cj_essays_anchor_id_anchor_essays")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["cj_batches.batch_id"], name=op.f("fk_cj_essays_batch_id_cj_batches")),
        sa.PrimaryKeyConstraint("batch_id", "essay_id", name=op.f("pk_cj_essays")),
    )


def _create_cj_comparisons() -> None:
    op.create_table(
        "cj_comparisons",
        sa.Column("comparison_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("essay_a", sa.Uuid(), nullable=False),
        sa.Column("essay_b", sa.Uuid(), nullable=False),
        sa.Column("request_correlation_id", sa.Uuid(), nullable=False),
        sa.Column("winner", sa.String(64), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("justification", sa.Text(), nullable=True),
        sa.Column("judge_kind", sa.String(64), nullable=True),
        sa.Column("judge", sa.String(255), nullable=True),
        sa.Column("error_code", sa.String(100), nullable=True),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "coalesce(winner = 'error', false) = (error_code IS NOT NULL)",
            name=op.f("ck_cj_comparisons_an_error_has_a_code"),
        ),
        sa.CheckConstraint("judge_kind IN ('model', 'person')", name=op.f("ck_cj_comparisons_judge_kind")),
        sa.CheckConstraint(
            "num_nonnulls(confidence, justification) = 0 OR coalesce(winner <> 'error', false)",
            name=op.f("ck_cj_comparisons_only_a_decision_is_justified"),
        ),
        sa.CheckConstraint("winner IN ('essay_a', 'essay_b', 'tie', 'error')", name=op.f("ck_cj_comparisons_winner")),
        sa.CheckConstraint(
            "confidence >= 0 AND confidence <= 5", name=op.f("ck_cj_comparisons_confidence_from_zero_to_five")
        ),
        sa.CheckConstraint(
            "error_detail IS NULL OR error_code IS NOT NULL", name=op.f("ck_cj_comparisons_detail_of_an_error")
        ),
        sa.CheckConstraint("essay_a <> essay_b", name=op.f("ck_cj_comparisons_two_essays")),
        sa.CheckConstraint(
            "num_nulls(winner, completed_at, judge_kind, judge) IN (0, 4)",
            name=op.f("ck_cj_comparisons_decided_by_someone_at_some_time"),
        ),
        sa.CheckConstraint("round >= 1", name=op.f("ck_cj_comparisons_round_counts_from_one")),
        sa.ForeignKeyConstraint(
            ["batch_id", "essay_a"],
            ["cj_essays.batch_id", "cj_essays.essay_id"],
            name=op.f("fk_cj_comparisons_batch_id_essay_a_cj_essays"),
        ),
        sa.ForeignKeyConstraint(
            ["batch_id", "essay_b"],
            ["cj_essays.batch_id", "cj_essays.essay_id"],
            name=op.f("fk_cj_comparisons_batch_id_essay_b_cj_essays"),
        ),
        sa.PrimaryKeyConstraint("comparison_id", name=op.f("pk_cj_comparisons")),
        sa.UniqueConstraint("request_correlation_id", name=op.f("uq_cj_comparisons_request_correlation_id")),
    )
    op.create_index(
        "ix_cj_comparisons_batch_id_submitted_at_comparison_id",
        "cj_comparisons",
        ["batch_id", "submitted_at", "comparison_id"],
    )
    op.create_index(
        "uq_cj_comparisons_pair_in_round",
        "cj_comparisons",
        [
            "batch_id",
            "round",
            sa.text("least(essay_a, essay_b)"),
            sa.text("greatest(essay_a, essay_b)"),
        ],
        unique=True,
    )


def _create_grade_projections() -> None:
    op.create_table(
        "grade_projections",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("essay_id", sa.Uuid(), nullable=False),
        sa.Column("grade", sa.String(100), nullable=False),
        sa.Column("grade_scale", sa.String(100), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.CheckConstraint(
            "confidence >= 0 AND confidence <= 1", name=op.f("ck_grade_projections_confidence_is_a_probability")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id", "essay_id"],
            ["cj_essays.batch_id", "cj_essays.essay_id"],
            name=op.f("fk_grade_projections_batch_id_essay_id_cj_essays"),
        ),
        sa.PrimaryKeyConstraint("batch_id", "essay_id", name=op.f("pk_grade_projections")),
    )
