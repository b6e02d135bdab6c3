"""What the content service asks of its storage of contents, of tags and of relations.

None of the repositories commits: a unit of work does. What belongs to another is not found (NotFoundError), unless the
caller is an admin; so is what is deleted, unless asked for.
"""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.content_service.domain import (
    ContentFilter,
    ContentWithBytes,
    NewContent,
    NewRelation,
    Relation,
    RelationFilter,
    SentBytes,
    StoredContent,
    Tag,
    Walk,
    WalkedContent,
)
from services.kit.identity import Caller
from services.kit.paging import Page, PageRequest


class ContentRepository(Protocol):
    """Contents and their bytes. What is expected is what the caller last saw: ConflictError if it changed since."""

    @abstractmethod
    async def store(self, new: NewContent) -> tuple[StoredContent, bool]:
        """Store a content, and say whether it is new.

        It is not if its owner stored the same bytes as the same content type before: then that content is the answer,
        to all but one of those who come at once, too.
        """

    @abstractmethod
    async def get(self, caller: Caller, content_id: str, *, include_deleted: bool = False) -> StoredContent:
        """The content."""

    @abstractmethod
    async def get_with_bytes(
        self, caller: Caller, content_id: str, *, include_deleted: bool = False
    ) -> ContentWithBytes:
        """The content and its bytes, read at one moment."""

    @abstractmethod
    async def list_by_user(
        self, caller: Caller, user_id: str, wanted: ContentFilter, page: PageRequest
    ) -> Page[StoredContent]:
        """The user's contents, oldest first; NotFoundError if they are another's and the caller is no admin."""

    @abstractmethod
    async def replace(
        self, caller: Caller, content_id: str, sent: SentBytes, *, expected_sha256: str | None = None
    ) -> StoredContent:
        """Put other bytes in the place of the content's; ConflictError if the owner has them elsewhere already."""

    @abstractmethod
    async def soft_delete(
        self, caller: Caller, content_id: str, *, expected_row_version: int | None = None
    ) -> StoredContent:
        """Hide the content, until it is restored or purged."""

    @abstractmethod
    async def restore(
        self, caller: Caller, content_id: str, *, expected_row_version: int | None = None
    ) -> StoredContent:
        """Bring a deleted content back; ConflictError if it isn't deleted, or its bytes were stored anew."""

    @abstractmethod
    async def purge_deleted(self, before: datetime, limit: int) -> int:
        """Remove up to `limit` contents deleted before that moment, with bytes, tags and relations; say how many.

        Those go first that were deleted first; contents that somebody is just changing are left for the next time.
        """


class TagRepository(Protocol):
    """Tags: an owner's own words on their contents."""

    @abstractmethod
    async def add(self, caller: Caller, content_id: str, name: str) -> tuple[Tag, bool]:
        """Give the content its owner's tag of that name, made if there is none; say whether it didn't have it."""

    @abstractmethod
    async def remove(self, caller: Caller, content_id: str, tag_id: UUID) -> Tag:
        """Take the tag from the content; NotFoundError if it doesn't have it."""

    @abstractmethod
    async def list_of_content(self, caller: Caller, content_id: str, page: PageRequest) -> Page[Tag]:
        """The content's tags, in the order in which their owner made them."""

    @abstractmethod
    async def list_by_user(self, caller: Caller, user_id: str, page: PageRequest) -> Page[Tag]:
        """All tags of the user, oldest first; NotFoundError if they are another's and the caller is no admin."""

    @abstractmethod
    async def delete(self, caller: Caller, tag_id: UUID) -> Tag:
        """Take the tag from all contents and forget it."""


class RelationRepository(Protocol):
    """Relations between contents that the caller may touch; one end that they may not touch hides a relation."""

    @abstractmethod
    async def add(self, caller: Caller, new: NewRelation) -> tuple[Relation, bool]:
        """Relate two contents, and say whether they were not so related before.

        ConflictError if derived_from would lead back to where it began, also by relations that come at once.
        """

    @abstractmethod
    async def remove(self, caller: Caller, content_id: str, relation_id: UUID) -> Relation:
        """End a relation that leads from or to the content."""

    @abstractmethod
    async def list_of_content(
        self, caller: Caller, content_id: str, wanted: RelationFilter, page: PageRequest
    ) -> Page[Relation]:
        """The relations that lead from and to the content, oldest first."""

    @abstractmethod
    async def walk(self, caller: Caller, content_id: str, walk: Walk, page: PageRequest) -> Page[WalkedContent]:
        """The contents that relations lead to, each once with its least depth, oldest first, in one query.

        What the caller may not see, or what is deleted, is not walked through.
        """
