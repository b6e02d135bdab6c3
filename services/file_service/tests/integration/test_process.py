"""The service as it is started: a process of its own, with processes of its own that read documents."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import pytest

from services.file_service.tests.documents import ESSAY
from services.registry import service_named
from tests.support.callers import ANNA
from tests.support.postgres import CreateDatabase
from tests.support.service_process import SECONDS_TO_STOP, ServiceProcess, service_process

FILE = service_named("file")


@pytest.fixture(name="variables")
def _variables(service_database: CreateDatabase, tmp_path: Path) -> dict[str, str]:
    return {
        "FILE_SERVICE_DATABASE_URL": service_database("file").app_url,
        "FILE_SERVICE_OBJECT_STORE_URL": f"file://{tmp_path}/objects",
        "FILE_SERVICE_EXTRACTION_WORKERS": "1",
    }


def _stop(process: ServiceProcess) -> None:
    assert process.stop() == 0


def _kill(process: ServiceProcess) -> None:
    process.popen.kill()
    process.popen.wait(SECONDS_TO_STOP)


async def _upload_at_once(url: str) -> None:
    """Versions from many callers, which count without a gap."""
    async with httpx.AsyncClient(base_url=url, headers=ANNA, timeout=60) as client:
        created = await client.post(f"/v1/batches/{uuid4()}/files", files={"files": ("essay.txt", ESSAY.encode())})
        path = f"/v1/files/{created.json()['results'][0]['file']['file_id']}/versions"
        versions = (("e.txt", f"{number} {ESSAY}".encode()) for number in range(12))
        responses = await asyncio.gather(*(client.post(path, files={"file": version}) for version in versions))
        assert sorted(response.json()["version"]["version"] for response in responses) == list(range(2, 14))
        assert (await client.get(f"{path}/1/content")).content == ESSAY.encode()


@pytest.mark.parametrize("end", [_stop, _kill])
async def test_it_serves_many_callers_at_once_and_its_workers_end_with_it(
    end: Callable[[ServiceProcess], None], variables: dict[str, str], tmp_path: Path
) -> None:
    with service_process(FILE, variables, tmp_path) as process:
        await asyncio.to_thread(process.wait_until_serving)
        await _upload_at_once(process.url)
        workers = psutil.Process(process.popen.pid).children(recursive=True)
        assert workers
        end(process)
        _, alive = psutil.wait_procs(workers, timeout=SECONDS_TO_STOP)
        assert not alive


@pytest.mark.parametrize("url", ["ftp://somewhere", "file:///dev/null/objects"])
def test_an_object_store_that_cannot_be_is_explained_in_one_line(
    url: str, variables: dict[str, str], tmp_path: Path
) -> None:
    with service_process(FILE, variables | {"FILE_SERVICE_OBJECT_STORE_URL": url}, tmp_path) as process:
        code, complaint = process.ended()
    assert code == 2
    assert len(complaint.splitlines()) == 1, complaint
    assert url in complaint or "FILE_SERVICE_OBJECT_STORE_URL" in complaint
