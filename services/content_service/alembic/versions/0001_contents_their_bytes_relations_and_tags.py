"""Contents, their bytes, their relations and their tags."""
# pylint: disable=invalid-name,no-member  # Alembic wants these names and fills its modules at run time

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NOW = sa.text("clock_timestamp()")
_CONTENT_TYPES = (
    "'original_essay', 'corrected_text', 'processing_log', 'student_prompt_text', 'cj_results_json',"
    " 'assessment_instructions', 'ai_feedback'"
)


def upgrade() -> None:
    _create_contents()
    _create_indexes_of_contents()
    _create_content_bodies()
    _create_content_relations()
    _create_tags()
    _create_content_tags()


def downgrade() -> None:
    for table in ("content_tags", "tags", "content_relations", "content_bodies", "contents"):
        op.drop_table(table)


def _create_contents() -> None:
    op.create_table(
        "contents",
        sa.Column("content_id", sa.String(32), nullable=False),
        sa.Column("content_type", sa.String(64), nullable=False),
        sa.Column("mime_type", sa.String(255), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("correlation_id", sa.Uuid(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_by", sa.String(255), nullable=True),
        sa.Column("row_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("content_id", name=op.f("pk_contents")),
        sa.CheckConstraint("content_id ~ '^[0-9a-f]{32}$'", name=op.f("ck_contents_content_id_is_lower_case_hex")),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_contents_bytes_are_not_empty")),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_contents_sha256_is_lower_case_hex")),
        sa.CheckConstraint(
            "(deleted_at IS NULL) = (deleted_by IS NULL)", name=op.f("ck_contents_deleted_by_someone_at_some_time")
        ),
        sa.CheckConstraint(f"content_type IN ({_CONTENT_TYPES})", name=op.f("ck_contents_content_type")),
    )


def _create_indexes_of_contents() -> None:
    op.create_index(
        "uq_contents_bytes_of_owner",
        "contents",
        ["user_id", "content_type", "sha256"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index("ix_contents_user_id_created_at_content_id", "contents", ["user_id", "created_at", "content_id"])
    op.create_index(
        "ix_contents_user_id_content_type_created_at_content_id",
        "contents",
        ["user_id", "content_type", "created_at", "content_id"],
    )
    op.create_index(
        "ix_contents_deleted", "contents", ["deleted_at"], postgresql_where=sa.text("deleted_at IS NOT NULL")
    )


def _create_content_bodies() -> None:
    op.create_table(
        "content_bodies",
        sa.Column("content_id", sa.String(32), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("content_id", name=op.f("pk_content_bodies")),
        sa.ForeignKeyConstraint(
            ["content_id"], ["contents.content_id"], name=op.f("fk_content_bodies_content_id_contents")
        ),
    )


def _create_content_relations() -> None:
    op.create_table(
        "content_relations",
        sa.Column("relation_id", sa.Uuid(), nullable=False),
        sa.Column("from_id", sa.String(32), nullable=False),
        sa.Column("to_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("created_by", sa.String(255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("relation_id", name=op.f("pk_content_relations")),
        sa.ForeignKeyConstraint(
            ["from_id"], ["contents.content_id"], name=op.f("fk_content_relations_from_id_contents")
        ),
        sa.ForeignKeyConstraint(["to_id"], ["contents.content_id"], name=op.f("fk_content_relations_to_id_contents")),
        sa.UniqueConstraint("from_id", "to_id", "kind", name=op.f("uq_content_relations_from_id_to_id_kind")),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_content_relations_not_to_itself")),
        sa.CheckConstraint(
            "kind IN ('derived_from', 'corrects', 'belongs_to', 'prompt_for')", name=op.f("ck_content_relations_kind")
        ),
    )
    op.create_index("ix_content_relations_to_id_kind", "content_relations", ["to_id", "kind"])


def _create_tags() -> None:
    op.create_table(
        "tags",
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("tag_id", name=op.f("pk_tags")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_tags_user_id_name")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_tags_name_is_not_empty")),
    )


def _create_content_tags() -> None:
    op.create_table(
        "content_tags",
        sa.Column("content_id", sa.String(32), nullable=False),
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.Column("tagged_by", sa.String(255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("content_id", "tag_id", name=op.f("pk_content_tags")),
        sa.ForeignKeyConstraint(
            ["content_id"], ["contents.content_id"], name=op.f("fk_content_tags_content_id_contents")
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.tag_id"], name=op.f("fk_content_tags_tag_id_tags")),
    )
    op.create_index("ix_content_tags_tag_id", "content_tags", ["tag_id"])
