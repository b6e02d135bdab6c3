"""What the tests of the content service's storage put in, and through whose eyes they look."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

from services.content_service.content_repository_postgres_impl import PostgresContentRepository
from services.content_service.domain import ContentType, NewContent, NewRelation, RelationKind, SentBytes, StoredContent
from services.content_service.names import new_content_id
from services.content_service.protocols import ContentRepository, RelationRepository, TagRepository
from services.content_service.relation_repository_postgres_impl import PostgresRelationRepository
from services.content_service.tag_repository_postgres_impl import PostgresTagRepository
from services.kit.identity import Caller
from services.kit.postgres.database import Database
from tests.support.callers import HEAD, OWNER
from tests.support.storage import Storage, opened_database

ESSAY = b"Bj\xc3\xb6rnen sover."


def sent(body: bytes | None = None, mime_type: str = "text/plain") -> SentBytes:
    """Bytes that nobody else sent, unless some are given."""
    return SentBytes(mime_type, uuid4().bytes if body is None else body, uuid4())


def new_content(**differing: Any) -> NewContent:
    """An essay of the owner."""
    usual = NewContent(new_content_id(), ContentType.ORIGINAL_ESSAY, OWNER.user_id, sent())
    return replace(usual, **differing)


def opened(url: str, **settings: Any) -> Database:
    """The content service's database at `url`."""
    return opened_database("content", url, **settings)


class Contents(Storage[ContentRepository]):
    """The storages under test: of contents by itself, and beside it of tags and relations."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, PostgresContentRepository)
        self._tags: Storage[TagRepository] = Storage(database, PostgresTagRepository)
        self._relations: Storage[RelationRepository] = Storage(database, PostgresRelationRepository)

    @asynccontextmanager
    async def tags(self) -> AsyncIterator[TagRepository]:
        """The storage of tags in a transaction."""
        async with self._tags.transaction() as tags:
            yield tags

    @asynccontextmanager
    async def relations(self) -> AsyncIterator[RelationRepository]:
        """The storage of relations in a transaction."""
        async with self._relations.transaction() as relations:
            yield relations

    async def stored(self, **differing: Any) -> StoredContent:
        """A content that is stored."""
        async with self.transaction() as contents:
            content, _ = await contents.store(new_content(**differing))
        return content

    async def deleted(self, **differing: Any) -> StoredContent:
        """A content that is stored and then hidden."""
        content = await self.stored(**differing)
        async with self.transaction() as contents:
            return await contents.soft_delete(HEAD, content.content_id)

    async def related(
        self,
        begin: StoredContent,
        end: StoredContent,
        kind: RelationKind = RelationKind.DERIVED_FROM,
        caller: Caller = HEAD,
    ) -> None:
        """Relate one content to another."""
        async with self.relations() as relations:
            await relations.add(caller, NewRelation(begin.content_id, end.content_id, kind))
