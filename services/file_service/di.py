"""How the file service is put together: one provider a concern."""

from collections.abc import AsyncIterator
from uuid import uuid4

from dishka import AsyncContainer, Provider, Scope, make_async_container, provide
from quart_dishka import QuartProvider
from sqlalchemy.ext.asyncio import AsyncSession

from services.file_service.cleaning import Cleaning
from services.file_service.config import FileServiceSettings
from services.file_service.downloading import Downloads
from services.file_service.file_repository_postgres_impl import PostgresFileRepository
from services.file_service.models_db import Base
from services.file_service.object_store import ObjectStore
from services.file_service.object_store_from_url import open_object_store
from services.file_service.protocols import FileRepository
from services.file_service.text_extraction.workers import DocumentReader, WorkerDocumentReader
from services.file_service.uploading import Uploader, Uploads
from services.kit.correlation import correlation_id
from services.kit.identity import Caller
from services.kit.postgres.actor import Actor
from services.kit.postgres.database import Database
from services.kit.postgres.unit_of_work import UnitOfWork
from services.kit.web.requests import current_actor, current_caller

SERVICE = "file"


class SettingsProvider(Provider):
    """What the environment says."""

    @provide(scope=Scope.APP)
    def settings(self) -> FileServiceSettings:
        """SettingsError names each variable that is missing or wrong."""
        return FileServiceSettings.load()


class DatabaseProvider(Provider):
    """The pool of connections, and for each request a session that carries its actor."""

    @provide(scope=Scope.APP)
    async def database(self, settings: FileServiceSettings) -> AsyncIterator[Database]:
        """Connects with its first query, so that the service starts while the database is away."""
        database = Database(settings, SERVICE, Base.metadata.tables)
        yield database
        await database.close()

    @provide(scope=Scope.REQUEST)
    async def session(self, database: Database, actor: Actor) -> AsyncIterator[AsyncSession]:
        """One session a request, shared by its repositories."""
        async with database.session(actor) as session:
            yield session

    unit_of_work = provide(UnitOfWork, scope=Scope.REQUEST)


class RepositoryProvider(Provider):
    """The implementations of the repositories' Protocols."""

    scope = Scope.REQUEST
    files = provide(PostgresFileRepository, provides=FileRepository)


class ObjectStoreProvider(Provider):
    """Where bytes are kept."""

    @provide(scope=Scope.APP)
    def store(self, settings: FileServiceSettings) -> ObjectStore:
        """ObjectStoreUrlError says what is wrong with the URL."""
        return open_object_store(settings.object_store_url, settings.object_store_timeout)


class DocumentReaderProvider(Provider):
    """The processes that read documents."""

    @provide(scope=Scope.APP)
    async def reader(self, settings: FileServiceSettings) -> AsyncIterator[DocumentReader]:
        """Ready once it is there, and stopped with the container."""
        reader = WorkerDocumentReader(
            settings.extraction_workers, settings.extraction_timeout, settings.extraction_memory_bytes
        )
        await reader.start()
        yield reader
        await reader.close()


class RequestProvider(Provider):
    """Who asks, and in which action."""

    scope = Scope.REQUEST
    caller = provide(staticmethod(current_caller))
    actor = provide(staticmethod(current_actor))

    @provide
    def uploader(self, caller: Caller) -> Uploader:
        """The caller, with the id of the action that every request has."""
        return Uploader(caller, correlation_id() or uuid4())


class UseCaseProvider(Provider):
    """What requests and background jobs do."""

    uploads = provide(Uploads, scope=Scope.REQUEST)
    downloads = provide(Downloads, scope=Scope.REQUEST)
    cleaning = provide(Cleaning, scope=Scope.APP)


def make_container(*overrides: Provider) -> AsyncContainer:
    """The service's container; what an override provides takes the place of what is provided here."""
    return make_async_container(
        SettingsProvider(),
        DatabaseProvider(),
        RepositoryProvider(),
        ObjectStoreProvider(),
        DocumentReaderProvider(),
        RequestProvider(),
        UseCaseProvider(),
        QuartProvider(),
        *overrides,
    )
