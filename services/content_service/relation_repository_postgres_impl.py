"""The storage of relations between contents in PostgreSQL."""

from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.content_service import relation_queries
from services.content_service.content_queries import found_content, not_found, one_content, visible
from services.content_service.domain import NewRelation, Relation, RelationFilter, RelationKind, Walk, WalkedContent
from services.content_service.models_db import ContentRelationRow, ContentRow
from services.content_service.protocols import RelationRepository
from services.content_service.stored_once import stored_once
from services.kit.errors import ConflictError, NotFoundError
from services.kit.identity import Caller
from services.kit.paging import Page, PageRequest
from services.kit.postgres.rows import record_of, records_page

WITHOUT_CIRCLES = frozenset({RelationKind.DERIVED_FROM})
# Any number of our own: advisory locks of one database are told apart by it.
LOCK_OF_GRAPH = 0x636F6E74


class PostgresRelationRepository(RelationRepository):
    """Works in the transaction of the session it is given; locks the graph, if need be, before any row."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, caller: Caller, new: NewRelation) -> tuple[Relation, bool]:
        """Relate two contents; ConflictError if derived_from would lead back to where it began."""
        if new.kind in WITHOUT_CIRCLES:
            # Two relations, each harmless alone, could close a circle together, over contents of any owner: one
            # after the other. What the lock waited for is committed, and the next statement sees it.
            await self._session.execute(select(func.pg_advisory_xact_lock(LOCK_OF_GRAPH)))
        await self._lock_ends(caller, new)
        if new.kind in WITHOUT_CIRCLES and await self._session.scalar(relation_queries.closes_circle(new)):
            raise ConflictError(
                f"content {new.to_id} is {new.kind} content {new.from_id} already, directly or through others",
                code="circle",
            )
        existing = select(ContentRelationRow).filter_by(**vars(new))
        row, is_new = await stored_once(self._session, ContentRelationRow, existing, _insert(caller, new))
        return record_of(Relation, row), is_new

    async def remove(self, caller: Caller, content_id: str, relation_id: UUID) -> Relation:
        """End a relation that leads from or to the content; NotFoundError."""
        await found_content(self._session, one_content(caller, content_id), content_id)
        relation = relation_queries.relations_of(caller, content_id).where(
            ContentRelationRow.relation_id == relation_id
        )
        row = await self._session.scalar(relation.with_for_update())
        if row is None:
            raise NotFoundError(f"content {content_id} has no relation {relation_id}")
        ended = record_of(Relation, row)
        await self._session.delete(row)
        await self._session.flush()
        return ended

    async def list_of_content(
        self, caller: Caller, content_id: str, wanted: RelationFilter, page: PageRequest
    ) -> Page[Relation]:
        """The relations that lead from and to the content, oldest first."""
        await found_content(self._session, one_content(caller, content_id), content_id)
        relations = relation_queries.filtered(relation_queries.relations_of(caller, content_id), content_id, wanted)
        return await records_page(self._session, relations, ContentRelationRow.relation_id, page, Relation)

    async def walk(self, caller: Caller, content_id: str, walk: Walk, page: PageRequest) -> Page[WalkedContent]:
        """The contents that relations lead to, each once with its least depth, oldest first, in one query."""
        await found_content(self._session, one_content(caller, content_id), content_id)
        reached = relation_queries.reached(caller, content_id, walk)
        return await records_page(self._session, reached, ContentRow.content_id, page, WalkedContent)

    async def _lock_ends(self, caller: Caller, new: NewRelation) -> None:
        """Hold both contents as they are until the commit, always in the same order; NotFoundError names the one."""
        ends = (new.from_id, new.to_id)
        both = visible(caller).where(ContentRow.content_id.in_(ends), ContentRow.deleted_at.is_(None))
        held = both.order_by(ContentRow.content_id).with_for_update(read=True)
        found = {row.content_id for row in await self._session.scalars(held)}
        for content_id in ends:
            if content_id not in found:
                raise not_found(content_id)


def _insert(caller: Caller, new: NewRelation) -> Insert:
    statement = insert(ContentRelationRow).values(relation_id=uuid4(), created_by=caller.user_id, **vars(new))
    return statement.on_conflict_do_nothing()
