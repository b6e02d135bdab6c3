"""A content service on real parts, and what its tests ask of it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
from dishka import AsyncContainer

from services.content_service.app import DEFINITION
from services.content_service.config import ContentServiceSettings
from tests.support.callers import ANNA
from tests.support.running_service import running_service
from tests.support.service_database import ServiceDatabase

TEXT = "text/plain; charset=utf-8"
MOST_BYTES = 200_000


@dataclass(frozen=True)
class Service:
    """A running service, what stands behind it, and a client that speaks HTTP's own form to it."""

    client: httpx.AsyncClient
    container: AsyncContainer
    database: ServiceDatabase

    async def create(
        self, body: bytes, content_type: str = "original_essay", headers: Mapping[str, str] = ANNA, mime: str = TEXT
    ) -> httpx.Response:
        return await self.client.post(
            "/v1/contents",
            params={"content_type": content_type},
            content=body,
            headers=dict(headers) | {"Content-Type": mime},
        )

    async def stored(
        self, body: bytes | None = None, content_type: str = "original_essay", headers: Mapping[str, str] = ANNA
    ) -> dict[str, Any]:
        """The answer to bytes that have to be new; bytes that nobody else sent, unless some are given."""
        response = await self.create(body or uuid4().bytes, content_type, headers)
        assert response.status_code == 201, response.text
        return dict(response.json())

    async def relate(
        self, begin: Mapping[str, Any], end: Mapping[str, Any], kind: str, headers: Mapping[str, str] = ANNA
    ) -> httpx.Response:
        return await self.client.post(
            f"{path_of(begin)}/relations", json={"to_id": end["content_id"], "kind": kind}, headers=headers
        )

    async def get(self, path: str, headers: Mapping[str, str] = ANNA, **question: Any) -> httpx.Response:
        return await self.client.get(path, params=question, headers=headers)


def path_of(content: Mapping[str, Any]) -> str:
    return f"/v1/contents/{content['content_id']}"


@asynccontextmanager
async def running_content_service(database: ServiceDatabase, **others: Any) -> AsyncIterator[Service]:
    values: dict[str, Any] = {
        "database_url": database.app_url,
        "max_request_bytes": MOST_BYTES,
        # Tests that are about purging purge themselves.
        "purge_interval": timedelta(days=1),
    }
    settings = ContentServiceSettings(**values | others)
    async with running_service(DEFINITION, settings) as running:
        yield Service(running.client, running.container, database)
