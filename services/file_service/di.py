"""What the file service's container provides beside what every service has: one provider a concern."""

from collections.abc import AsyncIterator
from uuid import uuid4

from dishka import Provider, Scope, provide

from services.file_service.cleaning import Cleaning
from services.file_service.config import FileServiceSettings
from services.file_service.downloading import Downloads
from services.file_service.file_repository_postgres_impl import PostgresFileRepository
from services.file_service.object_store import ObjectStore
from services.file_service.object_store_from_url import open_object_store
from services.file_service.protocols import FileRepository
from services.file_service.text_extraction.workers import DocumentReader, WorkerDocumentReader
from services.file_service.uploading import Uploader, Uploads
from services.kit.correlation import correlation_id
from services.kit.identity import Caller


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


class UseCaseProvider(Provider):
    """What requests and background jobs do."""

    uploads = provide(Uploads, scope=Scope.REQUEST)
    downloads = provide(Downloads, scope=Scope.REQUEST)
    cleaning = provide(Cleaning, scope=Scope.APP)

    @provide(scope=Scope.REQUEST)
    def uploader(self, caller: Caller) -> Uploader:
        """The caller, with the id of the action that every request has."""
        return Uploader(caller, correlation_id() or uuid4())


PROVIDERS = (RepositoryProvider, ObjectStoreProvider, DocumentReaderProvider, UseCaseProvider)
