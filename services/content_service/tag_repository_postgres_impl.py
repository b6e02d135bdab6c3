"""The storage of tags in PostgreSQL."""

from typing import TypeVar
from uuid import UUID, uuid4

from sqlalchemy import Select, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.content_service.content_queries import found_content, one_content
from services.content_service.domain import Tag
from services.content_service.models_db import ContentTagRow, TagRow
from services.content_service.protocols import TagRepository
from services.content_service.stored_once import stored_once
from services.kit.errors import NotFoundError
from services.kit.identity import Caller
from services.kit.paging import Page, PageRequest
from services.kit.postgres.ownership import owned
from services.kit.postgres.rows import record_of, records_page

Found = TypeVar("Found")


class PostgresTagRepository(TagRepository):
    """Works in the transaction of the session it is given; locks a content before a tag, and a tag before its uses."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, caller: Caller, content_id: str, name: str) -> tuple[Tag, bool]:
        """Give the content its owner's tag of that name; say whether it didn't have it."""
        one = one_content(caller, content_id).with_for_update(read=True)
        content = await found_content(self._session, one, content_id)
        tag = await self._tag(content.user_id, name)
        key = {"content_id": content_id, "tag_id": tag.tag_id}
        insertion = insert(ContentTagRow).values(**key, tagged_by=caller.user_id).on_conflict_do_nothing()
        _, is_new = await stored_once(self._session, ContentTagRow, select(ContentTagRow).filter_by(**key), insertion)
        return record_of(Tag, tag), is_new

    async def remove(self, caller: Caller, content_id: str, tag_id: UUID) -> Tag:
        """Take the tag from the content; NotFoundError if it doesn't have it."""
        await found_content(self._session, one_content(caller, content_id), content_id)
        tag = _found(await self._session.scalar(_tags_of(content_id).where(TagRow.tag_id == tag_id)), tag_id)
        use = delete(ContentTagRow).where(ContentTagRow.content_id == content_id, ContentTagRow.tag_id == tag_id)
        removed = await self._session.scalar(use.returning(ContentTagRow.tag_id))
        _found(removed, tag_id)
        return record_of(Tag, tag)

    async def list_of_content(self, caller: Caller, content_id: str, page: PageRequest) -> Page[Tag]:
        """The content's tags, in the order in which their owner made them."""
        await found_content(self._session, one_content(caller, content_id), content_id)
        return await self._page(_tags_of(content_id), page)

    async def list_by_user(self, caller: Caller, user_id: str, page: PageRequest) -> Page[Tag]:
        """All tags of the user, oldest first; NotFoundError if they are not for the caller to see."""
        caller.refuse_stranger(user_id, "tags")
        return await self._page(select(TagRow).where(TagRow.user_id == user_id), page)

    async def delete(self, caller: Caller, tag_id: UUID) -> Tag:
        """Take the tag from all contents and forget it."""
        tag = owned(select(TagRow).where(TagRow.tag_id == tag_id), TagRow.user_id, caller)
        row = _found(await self._session.scalar(tag.with_for_update()), tag_id)
        uses = select(ContentTagRow.content_id).where(ContentTagRow.tag_id == tag_id)
        (await self._session.scalars(uses.order_by(ContentTagRow.content_id).with_for_update())).all()
        await self._session.execute(delete(ContentTagRow).where(ContentTagRow.tag_id == tag_id))
        await self._session.execute(delete(TagRow).where(TagRow.tag_id == tag_id))
        return record_of(Tag, row)

    async def _tag(self, user_id: str, name: str) -> TagRow:
        """The user's tag, which nobody deletes before this transaction has used it."""
        existing = select(TagRow).where(TagRow.user_id == user_id, TagRow.name == name)
        insertion = insert(TagRow).values(tag_id=uuid4(), user_id=user_id, name=name).on_conflict_do_nothing()
        row, _ = await stored_once(
            self._session, TagRow, existing.with_for_update(read=True, key_share=True), insertion
        )
        return row

    async def _page(self, tags: Select[TagRow], page: PageRequest) -> Page[Tag]:
        return await records_page(self._session, tags, TagRow.tag_id, page, Tag)


def _tags_of(content_id: str) -> Select[TagRow]:
    return select(TagRow).join(ContentTagRow).where(ContentTagRow.content_id == content_id)


def _found(row: Found | None, tag_id: UUID) -> Found:
    if row is None:
        raise NotFoundError(f"there is no tag {tag_id}")
    return row
