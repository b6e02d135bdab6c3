"""The tables of the content service, and what of them change data capture carries."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, query_expression

from services.content_service.domain import ContentType, RelationKind
from services.content_service.names import LENGTH_OF_CONTENT_ID, LONGEST_MIME_TYPE, LONGEST_TAG_NAME
from services.kit.capture import Capture
from services.kit.identity import LONGEST_USER_ID
from services.kit.postgres.conventions import Created, Versioned, lower_case_hex, models_registry, one_of, text_enum
from services.kit.postgres.soft_deletion import SoftDeletable, soft_deletion

CONTENT = "contents.content_id"


class Base(DeclarativeBase):
    """Declarative base of the content service."""

    registry = models_registry()


class ContentRow(SoftDeletable, Versioned, Base):
    """One content: whose it is, what it is, and what proves that its bytes are those that were sent."""

    __tablename__ = "contents"
    __table_args__ = (
        lower_case_hex("content_id", LENGTH_OF_CONTENT_ID),
        CheckConstraint("size_bytes > 0", name="bytes_are_not_empty"),
        lower_case_hex("sha256", 64),
        one_of("content_type", ContentType),
        Index(
            "uq_contents_bytes_of_owner",
            "user_id",
            "content_type",
            "sha256",
            unique=True,
            postgresql_where="deleted_at IS NULL",
        ),
        Index(None, "user_id", "created_at", "content_id"),
        Index(None, "user_id", "content_type", "created_at", "content_id"),
        *soft_deletion("contents"),
        {"info": Capture(subject="user_id").info()},
    )

    content_id: Mapped[str] = mapped_column(String(LENGTH_OF_CONTENT_ID), primary_key=True)
    content_type: Mapped[ContentType] = mapped_column(text_enum(ContentType))
    mime_type: Mapped[str] = mapped_column(String(LONGEST_MIME_TYPE))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[str] = mapped_column(String(LONGEST_USER_ID))
    correlation_id: Mapped[UUID]
    # No column: the steps in which a walk found the content, where a query says so.
    depth: Mapped[int | None] = query_expression()


class ContentBodyRow(Base):
    """The bytes of one content, in a table of their own: it is not captured, and no change of a fact rewrites them."""

    __tablename__ = "content_bodies"

    content_id: Mapped[str] = mapped_column(ForeignKey(CONTENT), primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class ContentRelationRow(Created, Base):
    """That one content relates to another, once for each pair and kind."""

    __tablename__ = "content_relations"
    __table_args__ = (
        CheckConstraint("from_id <> to_id", name="not_to_itself"),
        one_of("kind", RelationKind),
        UniqueConstraint("from_id", "to_id", "kind"),
        Index(None, "to_id", "kind"),
        {"info": Capture(subject="created_by").info()},
    )

    relation_id: Mapped[UUID] = mapped_column(primary_key=True)
    from_id: Mapped[str] = mapped_column(ForeignKey(CONTENT))
    to_id: Mapped[str] = mapped_column(ForeignKey(CONTENT))
    kind: Mapped[RelationKind] = mapped_column(text_enum(RelationKind))
    created_by: Mapped[str] = mapped_column(String(LONGEST_USER_ID))


class TagRow(Created, Base):
    """One user's tag."""

    __tablename__ = "tags"
    __table_args__ = (
        CheckConstraint("name <> ''", name="name_is_not_empty"),
        UniqueConstraint("user_id", "name"),
        {"info": Capture(subject="user_id").info()},
    )

    tag_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(String(LONGEST_USER_ID))
    name: Mapped[str] = mapped_column(String(LONGEST_TAG_NAME))


class ContentTagRow(Created, Base):
    """That a content has a tag, and who gave it."""

    __tablename__ = "content_tags"
    __table_args__ = (Index(None, "tag_id"), {"info": Capture(subject="tagged_by").info()})

    content_id: Mapped[str] = mapped_column(ForeignKey(CONTENT), primary_key=True)
    tag_id: Mapped[UUID] = mapped_column(ForeignKey("tags.tag_id"), primary_key=True)
    tagged_by: Mapped[str] = mapped_column(String(LONGEST_USER_ID))
