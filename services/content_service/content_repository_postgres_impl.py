"""The storage of contents and their bytes in PostgreSQL."""

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.content_service import domain
from services.content_service.content_purge import purge
from services.content_service.content_queries import (
    filtered,
    found_content,
    not_found,
    one_content,
    same_bytes,
    visible,
)
from services.content_service.models_db import ContentBodyRow, ContentRow
from services.content_service.protocols import ContentRepository
from services.content_service.stored_once import stored_once
from services.kit.errors import ConflictError
from services.kit.identity import Caller
from services.kit.paging import Page, PageRequest
from services.kit.postgres.rows import record_of, records_page
from services.kit.postgres.soft_deletion import bring_back, hide
from services.kit.postgres.stale_rows import refuse_stale


class PostgresContentRepository(ContentRepository):
    """Works in the transaction of the session it is given; whatever changes a content locks its row first."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def store(self, new: domain.NewContent) -> tuple[domain.StoredContent, bool]:
        """Store a content, or find the one that its owner stored before with the same bytes."""
        first = same_bytes(new.user_id, new.content_type, new.sent.sha256)
        row, is_new = await stored_once(self._session, ContentRow, first, _insert(new))
        if is_new:
            self._session.add(ContentBodyRow(content_id=new.content_id, body=new.sent.body))
            await self._session.flush()
        return record_of(domain.StoredContent, row), is_new

    async def get(self, caller: Caller, content_id: str, *, include_deleted: bool = False) -> domain.StoredContent:
        """The content; NotFoundError."""
        content = one_content(caller, content_id, include_deleted=include_deleted)
        return record_of(domain.StoredContent, await found_content(self._session, content, content_id))

    async def get_with_bytes(
        self, caller: Caller, content_id: str, *, include_deleted: bool = False
    ) -> domain.ContentWithBytes:
        """The content and its bytes, read at one moment; NotFoundError."""
        content = one_content(caller, content_id, include_deleted=include_deleted)
        both = content.join(ContentBodyRow, ContentBodyRow.content_id == ContentRow.content_id)
        found = (await self._session.execute(both.add_columns(ContentBodyRow.body))).one_or_none()
        if found is None:
            raise not_found(content_id)
        row, body = found
        return domain.ContentWithBytes(record_of(domain.StoredContent, row), body)

    async def list_by_user(
        self, caller: Caller, user_id: str, wanted: domain.ContentFilter, page: PageRequest
    ) -> Page[domain.StoredContent]:
        """The user's contents, oldest first; NotFoundError if they are not for the caller to see."""
        caller.refuse_stranger(user_id, "contents")
        contents = filtered(visible(caller).where(ContentRow.user_id == user_id), wanted)
        return await records_page(self._session, contents, ContentRow.content_id, page, domain.StoredContent)

    async def replace(
        self, caller: Caller, content_id: str, sent: domain.SentBytes, *, expected_sha256: str | None = None
    ) -> domain.StoredContent:
        """Put other bytes in the place of the content's; ConflictError if the owner has them elsewhere already."""
        row = await self._locked(caller, content_id)
        if expected_sha256 not in {None, row.sha256}:
            raise ConflictError(
                f"the bytes of content {content_id} were replaced meanwhile: read them again",
                code="sha256",
                details={"expected": expected_sha256, "sha256": row.sha256},
            )
        await self._refuse_twin(row, sent.sha256)
        for column, value in _facts_of(sent).items():
            setattr(row, column, value)
        body = update(ContentBodyRow).where(ContentBodyRow.content_id == content_id).values(body=sent.body)
        await self._session.execute(body)
        return await self._changed(row)

    async def soft_delete(
        self, caller: Caller, content_id: str, *, expected_row_version: int | None = None
    ) -> domain.StoredContent:
        """Hide the content; NotFoundError if it is hidden already."""
        row = await self._locked(caller, content_id)
        refuse_stale(row, expected_row_version, f"content {content_id}")
        await hide(self._session, row, caller)
        return await self._changed(row)

    async def restore(
        self, caller: Caller, content_id: str, *, expected_row_version: int | None = None
    ) -> domain.StoredContent:
        """Bring a deleted content back; ConflictError if it isn't deleted, or its bytes were stored anew."""
        row = await self._locked(caller, content_id, include_deleted=True)
        refuse_stale(row, expected_row_version, f"content {content_id}")
        await self._refuse_twin(row, row.sha256)
        bring_back(row, f"content {content_id}")
        return await self._changed(row)

    async def purge_deleted(self, before: datetime, limit: int) -> int:
        """Remove contents deleted before that moment for good, but for those whose row another has locked."""
        return await purge(self._session, before, limit)

    async def _locked(self, caller: Caller, content_id: str, *, include_deleted: bool = False) -> ContentRow:
        content = one_content(caller, content_id, include_deleted=include_deleted).with_for_update()
        return await found_content(self._session, content, content_id)

    async def _refuse_twin(self, row: ContentRow, sha256: str) -> None:
        """ConflictError if another content has these bytes; of two who come at once the index refuses the second."""
        twin = same_bytes(row.user_id, row.content_type, sha256).where(ContentRow.content_id != row.content_id)
        found = await self._session.scalar(twin)
        if found is not None:
            raise ConflictError(
                f"content {found.content_id} of the same owner has these bytes already",
                code="same_bytes",
                details={"content_id": found.content_id},
            )

    async def _changed(self, row: ContentRow) -> domain.StoredContent:
        await self._session.flush()
        return record_of(domain.StoredContent, row)


def _insert(new: domain.NewContent) -> Insert:
    values = {"content_id": new.content_id, "content_type": new.content_type, "user_id": new.user_id}
    statement = insert(ContentRow).values(**values, **_facts_of(new.sent))
    return statement.on_conflict_do_nothing(
        index_elements=["user_id", "content_type", "sha256"], index_where=ContentRow.deleted_at.is_(None)
    )


def _facts_of(sent: domain.SentBytes) -> dict[str, Any]:
    """What a content's row says of its bytes."""
    return {
        "mime_type": sent.mime_type,
        "size_bytes": len(sent.body),
        "sha256": sent.sha256,
        "correlation_id": sent.correlation_id,
    }
