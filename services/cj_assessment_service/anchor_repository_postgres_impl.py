"""The storage of anchors in PostgreSQL."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from services.cj_assessment_service.material_queries import readable
from services.cj_assessment_service.materials import Anchor, NewAnchor
from services.cj_assessment_service.models_db import AnchorRow
from services.cj_assessment_service.protocols import AnchorRepository
from services.kit.errors import NotFoundError
from services.kit.identity import Caller
from services.kit.paging import Page, PageRequest
from services.kit.postgres.rows import page_of, record_of


class PostgresAnchorRepository(AnchorRepository):
    """Works in the transaction of the session it is given."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, caller: Caller, new: NewAnchor) -> Anchor:
        """Store an anchor; ConflictError if the caller has one of that label on that scale in the assignment."""
        row = AnchorRow(user_id=caller.user_id, shared=caller.is_admin, **vars(new))
        self._session.add(row)
        await self._session.flush()
        await self._session.refresh(row)
        return record_of(Anchor, row)

    async def get(self, caller: Caller, anchor_id: UUID) -> Anchor:
        """The anchor; NotFoundError."""
        row = await self._session.scalar(readable(caller, AnchorRow).where(AnchorRow.anchor_id == anchor_id))
        if row is None:
            raise _not_found(anchor_id)
        return record_of(Anchor, row)

    async def list_anchors(self, caller: Caller, assignment_id: UUID | None, page: PageRequest) -> Page[Anchor]:
        """The anchors that the caller may read, oldest first."""
        anchors = readable(caller, AnchorRow)
        if assignment_id is not None:
            anchors = anchors.where(AnchorRow.assignment_id == assignment_id)
        found = await page_of(self._session, anchors, AnchorRow.anchor_id, page)
        return Page(tuple(record_of(Anchor, row) for row in found.items), found.next_cursor)

    async def of_assignment(self, caller: Caller, assignment_id: UUID) -> tuple[Anchor, ...]:
        """All of an assignment's anchors that the caller may read."""
        anchors = readable(caller, AnchorRow).where(AnchorRow.assignment_id == assignment_id)
        rows = await self._session.scalars(anchors.order_by(AnchorRow.created_at, AnchorRow.anchor_id))
        return tuple(record_of(Anchor, row) for row in rows)

    async def remove(self, caller: Caller, anchor_id: UUID) -> Anchor:
        """Remove one's own anchor, and say what it was; ConflictError if a batch was compared with it."""
        own = delete(AnchorRow).where(AnchorRow.anchor_id == anchor_id)
        if not caller.is_admin:
            own = own.where(AnchorRow.user_id == caller.user_id)
        removed = await self._session.scalar(own.returning(AnchorRow))
        if removed is None:
            raise _not_found(anchor_id)
        return record_of(Anchor, removed)


def _not_found(anchor_id: UUID) -> NotFoundError:
    return NotFoundError(f"there is no anchor {anchor_id}")
