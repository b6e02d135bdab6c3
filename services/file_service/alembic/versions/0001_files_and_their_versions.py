"""Files and their versions."""
# pylint: disable=invalid-name,no-member  # Alembic wants these names and fills its modules at run time

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    _create_files()
    op.create_index("ix_files_batch_id_created_at_file_id", "files", ["batch_id", "created_at", "file_id"])
    op.create_index("ix_files_user_id_created_at_file_id", "files", ["user_id", "created_at", "file_id"])
    op.create_index("ix_files_deleted", "files", ["deleted_at"], postgresql_where=sa.text("deleted_at IS NOT NULL"))
    _create_file_versions()


def downgrade() -> None:
    op.drop_table("file_versions")
    op.drop_table("files")


def _create_files() -> None:
    op.create_table(
        "files",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("assignment_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("filename", sa.String(255), nullable=False),
        sa.Column("current_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("status", sa.String(64), server_default="pending", nullable=False),
        sa.Column("validation_error_code", sa.Text(), nullable=True),
        sa.Column("validation_error_message", sa.Text(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_by", sa.String(255), nullable=True),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_files")),
        sa.CheckConstraint("current_version >= 1", name=op.f("ck_files_current_version_counts_from_one")),
        sa.CheckConstraint(
            "(deleted_at IS NULL) = (deleted_by IS NULL)", name=op.f("ck_files_deleted_by_someone_at_some_time")
        ),
        sa.CheckConstraint("status IN ('pending', 'in_progress', 'completed', 'failed')", name=op.f("ck_files_status")),
    )


def _create_file_versions() -> None:
    op.create_table(
        "file_versions",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("storage_key", sa.Text(), nullable=False),
        sa.Column("content_type", sa.String(255), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("uploaded_by", sa.String(255), nullable=False),
        sa.Column("correlation_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("file_id", "version", name=op.f("pk_file_versions")),
        sa.ForeignKeyConstraint(["file_id"], ["files.file_id"], name=op.f("fk_file_versions_file_id_files")),
        sa.UniqueConstraint("storage_key", name=op.f("uq_file_versions_storage_key")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_file_versions_version_counts_from_one")),
        sa.CheckConstraint("size_bytes >= 0", name=op.f("ck_file_versions_size_is_not_negative")),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_file_versions_sha256_is_lower_case_hex")),
    )
