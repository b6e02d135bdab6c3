import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from dishka import Provider, Scope, decorate

from services.file_service.cleaning import Cleaning
from services.file_service.object_store import ObjectStore, ObjectStoreUnavailableError, new_storage_key
from services.file_service.tests.documents import ESSAY
from services.file_service.tests.service import Service, running_service, settings_for
from services.file_service.text_extraction.workers import DocumentReader
from tests.support.callers import ANNA
from tests.support.postgres import CreateDatabase
from tests.support.sql import run

# By the store's clock everything is older than that.
AT_ONCE = timedelta(seconds=-60)


async def keys(store: ObjectStore) -> set[str]:
    return {key async for key in store.keys_stored_before(datetime.now(UTC) + timedelta(minutes=1))}


async def test_bytes_without_a_row_are_swept_and_all_others_stay(service: Service) -> None:
    file = await service.stored_file()
    await service.upload_version(file["file_id"], content=(ESSAY * 2).encode())
    store = await service.container.get(ObjectStore)
    named = await keys(store)
    orphans = {new_storage_key() for _ in range(3)}
    for orphan in orphans:
        await store.put_new(orphan, b"bytes whose row was never committed")
    cleaning = await service.container.get(Cleaning)
    assert await cleaning.sweep_orphaned_bytes(timedelta(hours=1)) == 0
    assert await cleaning.sweep_orphaned_bytes(AT_ONCE) == len(orphans)
    assert await keys(store) == named
    assert len(named) == 2


async def test_what_others_keep_in_the_same_place_is_never_swept(service: Service) -> None:
    store = await service.container.get(ObjectStore)
    await store.put_new("backups/of-another-system", b"precious")
    assert await (await service.container.get(Cleaning)).sweep_orphaned_bytes(AT_ONCE) == 0
    assert await keys(store) == {"backups/of-another-system"}


async def test_a_deleted_file_is_purged_with_its_bytes_when_its_time_is_over(service: Service) -> None:
    kept = await service.stored_file("kept.txt")
    deleted = await service.stored_file("deleted.txt")
    await service.upload_version(deleted["file_id"])
    await service.client.delete(f"/v1/files/{deleted['file_id']}", headers=ANNA)
    cleaning = await service.container.get(Cleaning)
    assert await cleaning.purge_deleted_files(timedelta(hours=1)) == 0
    assert await cleaning.purge_deleted_files(AT_ONCE) == 1
    assert len(await keys(await service.container.get(ObjectStore))) == 1
    gone = await service.client.get(f"/v1/files/{deleted['file_id']}", params={"include_deleted": "true"}, headers=ANNA)
    assert gone.status_code == 404
    assert (await service.client.get(f"/v1/files/{kept['file_id']}/content", headers=ANNA)).content == ESSAY.encode()
    assert run(service.database.app_url, "SELECT count(*) FROM file_versions") == [(1,)]


async def test_replicas_that_clean_at_the_same_time_do_no_harm(service: Service) -> None:
    for number in range(8):
        file = await service.stored_file(f"{number}.txt")
        if number % 2:
            await service.client.delete(f"/v1/files/{file['file_id']}", headers=ANNA)
    store = await service.container.get(ObjectStore)
    await store.put_new(new_storage_key(), b"orphan")
    cleaning = await service.container.get(Cleaning)
    purged = await asyncio.gather(*(cleaning.purge_deleted_files(AT_ONCE) for _ in range(4)))
    assert sum(purged) == 4
    await asyncio.gather(*(cleaning.sweep_orphaned_bytes(AT_ONCE) for _ in range(4)))
    assert len(await keys(store)) == 4
    assert len((await service.client.get("/v1/files", headers=ANNA)).json()["files"]) == 4


class FailingDeletions(Provider):
    """The real store, but that no deletion succeeds while `failing`."""

    def __init__(self) -> None:
        super().__init__()
        self.failing = True

    @decorate(scope=Scope.APP)
    def store(self, real: ObjectStore) -> ObjectStore:
        delete = real.delete

        async def unreliable_delete(key: str) -> None:
            if self.failing:
                raise ObjectStoreUnavailableError("told to fail")
            await delete(key)

        real.delete = unreliable_delete  # type: ignore[method-assign]
        return real


async def test_bytes_that_could_not_be_deleted_with_their_row_are_swept_later(
    service_database: CreateDatabase, object_store_url: str, document_reader: DocumentReader
) -> None:
    database, deletions = service_database("file"), FailingDeletions()
    settings = settings_for(database, object_store_url)
    async with running_service(settings, database, document_reader, deletions) as service:
        file = await service.stored_file()
        await service.client.delete(f"/v1/files/{file['file_id']}", headers=ANNA)
        cleaning, store = await service.container.get(Cleaning), await service.container.get(ObjectStore)
        with pytest.raises(ObjectStoreUnavailableError):
            await cleaning.purge_deleted_files(AT_ONCE)
        assert run(database.app_url, "SELECT count(*) FROM files") == [(0,)]
        assert len(await keys(store)) == 1
        deletions.failing = False
        assert await cleaning.sweep_orphaned_bytes(AT_ONCE) == 1
        assert await keys(store) == set()


async def test_the_row_that_is_refused_takes_its_bytes_along(service: Service) -> None:
    """A file deleted between the first look and the row: the bytes are stored already, and are deleted at once."""
    file = await service.stored_file()
    run(
        service.database.migrator_url,
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE unique_violation; END $$;"
        "CREATE TRIGGER refuse BEFORE INSERT ON file_versions FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    assert (await service.upload_version(file["file_id"])).status_code == 409
    response = await service.upload(("essay.txt", ESSAY.encode()))
    assert response.json()["results"][0]["status"] == 409
    assert len(await keys(await service.container.get(ObjectStore))) == 1
