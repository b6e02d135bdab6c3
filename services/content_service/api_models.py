"""The shapes in which the content service answers and is asked."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints

from services.content_service.domain import (
    ContentFilter,
    ContentType,
    Direction,
    NewRelation,
    Relation,
    RelationFilter,
    RelationKind,
    StoredContent,
    Tag,
    Walk,
    WalkedContent,
)
from services.content_service.names import CONTENT_ID_PATTERN, LONGEST_TAG_NAME, clean_tag_name
from services.kit.web.models import Moment, PageQuestion, Question, Text, UserId

DEFAULT_DEPTH, LARGEST_DEPTH = 10, 50


def _as_list(value: Any) -> Any:
    """A name that a query string has only once comes as a single text."""
    return [value] if isinstance(value, str) else value


ContentId = Annotated[str, StringConstraints(pattern=CONTENT_ID_PATTERN)]
TagName = Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST_TAG_NAME), AfterValidator(clean_tag_name)]
Kinds = Annotated[list[RelationKind], BeforeValidator(_as_list), Field(min_length=1, max_length=len(RelationKind))]


class ContentsAnswer(BaseModel):
    """A page of contents; `next_cursor` fetches the next one and is null on the last."""

    contents: list[StoredContent]
    next_cursor: str | None


class TagsAnswer(BaseModel):
    """A page of tags."""

    tags: list[Tag]
    next_cursor: str | None


class RelationsAnswer(BaseModel):
    """A page of relations."""

    relations: list[Relation]
    next_cursor: str | None


class WalkAnswer(BaseModel):
    """A page of the contents that a walk found, each with its least number of steps."""

    contents: list[WalkedContent]
    next_cursor: str | None


class NewContentQuestion(Question):
    """What the bytes in the request's body are."""

    content_type: ContentType


class ContentsQuestion(PageQuestion):
    """Which contents of a user are listed, of the caller if none is named."""

    user_id: UserId | None = None
    content_type: ContentType | None = None
    tag: TagName | None = None
    created_from: Moment | None = None
    created_before: Moment | None = None
    include_deleted: bool = False

    def filter(self) -> ContentFilter:
        """What the repository filters by."""
        return ContentFilter(self.content_type, self.tag, self.created_from, self.created_before, self.include_deleted)


class TagsQuestion(PageQuestion):
    """Whose tags are listed, the caller's if no user is named."""

    user_id: UserId | None = None


class TagQuestion(Question):
    """The tag that a content is given."""

    name: TagName


class RelationQuestion(Question):
    """Which content the one in the path relates to, and how."""

    to_id: ContentId
    kind: RelationKind

    def relation_from(self, content_id: str) -> NewRelation:
        """The relation for the repository; ValidationFailedError if it leads to itself."""
        return NewRelation(content_id, self.to_id, self.kind)


class RelationsQuestion(PageQuestion):
    """Which relations of a content are listed."""

    direction: Direction | None = None
    kind: RelationKind | None = None

    def filter(self) -> RelationFilter:
        """What the repository filters by."""
        return RelationFilter(self.direction, self.kind)


class WalkQuestion(PageQuestion):
    """Along which kinds of relations a walk leads, and how many steps far."""

    kind: Kinds = Field(default=[RelationKind.DERIVED_FROM])
    max_depth: Annotated[int, Field(ge=1, le=LARGEST_DEPTH)] = DEFAULT_DEPTH

    def walk(self, direction: Direction) -> Walk:
        """The walk for the repository."""
        return Walk(direction, frozenset(self.kind), self.max_depth)
