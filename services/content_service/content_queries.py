"""Which contents a query is about: whose they are, which one it is, and what a list leaves out."""

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.content_service.domain import ContentFilter, ContentType
from services.content_service.models_db import ContentRow, ContentTagRow, TagRow
from services.kit.errors import NotFoundError
from services.kit.identity import Caller
from services.kit.postgres.ownership import owned


def visible(caller: Caller) -> Select[ContentRow]:
    """The contents that the caller may see, deleted ones among them."""
    return owned(select(ContentRow), ContentRow.user_id, caller)


def one_content(caller: Caller, content_id: str, *, include_deleted: bool = False) -> Select[ContentRow]:
    """That content, if the caller may see it."""
    content = visible(caller).where(ContentRow.content_id == content_id)
    return content if include_deleted else content.where(ContentRow.deleted_at.is_(None))


def same_bytes(user_id: str, content_type: ContentType, sha256: str) -> Select[ContentRow]:
    """The one content that is not deleted and has these bytes of this owner, as what they are."""
    return select(ContentRow).where(
        ContentRow.user_id == user_id,
        ContentRow.content_type == content_type,
        ContentRow.sha256 == sha256,
        ContentRow.deleted_at.is_(None),
    )


def filtered(contents: Select[ContentRow], wanted: ContentFilter) -> Select[ContentRow]:
    """Those of the contents that the filter lets through."""
    if wanted.content_type is not None:
        contents = contents.where(ContentRow.content_type == wanted.content_type)
    if wanted.tag is not None:
        tagged = select(ContentTagRow.content_id).join(TagRow).where(TagRow.name == wanted.tag)
        contents = contents.where(ContentRow.content_id.in_(tagged))
    if wanted.created_from is not None:
        contents = contents.where(ContentRow.created_at >= wanted.created_from)
    if wanted.created_before is not None:
        contents = contents.where(ContentRow.created_at < wanted.created_before)
    return contents if wanted.include_deleted else contents.where(ContentRow.deleted_at.is_(None))


async def found_content(session: AsyncSession, content: Select[ContentRow], content_id: str) -> ContentRow:
    """The row of `one_content`, as it is now; NotFoundError."""
    row = await session.scalar(content.execution_options(populate_existing=True))
    if row is None:
        raise not_found(content_id)
    return row


def not_found(content_id: str) -> NotFoundError:
    """What is raised for a content that is not there, or not for the caller to see."""
    return NotFoundError(f"there is no content {content_id}")
