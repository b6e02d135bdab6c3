"""A file's whole life, lived through the service's HTTP interface and told by ClickHouse: who did what, and why."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from analytics.changes import Actor
from analytics.timeline import timeline
from services.file_service.cleaning import PURGER, Cleaning
from services.file_service.tests.service import Service, running_service, settings_for
from services.file_service.text_extraction.workers import WorkerDocumentReader
from tests.pipeline.capture import Capture
from tests.support.declared_tables import table_named

FILE_ROUTE = "/v1/files/<uuid:file_id>"
PURGED = Actor(PURGER.user_id, None, PURGER.route, PURGER.reason)
# By the database's clock everything was deleted longer ago than that.
AT_ONCE = timedelta(seconds=-60)


@pytest_asyncio.fixture(name="service")
async def _service(capture: Capture, tmp_path: Path) -> AsyncIterator[Service]:
    """The file service as it is, on the captured database."""
    reader = WorkerDocumentReader(workers=1, seconds=30.0, memory_bytes=1 << 30)
    settings = settings_for(capture.database, f"file://{tmp_path}/objects")
    async with running_service(settings, capture.database, reader) as running:
        yield running
    await reader.close()


@pytest.fixture(name="streaming", autouse=True)
def _streaming(capture: Capture) -> Iterator[None]:
    with capture.streaming():
        yield


def actor(route: str, user_id: str = "anna", reason: str | None = None) -> Actor:
    """Someone in a request of its own."""
    return Actor(user_id, str(uuid4()), route, reason)


def headers(sender: Actor) -> dict[str, str]:
    """The headers of the request that makes this actor."""
    sent = {
        "X-User-ID": sender.user_id,
        "X-User-Roles": "admin" if sender.user_id == "head" else None,
        "X-Correlation-ID": sender.correlation_id,
        "X-Change-Reason": sender.reason,
    }
    return {name: value for name, value in sent.items() if value is not None}


def succeeded(answer: httpx.Response) -> None:
    assert answer.status_code in {200, 201}, answer.text


def told(capture: Capture, table: str, key: str) -> list[tuple[str, Actor]]:
    """What a key's timeline says of each change: what it was, and whose."""
    found = timeline(capture.clickhouse, table_named(table), key)
    return [(change.version.op, change.version.actor) for change in found]


async def test_each_step_of_a_files_life_is_told_with_who_did_it_in_which_request_and_why(
    service: Service, capture: Capture
) -> None:
    upload = actor("POST /v1/batches/<uuid:batch_id>/files", reason="handed in late")
    version = actor(f"POST {FILE_ROUTE}/versions", reason="the right essay")
    status = actor(f"PATCH {FILE_ROUTE}/status", "head", "to be read again")
    first, restored, second = (
        actor(f"DELETE {FILE_ROUTE}"),
        actor(f"POST {FILE_ROUTE}/restore", "head", "by mistake"),
        actor(f"DELETE {FILE_ROUTE}"),
    )
    file_id = (await service.stored_file(headers=headers(upload)))["file_id"]
    path = f"/v1/files/{file_id}"
    succeeded(await service.upload_version(file_id, headers=headers(version)))
    succeeded(await service.client.patch(f"{path}/status", json={"status": "pending"}, headers=headers(status)))
    succeeded(await service.client.delete(path, headers=headers(first)))
    succeeded(await service.client.post(f"{path}/restore", headers=headers(restored)))
    succeeded(await service.client.delete(path, headers=headers(second)))
    assert await (await service.container.get(Cleaning)).purge_deleted_files(AT_ONCE) == 1
    capture.catch_up()

    # An upload stores the file and then what its text was found to be; so does each version.
    assert told(capture, "file.files", file_id) == [
        ("c", upload),
        ("u", upload),
        ("u", version),
        ("u", version),
        ("u", status),
        ("u", first),
        ("u", restored),
        ("u", second),
        ("d", PURGED),
    ]
    assert told(capture, "file.file_versions", f"{file_id},1") == [("c", upload), ("d", PURGED)]
    assert told(capture, "file.file_versions", f"{file_id},2") == [("c", version), ("d", PURGED)]
    capture.assert_whole()
