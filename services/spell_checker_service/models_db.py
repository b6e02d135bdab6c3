"""The tables of the spell checker, and what of them change data capture carries."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.util import immutabledict

from services.kit.capture import Capture
from services.kit.identity import LONGEST_USER_ID
from services.kit.postgres.conventions import Created, Timestamped, lower_case_hex, models_registry, one_of, text_enum
from services.kit.postgres.processed_messages import LONGEST_IDEMPOTENCY_KEY, ProcessedMessageColumns
from services.kit.topics.outbox import OutboxColumns
from services.kit.topics.parked_messages import ParkedMessageColumns
from services.spell_checker_service.domain import CorrectionSource, FailureCode, JobStatus, Language

STORAGE_ID_LENGTH = 32
RESULTS = "corrected_storage_id, total_words, total_corrections, processing_ms"


class Base(DeclarativeBase):
    """Declarative base of the spell checker."""

    registry = models_registry()


class SpellcheckJobRow(Timestamped, Base):
    """The spell check of one essay, and the message that asked for it last."""

    __tablename__ = "spellcheck_jobs"
    __table_args__ = (
        UniqueConstraint("batch_id", "essay_id"),
        UniqueConstraint("user_id", "idempotency_key"),
        one_of("language", Language),
        one_of("status", JobStatus),
        one_of("error_code", FailureCode),
        CheckConstraint("total_words >= 0", name="total_words_is_not_negative"),
        CheckConstraint("total_corrections >= 0", name="total_corrections_is_not_negative"),
        CheckConstraint("processing_ms >= 0", name="processing_ms_is_not_negative"),
        CheckConstraint("(status = 'failed') = (error_code IS NOT NULL)", name="failed_for_a_reason"),
        CheckConstraint(
            f"(status = 'success') = (num_nulls({RESULTS}) = 0)",
            name="success_has_results",
        ),
        lower_case_hex("original_storage_id", STORAGE_ID_LENGTH),
        lower_case_hex("corrected_storage_id", STORAGE_ID_LENGTH),
        lower_case_hex("request_sha256", 64),
        Index(None, "batch_id", "created_at", "job_id"),
        Index(None, "essay_id", "created_at", "job_id"),
        Index(None, "user_id", "created_at", "job_id"),
        Index("ix_spellcheck_jobs_pending", "updated_at", postgresql_where="status = 'pending'"),
        # A whitelist holds names of people; roles serve the work alone.
        {"info": Capture(exclude=frozenset({"whitelist", "user_roles"}), subject="user_id").info()},
    )

    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID]
    essay_id: Mapped[UUID]
    user_id: Mapped[str] = mapped_column(String(LONGEST_USER_ID))
    user_roles: Mapped[tuple[str, ...]] = mapped_column(ARRAY(Text, as_tuple=True), server_default=text("'{}'"))
    language: Mapped[Language] = mapped_column(text_enum(Language))
    status: Mapped[JobStatus] = mapped_column(text_enum(JobStatus), server_default=JobStatus.PENDING.value)
    whitelist: Mapped[tuple[str, ...]] = mapped_column(ARRAY(Text, as_tuple=True), server_default=text("'{}'"))
    original_storage_id: Mapped[str] = mapped_column(String(STORAGE_ID_LENGTH))
    corrected_storage_id: Mapped[str | None] = mapped_column(String(STORAGE_ID_LENGTH))
    total_words: Mapped[int | None]
    total_corrections: Mapped[int | None]
    processing_ms: Mapped[int | None]
    error_code: Mapped[FailureCode | None] = mapped_column(text_enum(FailureCode))
    error_detail: Mapped[str | None] = mapped_column(Text)
    correlation_id: Mapped[UUID]
    idempotency_key: Mapped[str] = mapped_column(String(LONGEST_IDEMPOTENCY_KEY))
    request_sha256: Mapped[str] = mapped_column(String(64))

    __mapper_args__ = immutabledict({"eager_defaults": True})


class SpellcheckCorrectionRow(Created, Base):
    """One word of an essay that is wrong, or that only a whitelist allows; `user_id` is that of its job."""

    __tablename__ = "spellcheck_corrections"
    __table_args__ = (
        UniqueConstraint("job_id", "position"),
        one_of("source", CorrectionSource),
        CheckConstraint("position >= 0", name="position_is_not_negative"),
        CheckConstraint("source <> 'whitelist' OR corrected_word IS NULL", name="whitelist_corrects_nothing"),
        Index(None, "job_id", "created_at", "correction_id"),
        Index("ix_spellcheck_corrections_word", text("lower(original_word)"), "created_at", "correction_id"),
        {"info": Capture(subject="user_id").info()},
    )

    correction_id: Mapped[UUID] = mapped_column(primary_key=True)
    job_id: Mapped[UUID] = mapped_column(ForeignKey("spellcheck_jobs.job_id", ondelete="CASCADE"))
    user_id: Mapped[str] = mapped_column(String(LONGEST_USER_ID))
    position: Mapped[int]
    original_word: Mapped[str] = mapped_column(Text)
    corrected_word: Mapped[str | None] = mapped_column(Text)
    suggestions: Mapped[tuple[str, ...]] = mapped_column(ARRAY(Text, as_tuple=True))
    source: Mapped[CorrectionSource] = mapped_column(text_enum(CorrectionSource))


class ProcessedMessageRow(ProcessedMessageColumns, Base):
    """A request that was answered, and its first answer: the job's row as it then was."""


class OutboxRow(OutboxColumns, Base):
    """A spell check that came to its end, on its way to the topic of those."""


class ParkedMessageRow(ParkedMessageColumns, Base):
    """A message that asked for a spell check, and was refused for good."""
