"""Through the gateway a real file service does what it does without it, for whom the token names."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest_asyncio

from deploy.local.valkey import Valkey
from services.api_gateway_service.tests.gateway import Gateway, running_gateway, settings_for
from services.api_gateway_service.tests.token_factory import TokenFactory
from services.registry import service_named
from tests.support.postgres import CreateDatabase
from tests.support.service_database import ServiceDatabase
from tests.support.service_process import service_process

ESSAY = ("On holidays we went to the sea. " * 10).encode()


@pytest_asyncio.fixture(name="gateway")
async def _gateway(
    gateway_database: ServiceDatabase,
    service_database: CreateDatabase,
    valkey: Valkey,
    tokens: TokenFactory,
    tmp_path: Path,
) -> AsyncIterator[Gateway]:
    """A gateway before a file service that runs as it does in production."""
    file = service_named("file")
    variables = {
        "FILE_SERVICE_DATABASE_URL": service_database("file").app_url,
        "FILE_SERVICE_OBJECT_STORE_URL": f"file://{tmp_path}/objects",
        "FILE_SERVICE_EXTRACTION_WORKERS": "1",
    }
    with service_process(file, variables, tmp_path) as process:
        process.wait_until_serving()
        settings = settings_for(gateway_database, valkey.url, tokens, file_service_url=process.url)
        async with running_gateway(settings, gateway_database, tokens) as running:
            yield running


async def test_files_go_in_and_come_out_for_their_owner_alone(gateway: Gateway) -> None:
    parts = {"files": ("essay.txt", ESSAY)}
    uploaded = await gateway.ask("POST", f"/v1/batches/{uuid4()}/files", files=parts)
    assert uploaded.status_code == 201, uploaded.text
    file = uploaded.json()["results"][0]["file"]
    assert file["user_id"] == "anna"
    place = f"/v1/files/{file['file_id']}"
    downloaded = await gateway.ask("GET", f"{place}/versions/1/content")
    assert downloaded.content == ESSAY
    assert downloaded.headers["Content-Disposition"].startswith("attachment")
    etag = {"If-None-Match": downloaded.headers["ETag"]}
    assert (await gateway.ask("GET", f"{place}/content", headers=etag)).status_code == 304
    assert (await gateway.ask("GET", place, "bert")).status_code == 404
    assert (await gateway.ask("GET", place, "root", "admin")).json() == file
    deleted = await gateway.ask("DELETE", place, headers={"If-Match": '"999"'})
    assert (deleted.status_code, deleted.json()["error"]["code"]) == (409, "row_version")
    assert gateway.last().route == "/v1/files/{file_id}"
    assert deleted.json()["error"]["correlation_id"] == str(gateway.last().correlation_id)
