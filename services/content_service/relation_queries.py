"""Relations as a graph: which of them a caller sees, where they lead, and whether one would close a circle."""

from sqlalchemy import CTE, Select, Subquery, exists, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, with_expression

from services.content_service.content_queries import visible
from services.content_service.domain import Direction, NewRelation, RelationFilter, Walk
from services.content_service.models_db import ContentRelationRow, ContentRow
from services.kit.identity import Caller

Ends = tuple[InstrumentedAttribute[str], InstrumentedAttribute[str]]


def relations_of(caller: Caller, content_id: str) -> Select[ContentRelationRow]:
    """The relations from and to the content whose other end the caller may touch, too."""
    shown = _shown(caller)
    leads = or_(ContentRelationRow.from_id == content_id, ContentRelationRow.to_id == content_id)
    return select(ContentRelationRow).where(
        leads, ContentRelationRow.from_id.in_(shown), ContentRelationRow.to_id.in_(shown)
    )


def filtered(
    relations: Select[ContentRelationRow], content_id: str, wanted: RelationFilter
) -> Select[ContentRelationRow]:
    """Those of the content's relations that the filter lets through."""
    if wanted.direction is not None:
        near, _ = _ends(wanted.direction)
        relations = relations.where(near == content_id)
    if wanted.kind is not None:
        relations = relations.where(ContentRelationRow.kind == wanted.kind)
    return relations


def reached(caller: Caller, content_id: str, walk: Walk) -> Select[ContentRow]:
    """The contents that the walk finds, `depth` of each filled with the least number of steps.

    A circle is no danger: the same content at the same depth counts once, and the depth is bounded.
    """
    steps = _steps(caller, content_id, walk)
    nearest = _nearest(steps, content_id)
    found = select(ContentRow).join(nearest, nearest.c.content_id == ContentRow.content_id)
    depth = with_expression(ContentRow.depth, nearest.c.depth)
    return found.options(depth).execution_options(populate_existing=True)


def closes_circle(new: NewRelation) -> Select[bool]:
    """Whether relations of this kind lead back from the new one's end to its beginning, whoever may see them."""
    seen = select(literal(new.to_id).label("content_id")).cte("seen", recursive=True)
    further = select(ContentRelationRow.to_id).join(seen, ContentRelationRow.from_id == seen.c.content_id)
    seen = seen.union(further.where(ContentRelationRow.kind == new.kind))
    return select(exists().where(seen.c.content_id == new.from_id))


def _shown(caller: Caller) -> Select[str]:
    return visible(caller).where(ContentRow.deleted_at.is_(None)).with_only_columns(ContentRow.content_id)


def _ends(direction: Direction) -> Ends:
    """Of a relation in this direction the near end, and the end it leads to."""
    ends = (ContentRelationRow.from_id, ContentRelationRow.to_id)
    return ends if direction is Direction.OUTGOING else (ends[1], ends[0])


def _steps(caller: Caller, content_id: str, walk: Walk) -> CTE:
    near, far = _ends(walk.direction)
    steps = select(literal(content_id).label("content_id"), literal(0).label("depth")).cte("steps", recursive=True)
    further = (
        select(far, steps.c.depth + 1)
        .join(steps, near == steps.c.content_id)
        .where(steps.c.depth < walk.max_depth, ContentRelationRow.kind.in_(walk.kinds), far.in_(_shown(caller)))
    )
    return steps.union(further)


def _nearest(steps: CTE, content_id: str) -> Subquery:
    """Each content but the one where the walk begins, at its least depth."""
    depth = func.min(steps.c.depth).label("depth")
    return (
        select(steps.c.content_id, depth)
        .where(steps.c.content_id != content_id)
        .group_by(steps.c.content_id)
        .subquery("nearest")
    )
