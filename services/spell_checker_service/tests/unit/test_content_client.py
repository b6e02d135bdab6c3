"""What the answers of the content service mean, those among them that the real one gives only when it is broken."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from uuid import uuid4

import httpx
import pytest

from services.kit.correlation import begin_action
from services.kit.errors import ServiceUnavailableError
from services.kit.identity import Caller
from services.spell_checker_service.content_client_http_impl import HttpContentClient
from services.spell_checker_service.domain import FailureCode
from services.spell_checker_service.refusal import TextRefusedError

ORIGINAL, CORRECTED = "0" * 32, "1" * 32
ANNA = Caller("anna", frozenset({"teacher"}))
Answer = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]


def client(answer: Answer, seconds: float = 30.0) -> HttpContentClient:
    asked = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://content")  # type: ignore[arg-type]
    return HttpContentClient(asked, seconds, max_text_bytes=10)


def answers(status: int, body: bytes = b"") -> HttpContentClient:
    return client(lambda _request: httpx.Response(status, content=body))


async def test_it_asks_in_the_callers_name_and_passes_the_correlation_id_on() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(201, json={"content_id": CORRECTED})

    correlation_id = begin_action(uuid4())
    assert await client(answer).store_corrected(ANNA, ORIGINAL, "Åsa") == CORRECTED
    store, relate = asked[0], asked[1]
    assert len(asked) == 2
    assert (str(store.url), store.content) == ("http://content/v1/contents?content_type=corrected_text", "Åsa".encode())
    assert store.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert relate.url.path == f"/v1/contents/{CORRECTED}/relations"
    assert json.loads(relate.content) == {"to_id": ORIGINAL, "kind": "corrects"}
    for request in asked:
        named = (request.headers["X-User-ID"], request.headers["X-User-Roles"], request.headers["X-Correlation-ID"])
        assert named == ("anna", "teacher", str(correlation_id))


async def test_a_text_is_read_as_it_is() -> None:
    assert await answers(200, "Åsa\r\n".encode()).read_text(ANNA, ORIGINAL) == "Åsa\r\n"


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (404, b"", FailureCode.TEXT_NOT_FOUND),
        (400, b"", FailureCode.TEXT_UNREADABLE),
        (200, b"\xff", FailureCode.TEXT_UNREADABLE),
        (200, b"a" * 11, FailureCode.TEXT_TOO_LARGE),
    ],
)
async def test_a_text_that_cannot_be_used_is_refused_with_the_reason(
    status: int, body: bytes, code: FailureCode
) -> None:
    with pytest.raises(TextRefusedError) as refused:
        await answers(status, body).read_text(ANNA, ORIGINAL)
    assert refused.value.failure.code is code


@pytest.mark.parametrize(("status", "code"), [(413, "CORRECTION_REFUSED"), (404, "TEXT_NOT_FOUND")])
async def test_a_correction_that_is_not_taken_is_refused(status: int, code: str) -> None:
    with pytest.raises(TextRefusedError) as refused:
        await answers(status).store_corrected(ANNA, ORIGINAL, "Åsa")
    assert refused.value.failure.code == code


@pytest.mark.parametrize("status", [301, 401, 403, 408, 429, 500, 503])
async def test_what_is_not_the_texts_fault_is_an_outage(status: int) -> None:
    with pytest.raises(ServiceUnavailableError, match=f"answered {status}"):
        await answers(status).read_text(ANNA, ORIGINAL)
    with pytest.raises(ServiceUnavailableError, match=f"answered {status}"):
        await answers(status).store_corrected(ANNA, ORIGINAL, "Åsa")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"content_id": "../etc"}', b'{"content_id": null}'])
async def test_an_answer_that_nobody_understands_is_an_outage(body: bytes) -> None:
    with pytest.raises(ServiceUnavailableError):
        await answers(201, body).store_corrected(ANNA, ORIGINAL, "Åsa")


async def test_nobody_there_is_an_outage_that_tells_no_address() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route to 10.0.0.7", request=request)

    with pytest.raises(ServiceUnavailableError, match=r"^the content service does not answer; try again later$"):
        await client(answer).read_text(ANNA, ORIGINAL)


async def test_silence_is_an_outage_when_the_time_is_over() -> None:
    async def answer(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(ServiceUnavailableError):
        await client(answer, seconds=0.01).read_text(ANNA, ORIGINAL)
