"""The tables of the comparative judgement service, and what of them change data capture carries."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, synonym

from services.cj_assessment_service.batches import BatchStatus, Language, ProjectionOutcome
from services.cj_assessment_service.comparisons import JudgeKind, Winner
from services.kit.capture import Capture
from services.kit.identity import LONGEST_USER_ID
from services.kit.postgres.conventions import (
    Created,
    Timestamped,
    Versioned,
    models_registry,
    one_of,
    text_enum,
)
from services.kit.postgres.processed_messages import ProcessedMessageColumns
from services.kit.topics.outbox import OutboxColumns
from services.kit.topics.parked_messages import ParkedMessageColumns

LONGEST_NAME = 100
STORAGE_ID_LENGTH = 32
_STORAGE_ID_IS_HEX = f"storage_id ~ '^[0-9a-f]{{{STORAGE_ID_LENGTH}}}$'"


class Base(DeclarativeBase):
    """Declarative base of the comparative judgement service."""

    registry = models_registry()


class AssessmentConfigRow(Created, Base):
    """One version of the instructions and the scale of grades of an assignment or a course."""

    __tablename__ = "assessment_configs"
    __table_args__ = (
        CheckConstraint("num_nonnulls(assignment_id, course_code) = 1", name="for_an_assignment_or_a_course"),
        CheckConstraint("course_code IS NULL OR shared", name="a_course_is_for_everybody"),
        CheckConstraint("version >= 1", name="version_counts_from_one"),
        CheckConstraint("cardinality(grades) >= 2", name="a_scale_has_two_grades_at_least"),
        UniqueConstraint("assignment_id", "version"),
        UniqueConstraint("course_code", "version"),
        {"info": Capture(subject="user_id").info()},
    )

    config_id: Mapped[UUID] = mapped_column(primary_key=True)
    assignment_id: Mapped[UUID | None]
    course_code: Mapped[str | None] = mapped_column(String(LONGEST_NAME))
    version: Mapped[int]
    instructions: Mapped[str] = mapped_column(Text)
    grade_scale: Mapped[str] = mapped_column(String(LONGEST_NAME))
    grades: Mapped[list[str]] = mapped_column(ARRAY(Text))
    user_id: Mapped[str] = mapped_column(String(LONGEST_USER_ID))
    shared: Mapped[bool]


class AnchorRow(Created, Base):
    """An essay of an assignment whose grade is known."""

    __tablename__ = "anchor_essays"
    __table_args__ = (
        CheckConstraint(_STORAGE_ID_IS_HEX, name="storage_id_is_hex"),
        UniqueConstraint("user_id", "assignment_id", "grade_scale", "label"),
        {"info": Capture(subject="user_id").info()},
    )

    anchor_id: Mapped[UUID] = mapped_column(primary_key=True)
    assignment_id: Mapped[UUID]
    label: Mapped[str] = mapped_column(String(LONGEST_NAME))
    grade: Mapped[str] = mapped_column(String(LONGEST_NAME))
    grade_scale: Mapped[str] = mapped_column(String(LONGEST_NAME))
    storage_id: Mapped[str] = mapped_column(String(STORAGE_ID_LENGTH))
    user_id: Mapped[str] = mapped_column(String(LONGEST_USER_ID))
    shared: Mapped[bool]


class BatchRow(Versioned, Base):
    """Essays that are compared with one another: whose they are, how far they have come, what may still be asked."""

    __tablename__ = "cj_batches"
    __table_args__ = (
        one_of("language", Language),
        one_of("status", BatchStatus),
        one_of("projection_outcome", ProjectionOutcome),
        CheckConstraint("expected_essay_count >= 0", name="expected_essay_count_is_not_negative"),
        CheckConstraint("comparison_budget >= 1", name="budget_allows_a_comparison"),
        CheckConstraint("comparisons_completed >= 0 AND comparisons_failed >= 0", name="counters_are_not_negative"),
        CheckConstraint(
            "comparisons_completed + comparisons_failed <= comparisons_submitted", name="answered_only_what_was_asked"
        ),
        CheckConstraint("comparisons_submitted <= comparison_budget", name="asked_within_the_budget"),
        CheckConstraint("round >= 1", name="round_counts_from_one"),
        CheckConstraint("(status = 'failed') = (failure_code IS NOT NULL)", name="failed_for_a_reason"),
        CheckConstraint("failure_detail IS NULL OR failure_code IS NOT NULL", name="detail_of_a_failure"),
        CheckConstraint("(status LIKE 'complete%') = (completed_at IS NOT NULL)", name="complete_at_some_time"),
        CheckConstraint(
            "(status IN ('complete_stable', 'complete_max_comparisons')) = (projection_outcome IS NOT NULL)",
            name="graded_when_ranked",
        ),
        CheckConstraint("scoring_lease_until IS NULL OR status = 'scoring'", name="leased_while_scoring"),
        Index(None, "user_id", "created_at", "batch_id"),
        Index("ix_cj_batches_scoring", "updated_at", postgresql_where="status = 'scoring'"),
        {"info": Capture(subject="user_id").info()},
    )

    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    course_code: Mapped[str] = mapped_column(String(LONGEST_NAME))
    assignment_id: Mapped[UUID | None]
    language: Mapped[Language] = mapped_column(text_enum(Language))
    expected_essay_count: Mapped[int]
    status: Mapped[BatchStatus] = mapped_column(text_enum(BatchStatus), server_default=BatchStatus.PENDING.value)
    comparison_budget: Mapped[int]
    comparisons_submitted: Mapped[int] = mapped_column(server_default="0")
    comparisons_completed: Mapped[int] = mapped_column(server_default="0")
    comparisons_failed: Mapped[int] = mapped_column(server_default="0")
    round: Mapped[int] = mapped_column(server_default="1")
    config_id: Mapped[UUID | None] = mapped_column(ForeignKey("assessment_configs.config_id"))
    scoring_lease_until: Mapped[datetime | None]
    failure_code: Mapped[str | None] = mapped_column(String(LONGEST_NAME))
    failure_detail: Mapped[str | None] = mapped_column(Text)
    projection_outcome: Mapped[ProjectionOutcome | None] = mapped_column(text_enum(ProjectionOutcome))
    user_id: Mapped[str] = mapped_column(String(LONGEST_USER_ID))
    org_id: Mapped[UUID | None]
    correlation_id: Mapped[UUID]
    completed_at: Mapped[datetime | None]


class EssayRow(Timestamped, Base):
    """An essay of a batch, and where the last scoring put it."""

    __tablename__ = "cj_essays"
    __table_args__ = (
        CheckConstraint(_STORAGE_ID_IS_HEX, name="storage_id_is_hex"),
        CheckConstraint("is_anchor = (anchor_id IS NOT NULL)", name="an_anchor_is_one_of_the_assignments"),
        CheckConstraint("num_nulls(bt_score, bt_standard_error, rank) IN (0, 3)", name="scored_as_a_whole"),
        CheckConstraint(
            "bt_score > '-infinity' AND bt_score < 'infinity' AND bt_standard_error >= 0"
            " AND bt_standard_error < 'infinity'",
            name="scores_are_finite",
        ),
        CheckConstraint("rank >= 1", name="rank_counts_from_one"),
        CheckConstraint("comparison_count >= 0", name="comparison_count_is_not_negative"),
        {"info": Capture().info()},
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("cj_batches.batch_id"), primary_key=True)
    essay_id: Mapped[UUID] = mapped_column(primary_key=True)
    storage_id: Mapped[str] = mapped_column(String(STORAGE_ID_LENGTH))
    is_anchor: Mapped[bool] = mapped_column(server_default="false")
    anchor_id: Mapped[UUID | None] = mapped_column(ForeignKey("anchor_essays.anchor_id"))
    bt_score: Mapped[float | None]
    bt_standard_error: Mapped[float | None]
    rank: Mapped[int | None]
    comparison_count: Mapped[int] = mapped_column(server_default="0")


class ComparisonRow(Base):
    """Two essays of a batch that a judge was asked to compare, and the answer once there is one."""

    __tablename__ = "cj_comparisons"
    __table_args__ = (
        ForeignKeyConstraint(["batch_id", "essay_a"], ["cj_essays.batch_id", "cj_essays.essay_id"]),
        ForeignKeyConstraint(["batch_id", "essay_b"], ["cj_essays.batch_id", "cj_essays.essay_id"]),
        one_of("winner", Winner),
        one_of("judge_kind", JudgeKind),
        CheckConstraint("essay_a <> essay_b", name="two_essays"),
        CheckConstraint("round >= 1", name="round_counts_from_one"),
        CheckConstraint("confidence >= 0 AND confidence <= 5", name="confidence_from_zero_to_five"),
        CheckConstraint(
            "num_nulls(winner, completed_at, judge_kind, judge) IN (0, 4)", name="decided_by_someone_at_some_time"
        ),
        CheckConstraint("coalesce(winner = 'error', false) = (error_code IS NOT NULL)", name="an_error_has_a_code"),
        CheckConstraint("error_detail IS NULL OR error_code IS NOT NULL", name="detail_of_an_error"),
        CheckConstraint(
            "num_nonnulls(confidence, justification) = 0 OR coalesce(winner <> 'error', false)",
            name="only_a_decision_is_justified",
        ),
        Index(
            "uq_cj_comparisons_pair_in_round",
            *("batch_id", "round", text("least(essay_a, essay_b)"), text("greatest(essay_a, essay_b)")),
            unique=True,
        ),
        Index(None, "batch_id", "submitted_at", "comparison_id"),
        {"info": Capture(subject="judge").info()},
    )

    comparison_id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID]
    round: Mapped[int]
    essay_a: Mapped[UUID]
    essay_b: Mapped[UUID]
    request_correlation_id: Mapped[UUID] = mapped_column(unique=True)
    winner: Mapped[Winner | None] = mapped_column(text_enum(Winner))
    confidence: Mapped[float | None]
    justification: Mapped[str | None] = mapped_column(Text)
    judge_kind: Mapped[JudgeKind | None] = mapped_column(text_enum(JudgeKind))
    judge: Mapped[str | None] = mapped_column(String(LONGEST_USER_ID))
    error_code: Mapped[str | None] = mapped_column(String(LONGEST_NAME))
    error_detail: Mapped[str | None] = mapped_column(Text)
    submitted_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    completed_at: Mapped[datetime | None]
    # Pages are in the order in which comparisons were asked for.
    created_at: Mapped[datetime] = synonym("submitted_at")


class GradeProjectionRow(Created, Base):
    """The grade that an essay's score comes closest to among the anchors' scores. confidence: a probability."""

    __tablename__ = "grade_projections"
    __table_args__ = (
        ForeignKeyConstraint(["batch_id", "essay_id"], ["cj_essays.batch_id", "cj_essays.essay_id"]),
        CheckConstraint("confidence >= 0 AND confidence <= 1", name="confidence_is_a_probability"),
        {"info": Capture().info()},
    )

    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    essay_id: Mapped[UUID] = mapped_column(primary_key=True)
    grade: Mapped[str] = mapped_column(String(LONGEST_NAME))
    grade_scale: Mapped[str] = mapped_column(String(LONGEST_NAME))
    confidence: Mapped[float]


class ProcessedMessageRow(ProcessedMessageColumns, Base):
    """A request that was answered, so that whoever sends it again gets the same answer."""


class OutboxRow(OutboxColumns, Base):
    """A batch that came to an end, on its way to the topic of those."""


class ParkedMessageRow(ParkedMessageColumns, Base):
    """A message that asked for an assessment, and was refused for good."""
