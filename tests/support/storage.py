"""A repository under test on a real PostgreSQL, one transaction at a time, as the service's least role."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from services.kit.postgres.actor import Actor
from services.kit.postgres.database import Database
from services.kit.postgres.metadata import metadata_of
from services.kit.postgres.settings import DatabaseSettings
from services.registry import service_named
from tests.support.callers import OWNER

Repository = TypeVar("Repository")


def opened_database(service: str, url: str, **settings: Any) -> Database:
    """The service's database at `url`, as the service opens it."""
    tables = metadata_of(service_named(service).models).tables
    return Database(DatabaseSettings(database_url=url, **settings), service, tables)


class Storage(Generic[Repository]):
    """Opens transactions on a database; several may be open at once."""

    def __init__(self, database: Database, repository: Callable[[AsyncSession], Repository]) -> None:
        self.database = database
        self._repository = repository

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Repository]:
        """The repository in a transaction, which commits at the end."""
        async with self.database.transaction(Actor(OWNER.user_id, route="test")) as session:
            yield self._repository(session)
