"""Bytes leave with the headers that describe them, and not at all where they are not needed."""

import hashlib
from collections.abc import AsyncIterator

import pytest
from httpx import ASGITransport, AsyncClient
from quart import Quart, Response

from services.kit.web.downloads import (
    DescribedBytes,
    answer_with_bytes,
    answer_without_bytes,
    may_need_no_bytes,
    sha256_etag,
)

BODY = b"<script>An essay.</script>"
DESCRIBED = DescribedBytes("text/html", len(BODY), hashlib.sha256(BODY).hexdigest())
ETAG = sha256_etag(DESCRIBED.sha256)


async def _chunks() -> AsyncIterator[bytes]:
    yield BODY[:5]
    yield BODY[5:]


@pytest.fixture(name="client", params=["whole", "chunks"])
async def _client(request: pytest.FixtureRequest) -> AsyncIterator[AsyncClient]:
    app = Quart("sample")

    @app.get("/bytes")
    async def give() -> Response:
        answer = answer_without_bytes(DESCRIBED) if may_need_no_bytes() else None
        return answer or answer_with_bytes(DESCRIBED, BODY if request.param == "whole" else _chunks())

    transport = ASGITransport(app)  # type: ignore[arg-type]
    async with AsyncClient(transport=transport, base_url="http://sample") as client:
        yield client


async def test_bytes_come_as_they_are_and_no_browser_makes_a_page_of_them(client: AsyncClient) -> None:
    answer = await client.get("/bytes")
    assert (answer.status_code, answer.content) == (200, BODY)
    assert answer.headers["Content-Type"] == "text/html"
    assert answer.headers["Content-Length"] == str(len(BODY))
    assert answer.headers["Content-Disposition"] == "attachment"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["ETag"] == ETAG


async def test_head_tells_the_same_without_the_bytes(client: AsyncClient) -> None:
    head, whole = await client.head("/bytes"), await client.get("/bytes")
    assert dict(head.headers) == dict(whole.headers)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("known", [ETAG, f'"other", {ETAG}', "*"])
async def test_who_has_the_bytes_is_told_so(client: AsyncClient, method: str, known: str) -> None:
    answer = await client.request(method, "/bytes", headers={"If-None-Match": known})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["ETag"] == ETAG


async def test_who_has_other_bytes_gets_these(client: AsyncClient) -> None:
    answer = await client.get("/bytes", headers={"If-None-Match": '"other"'})
    assert (answer.status_code, answer.content) == (200, BODY)
