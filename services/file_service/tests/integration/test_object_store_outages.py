"""What callers see while the object store is away, be it a directory or an S3 server, and that it passes by itself."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from services.file_service.tests.documents import ESSAY
from services.file_service.tests.service import Service, running_service, settings_for
from services.file_service.text_extraction.workers import DocumentReader
from tests.support.breakable_link import LOOPBACK, BreakableLink, breakable_link
from tests.support.callers import ANNA
from tests.support.postgres import CreateDatabase

GOOD = ("essay.txt", ESSAY.encode())
ERROR_FIELDS = {"code", "message", "correlation_id", "details"}


@dataclass(frozen=True)
class Mount:
    """A directory that is taken from its place and put back, as a disk is unmounted and mounted."""

    directory: Path

    async def cut(self) -> None:
        self.directory.rename(self._elsewhere)

    async def mend(self) -> None:
        self._elsewhere.rename(self.directory)

    @property
    def _elsewhere(self) -> Path:
        return self.directory.with_name("elsewhere")


@dataclass(frozen=True)
class Fragile:
    """A service whose object store can be taken away, and what must not be told of where that is."""

    service: Service
    link: Mount | BreakableLink
    secrets: tuple[str, ...]


@pytest_asyncio.fixture(name="link")
async def _link(object_store_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Mount | BreakableLink]:
    """What every service that starts from now on needs to reach the store at the URL."""
    if object_store_url.startswith("file:"):
        yield Mount(Path(urlsplit(object_store_url).path))
        return
    server = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    async with breakable_link(str(server.hostname), int(server.port or 0)) as link:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{LOOPBACK}:{link.port}")
        yield link


@pytest_asyncio.fixture(name="fragile")
async def _fragile(
    service_database: CreateDatabase,
    object_store_url: str,
    link: Mount | BreakableLink,
    document_reader: DocumentReader,
) -> AsyncIterator[Fragile]:
    database = service_database("file")
    async with running_service(settings_for(database, object_store_url), database, document_reader) as service:
        yield Fragile(service, link, (urlsplit(object_store_url).path, LOOPBACK))


async def test_while_the_object_store_is_away_only_bytes_are(fragile: Fragile) -> None:
    service = fragile.service
    file = await service.stored_file()
    path = f"/v1/files/{file['file_id']}"
    await fragile.link.cut()
    for response in (
        await service.upload(GOOD),
        await service.upload(GOOD, GOOD),
        await service.upload_version(file["file_id"]),
        await service.client.get(f"{path}/content", headers=ANNA),
    ):
        assert (response.status_code, set(response.json())) == (503, {"error"})
        error = response.json()["error"]
        assert (set(error), error["code"]) == (ERROR_FIELDS, "object_store_unavailable")
        assert error["correlation_id"] == response.headers["X-Correlation-ID"]
        assert "Retry-After" in response.headers
        assert not any(secret in response.text for secret in fragile.secrets)
    assert (await service.client.get(path, headers=ANNA)).json() == file
    health = await service.client.get("/healthz")
    assert (health.status_code, health.json()["checks"]["object_store"]) == (503, "failed")
    assert health.json()["checks"]["database"] == "ok"


async def test_once_the_object_store_is_back_bytes_come_and_go_again(fragile: Fragile) -> None:
    service = fragile.service
    file = await service.stored_file()
    await fragile.link.cut()
    assert (await service.upload(GOOD)).status_code == 503
    await fragile.link.mend()
    content = await service.client.get(f"/v1/files/{file['file_id']}/content", headers=ANNA)
    assert (content.status_code, content.content) == (200, ESSAY.encode())
    assert (await service.upload(GOOD)).status_code == 201
    assert (await service.upload_version(file["file_id"])).status_code == 201
    assert (await service.client.get("/healthz")).status_code == 200
