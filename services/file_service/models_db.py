"""The tables of the file service, and what of them change data capture carries."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.file_service.domain import FileStatus
from services.file_service.filenames import LONGEST_FILENAME
from services.kit.capture import Capture
from services.kit.identity import LONGEST_USER_ID
from services.kit.postgres.conventions import Created, Versioned, lower_case_hex, models_registry, one_of, text_enum
from services.kit.postgres.soft_deletion import SoftDeletable, soft_deletion


class Base(DeclarativeBase):
    """Declarative base of the file service."""

    registry = models_registry()


class FileRow(SoftDeletable, Versioned, Base):
    """One uploaded file: whose it is, what became of it, and the number of its newest version."""

    __tablename__ = "files"
    __table_args__ = (
        CheckConstraint("current_version >= 1", name="current_version_counts_from_one"),
        one_of("status", FileStatus),
        Index(None, "batch_id", "created_at", "file_id"),
        Index(None, "user_id", "created_at", "file_id"),
        *soft_deletion("files"),
        {"info": Capture(subject="user_id").info()},
    )

    file_id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID]
    assignment_id: Mapped[UUID | None]
    user_id: Mapped[str] = mapped_column(String(LONGEST_USER_ID))
    filename: Mapped[str] = mapped_column(String(LONGEST_FILENAME))
    current_version: Mapped[int] = mapped_column(server_default="1")
    status: Mapped[FileStatus] = mapped_column(text_enum(FileStatus), server_default=FileStatus.PENDING.value)
    validation_error_code: Mapped[str | None] = mapped_column(Text)
    validation_error_message: Mapped[str | None] = mapped_column(Text)


class FileVersionRow(Created, Base):
    """One version of a file: where its bytes are, and what proves that they are the bytes that were sent."""

    __tablename__ = "file_versions"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version_counts_from_one"),
        CheckConstraint("size_bytes >= 0", name="size_is_not_negative"),
        lower_case_hex("sha256", 64),
        {"info": Capture(subject="uploaded_by").info()},
    )

    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.file_id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    storage_key: Mapped[str] = mapped_column(Text, unique=True)
    content_type: Mapped[str] = mapped_column(String(255))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    uploaded_by: Mapped[str] = mapped_column(String(LONGEST_USER_ID))
    correlation_id: Mapped[UUID]
