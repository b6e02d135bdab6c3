"""What the file service's tests stand on."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from services.file_service.tests.service import Service, running_service, settings_for
from services.file_service.text_extraction.workers import DocumentReader, WorkerDocumentReader
from tests.support.postgres import CreateDatabase
from tests.support.service_database import ServiceTemplates


@pytest.fixture(name="object_store_url")
def object_store_url_fixture(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """An empty store: a directory, or a prefix of a real S3 server's bucket with HULEEDU_TEST_OBJECT_STORE=s3."""
    if os.environ.get("HULEEDU_TEST_OBJECT_STORE") == "s3":
        return str(request.getfixturevalue("s3_url"))
    return f"file://{tmp_path}/objects"


@pytest_asyncio.fixture(name="document_reader", scope="session", loop_scope="session")
async def document_reader_fixture() -> AsyncIterator[DocumentReader]:
    """One worker process for the whole run."""
    reader = WorkerDocumentReader(workers=1, seconds=30.0, memory_bytes=1 << 30)
    yield reader
    await reader.close()


@pytest_asyncio.fixture(name="service")
async def service_fixture(
    service_database: CreateDatabase, object_store_url: str, document_reader: DocumentReader
) -> AsyncIterator[Service]:
    """A service of this test alone, on a migrated database and an empty object store."""
    database = service_database("file")
    async with running_service(settings_for(database, object_store_url), database, document_reader) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_service(
    service_templates: ServiceTemplates, tmp_path_factory: pytest.TempPathFactory, document_reader: DocumentReader
) -> AsyncIterator[Service]:
    """A service that the tests of a module share: for those that look at nothing but their own files."""
    database = service_templates.create("file")
    objects = tmp_path_factory.mktemp("objects")
    async with running_service(settings_for(database, f"file://{objects}"), database, document_reader) as running:
        yield running
    service_templates.drop(database)
