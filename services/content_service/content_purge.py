"""How contents go for good: their rows last, with all that refers to them before."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.content_service.models_db import ContentBodyRow, ContentRelationRow, ContentRow, ContentTagRow


async def purge(session: AsyncSession, before: datetime, limit: int) -> int:
    """Remove up to `limit` contents deleted before that moment, but for those whose row another has locked."""
    due = select(ContentRow.content_id).where(ContentRow.deleted_at < before)
    oldest = due.order_by(ContentRow.deleted_at, ContentRow.content_id).limit(limit)
    going = list(await session.scalars(oldest.with_for_update(skip_locked=True)))
    if going:
        await _forget_references(session, going)
        await session.execute(delete(ContentBodyRow).where(ContentBodyRow.content_id.in_(going)))
        await session.execute(delete(ContentRow).where(ContentRow.content_id.in_(going)))
    return len(going)


async def _forget_references(session: AsyncSession, going: list[str]) -> None:
    """Remove tags and relations. Locked in order first: two purges may share a relation, and none waits in a circle."""
    relation = or_(ContentRelationRow.from_id.in_(going), ContentRelationRow.to_id.in_(going))
    await _lock(session, select(ContentRelationRow.relation_id).where(relation).order_by("relation_id"))
    await session.execute(delete(ContentRelationRow).where(relation))
    tagged = ContentTagRow.content_id.in_(going)
    await _lock(session, select(ContentTagRow.tag_id).where(tagged).order_by("content_id", "tag_id"))
    await session.execute(delete(ContentTagRow).where(tagged))


async def _lock(session: AsyncSession, rows: Select[Any]) -> None:
    (await session.scalars(rows.with_for_update())).all()
