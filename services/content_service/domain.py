"""What a content is in the content service, free of any database: its facts, its bytes, its tags and its relations."""

import enum
import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from services.kit.errors import ValidationFailedError
from services.kit.lifetime import Lifetime


class ContentType(enum.StrEnum):
    """What a content is to the platform."""

    ORIGINAL_ESSAY = "original_essay"
    CORRECTED_TEXT = "corrected_text"
    PROCESSING_LOG = "processing_log"
    STUDENT_PROMPT_TEXT = "student_prompt_text"
    CJ_RESULTS_JSON = "cj_results_json"
    ASSESSMENT_INSTRUCTIONS = "assessment_instructions"
    AI_FEEDBACK = "ai_feedback"


class RelationKind(enum.StrEnum):
    """How one content relates to another; read `from <kind> to`. Of these derived_from alone has no cycles."""

    DERIVED_FROM = "derived_from"
    CORRECTS = "corrects"
    BELONGS_TO = "belongs_to"
    PROMPT_FOR = "prompt_for"


class Direction(enum.StrEnum):
    """Which of a content's relations: those that lead from it, or those that lead to it."""

    OUTGOING = "outgoing"
    INCOMING = "incoming"


@dataclass(frozen=True)
class SentBytes:
    """Bytes as they came, the media type that their sender gave them, and the action in which they came."""

    mime_type: str
    body: bytes
    correlation_id: UUID

    @cached_property
    def sha256(self) -> str:
        """In lower-case hex."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True)
class NewContent:
    """What is to be stored; content_id: 32 lower-case hex characters."""

    content_id: str
    content_type: ContentType
    user_id: str
    sent: SentBytes


@dataclass(frozen=True)
class StoredContent(Lifetime):
    """A content as it is stored; `correlation_id` is that of the action that brought its bytes."""

    content_id: str
    content_type: ContentType
    mime_type: str
    size_bytes: int
    sha256: str
    user_id: str
    correlation_id: UUID


@dataclass(frozen=True)
class WalkedContent(StoredContent):
    """A content that a walk found, and in how many steps at least."""

    depth: int


@dataclass(frozen=True)
class ContentWithBytes:
    """A content and its bytes, of one moment."""

    content: StoredContent
    body: bytes


@dataclass(frozen=True)
class ContentFilter:
    """Which contents a list shows; a None asks for nothing. Times: created_from <= created_at < created_before."""

    content_type: ContentType | None = None
    tag: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None
    include_deleted: bool = False


@dataclass(frozen=True)
class Tag:
    """A word by which one user finds contents again; its name is unique among the user's."""

    tag_id: UUID
    user_id: str
    name: str
    created_at: datetime


@dataclass(frozen=True)
class NewRelation:
    """That one content relates to another; ValidationFailedError if it is the same."""

    from_id: str
    to_id: str
    kind: RelationKind

    def __post_init__(self) -> None:
        if self.from_id == self.to_id:
            raise ValidationFailedError("a content cannot relate to itself; to_id must be another's")


@dataclass(frozen=True)
class Relation(NewRelation):
    """A relation as it is stored."""

    relation_id: UUID
    created_by: str
    created_at: datetime


@dataclass(frozen=True)
class RelationFilter:
    """Which relations of a content a list shows; a None asks for nothing."""

    direction: Direction | None = None
    kind: RelationKind | None = None


@dataclass(frozen=True)
class Walk:
    """From one content along relations of these kinds, at most `max_depth` steps far."""

    direction: Direction
    kinds: frozenset[RelationKind]
    max_depth: int
