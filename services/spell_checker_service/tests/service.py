"""A spell checker on real parts, the real content service among them, and what its tests ask of it."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
from dishka import AsyncContainer, Provider, Scope, provide
from pydantic import SecretStr

from services.content_service.app import DEFINITION as CONTENT
from services.content_service.config import ContentServiceSettings
from services.spell_checker_service.app import DEFINITION
from services.spell_checker_service.config import SpellCheckerServiceSettings
from services.spell_checker_service.spelling.speller import Speller
from tests.support.callers import ANNA
from tests.support.running_service import running_service
from tests.support.service_database import ServiceDatabase

ESSAY = "Teh cat recieve alot of lettters from Björk."
CORRECTED = "The cat receive a lot of letters from Björk."
LONG_TIME = timedelta(days=1)


class ContentLink(httpx.AsyncBaseTransport):
    """The way to the content service, which a test can cut and mend."""

    def __init__(self, content: httpx.AsyncClient) -> None:
        self._content = content
        self.is_cut = False
        self.requests: list[tuple[str, str]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_cut:
            raise httpx.ConnectError("the link is cut", request=request)
        self.requests.append((request.method, request.url.path))
        return await self._content.send(
            self._content.build_request(
                request.method, request.url.raw_path.decode(), headers=request.headers, content=await request.aread()
            )
        )


class GivenParts(Provider):
    """Worker processes that many tests share, and the link to the content service of this test."""

    def __init__(self, speller: Speller, link: httpx.AsyncBaseTransport) -> None:
        super().__init__(scope=Scope.APP)
        self._speller = speller
        self._link = link

    @provide(override=True)
    def speller(self) -> Speller:
        return self._speller

    @provide(override=True)
    async def http_client(self) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(transport=self._link, base_url="http://content") as client:
            yield client


def settings_for(database: ServiceDatabase, **others: Any) -> SpellCheckerServiceSettings:
    values: dict[str, Any] = {
        "database_url": SecretStr(database.app_url),
        "content_service_url": "http://content",
        "max_text_bytes": 100_000,
        "max_request_bytes": 100_000,
        # Tests that are about what was left pending look for it themselves.
        "pending_interval": LONG_TIME,
    }
    return SpellCheckerServiceSettings(**values | others)


@dataclass(frozen=True)
class Service:
    """A running spell checker with the content service behind it."""

    client: httpx.AsyncClient
    container: AsyncContainer
    content: httpx.AsyncClient
    link: ContentLink

    async def stored_text(self, text: str | bytes = ESSAY, headers: Mapping[str, str] = ANNA) -> str:
        """The storage id of a text that the content service has."""
        question = {"content_type": "original_essay"}
        typed = {**headers, "Content-Type": "text/plain; charset=utf-8"}
        stored = await self.content.post("/v1/contents", params=question, content=text, headers=typed)
        assert stored.is_success, stored.text
        return str(stored.json()["content_id"])

    async def read_text(self, storage_id: str, headers: Mapping[str, str] = ANNA) -> str:
        read = await self.content.get(f"/v1/contents/{storage_id}/bytes", headers=headers)
        assert read.status_code == 200, read.text
        return read.content.decode()

    async def question(self, text: str | bytes = ESSAY, **differing: Any) -> dict[str, Any]:
        """What is asked for an essay of its own."""
        usual = {"batch_id": str(uuid4()), "essay_id": str(uuid4()), "language": "en"}
        stored = differing.get("original_storage_id") or await self.stored_text(text)
        return {**usual, "original_storage_id": stored, **differing}

    async def ask(
        self, question: Mapping[str, Any], key: str | None = None, headers: Mapping[str, str] = ANNA
    ) -> httpx.Response:
        keyed = {**headers, "Idempotency-Key": key or str(uuid4()), "Content-Type": "application/json"}
        return await self.client.post("/v1/spellcheck/jobs", content=json.dumps(question), headers=keyed)

    async def checked(self, text: str | bytes = ESSAY, **differing: Any) -> dict[str, Any]:
        """The job of a check that has to succeed."""
        response = await self.ask(await self.question(text, **differing))
        assert response.status_code == 201, response.text
        return dict(response.json())

    async def replace_text(self, storage_id: str, text: str, headers: Mapping[str, str] = ANNA) -> None:
        typed = {**headers, "Content-Type": "text/plain; charset=utf-8"}
        replaced = await self.content.put(f"/v1/contents/{storage_id}/bytes", content=text, headers=typed)
        assert replaced.status_code == 200, replaced.text

    async def refused(self) -> dict[str, Any]:
        """The job of a text that is not UTF-8."""
        response = await self.ask(await self.question(b"\xff" + uuid4().bytes))
        assert response.status_code == 422, response.text
        return dict(response.json())

    async def retry(
        self, job: Mapping[str, Any], key: str | None = None, headers: Mapping[str, str] = ANNA
    ) -> httpx.Response:
        keyed = {**headers, "Idempotency-Key": key or str(uuid4())}
        return await self.client.post(f"/v1/spellcheck/jobs/{job['job_id']}/retry", headers=keyed)

    async def read(self, path: str, headers: Mapping[str, str] = ANNA, **question: Any) -> httpx.Response:
        return await self.client.get(f"/v1/spellcheck/{path}", params=question, headers=headers)


@asynccontextmanager
async def running_content(database: ServiceDatabase) -> AsyncIterator[httpx.AsyncClient]:
    settings = ContentServiceSettings(database_url=SecretStr(database.app_url), purge_interval=LONG_TIME)
    async with running_service(CONTENT, settings) as content:
        yield content.client


@asynccontextmanager
async def running_spell_checker(
    settings: SpellCheckerServiceSettings, content: httpx.AsyncClient, speller: Speller
) -> AsyncIterator[Service]:
    link = ContentLink(content)
    async with running_service(DEFINITION, settings, GivenParts(speller, link)) as service:
        yield Service(service.client, service.container, content, link)
