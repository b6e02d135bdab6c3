"""What callers see while the database is away, what becomes of bytes then, and that it passes without a restart."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio

from services.file_service.tests.documents import ESSAY
from services.file_service.tests.service import Service, running_service, settings_for
from services.file_service.text_extraction.workers import DocumentReader
from tests.support.breakable_link import BreakableLink
from tests.support.callers import ANNA
from tests.support.fragile_database import fragile_database
from tests.support.postgres import CreateDatabase

GOOD = ("essay.txt", ESSAY.encode())


@dataclass(frozen=True)
class Fragile:
    """A service whose database can be taken away, and the directory of its object store."""

    service: Service
    database_link: BreakableLink
    objects: Path


@pytest_asyncio.fixture(name="fragile")
async def fragile_fixture(
    service_database: CreateDatabase, tmp_path: Path, document_reader: DocumentReader
) -> AsyncIterator[Fragile]:
    async with fragile_database(service_database("file")) as (database, link):
        settings = settings_for(database, f"file://{tmp_path}/objects")
        async with running_service(settings, database, document_reader) as service:
            yield Fragile(service, link, tmp_path / "objects")


async def test_while_the_database_is_away_each_route_says_so_and_afterwards_works(fragile: Fragile) -> None:
    service = fragile.service
    file = await service.stored_file()
    path = f"/v1/files/{file['file_id']}"
    await fragile.database_link.cut()
    attempts = [
        await service.upload(GOOD, GOOD),
        await service.upload_version(file["file_id"]),
        await service.client.get(path, headers=ANNA),
        await service.client.get(f"{path}/content", headers=ANNA),
        await service.client.get("/v1/files", headers=ANNA),
        await service.client.patch(f"{path}/status", json={"status": "pending"}, headers=ANNA),
        await service.client.delete(path, headers=ANNA),
    ]
    for response in attempts:
        assert response.status_code == 503
        assert response.json()["error"]["code"] == "unavailable"
        assert "Retry-After" in response.headers
    await fragile.database_link.mend()
    assert (await service.client.get(path, headers=ANNA)).json() == file


async def test_bytes_whose_commit_nobody_confirmed_are_kept_for_the_sweep_to_judge(
    fragile: Fragile,
) -> None:
    """The commit may have succeeded: deleting its bytes would leave a row that points at nothing."""
    await fragile.service.stored_file()
    await fragile.database_link.cut()
    before = _stored_objects(fragile.objects)
    assert (await fragile.service.upload(GOOD)).status_code == 503
    assert len(_stored_objects(fragile.objects) - before) == 1


def _stored_objects(objects: Path) -> set[Path]:
    return {path for path in objects.rglob("*") if path.is_file()}


async def test_an_outage_is_met_once_and_not_again_with_every_file(fragile: Fragile) -> None:
    await fragile.database_link.cut()
    assert (await fragile.service.upload(*[GOOD] * 5)).status_code == 503
    assert len(_stored_objects(fragile.objects)) == 1
