"""A file service on real parts, and what its tests ask of it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from dishka import AsyncContainer, Provider, Scope, provide
from pydantic import SecretStr

from services.file_service.app import DEFINITION
from services.file_service.config import FileServiceSettings
from services.file_service.tests.documents import ESSAY
from services.file_service.text_extraction.workers import DocumentReader
from tests.support.callers import ANNA
from tests.support.running_service import running_service as running
from tests.support.service_database import ServiceDatabase

LONG_TIME = timedelta(days=1)


class GivenReader(Provider):
    """Worker processes that many tests share."""

    def __init__(self, reader: DocumentReader) -> None:
        super().__init__()
        self._reader = reader

    @provide(scope=Scope.APP, override=True)
    def reader(self) -> DocumentReader:
        return self._reader


def settings_for(database: ServiceDatabase, object_store_url: str, **others: Any) -> FileServiceSettings:
    values: dict[str, Any] = {
        "database_url": SecretStr(database.app_url),
        "object_store_url": object_store_url,
        "extraction_workers": 1,
        "object_store_timeout": 3.0,
        "max_upload_bytes": 200_000,
        "max_request_bytes": 1_000_000,
        "max_files_per_upload": 5,
        # Tests that are about sweeping and purging run them themselves.
        "sweep_interval": LONG_TIME,
        "purge_interval": LONG_TIME,
    }
    return FileServiceSettings(**values | others)


@dataclass(frozen=True)
class Service:
    """A running service, what stands behind it, and a client that speaks HTTP's own form to it."""

    client: httpx.AsyncClient
    container: AsyncContainer
    settings: FileServiceSettings
    database: ServiceDatabase

    async def upload(
        self, *files: tuple[str, bytes], batch_id: UUID | None = None, headers: Mapping[str, str] = ANNA, **form: str
    ) -> httpx.Response:
        parts = [("files", each) for each in files]
        return await self.client.post(
            f"/v1/batches/{batch_id or uuid4()}/files", data=form, files=parts, headers=headers
        )

    async def upload_version(
        self, file_id: str, name: str = "essay.txt", content: bytes = ESSAY.encode(), headers: Mapping[str, str] = ANNA
    ) -> httpx.Response:
        return await self.client.post(f"/v1/files/{file_id}/versions", files={"file": (name, content)}, headers=headers)

    async def stored_file(
        self, name: str = "essay.txt", content: bytes = ESSAY.encode(), headers: Mapping[str, str] = ANNA, **form: Any
    ) -> dict[str, Any]:
        """The answer's `file` of an upload that has to succeed."""
        response = await self.upload((name, content), headers=headers, **form)
        assert response.status_code == 201, response.text
        return dict(response.json()["results"][0]["file"])


@asynccontextmanager
async def running_service(
    settings: FileServiceSettings, database: ServiceDatabase, reader: DocumentReader, *overrides: Provider
) -> AsyncIterator[Service]:
    async with running(DEFINITION, settings, GivenReader(reader), *overrides) as service:
        yield Service(service.client, service.container, settings, database)
