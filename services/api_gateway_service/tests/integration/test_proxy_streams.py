"""Bodies pass through the gateway as streams, both ways; and what becomes of a request whose other end fails."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from deploy.local.valkey import Valkey
from services.api_gateway_service.request_measuring import CLIENT_CLOSED
from services.api_gateway_service.tests.gateway import Gateway, running_gateway, settings_for
from services.api_gateway_service.tests.scripted_upstream import (
    Asked,
    Receive,
    ScriptedUpstream,
    Send,
    answer,
    read_all,
    scripted_upstream,
)
from services.api_gateway_service.tests.token_factory import TokenFactory
from tests.support.served import served
from tests.support.service_database import ServiceTemplates

UPLOAD, DOWNLOAD = f"/v1/batches/{uuid4()}/files", f"/v1/files/{uuid4()}/content"
OF_ANOTHER_SERVICE = "/v1/tags"
CHUNK = b"x" * 65_536
SILENCE = 2.0


@dataclass(frozen=True)
class Line:
    """A gateway on a real port, the service behind it, and a client before it."""

    gateway: Gateway
    upstream: ScriptedUpstream
    client: httpx.AsyncClient

    def headers(self) -> dict[str, str]:
        return self.gateway.tokens.headers()


@pytest_asyncio.fixture(name="shared_line", scope="module", loop_scope="session")
async def _shared_line(
    service_templates: ServiceTemplates, valkey_server: Valkey, tokens: TokenFactory
) -> AsyncIterator[Line]:
    """Impatient, with one connection to each service; content is a service of its own."""
    database = service_templates.create("api_gateway")
    async with scripted_upstream() as upstream, scripted_upstream() as other:
        settings = settings_for(
            database,
            valkey_server.url,
            tokens,
            file_service_url=upstream.url,
            content_service_url=other.url,
            upstream_connections=1,
            upstream_connect_timeout=SILENCE,
            upstream_timeout=SILENCE,
        )
        async with (
            running_gateway(settings, database, tokens) as gateway,
            served(gateway.app) as url,
            httpx.AsyncClient(base_url=url, timeout=60) as client,
        ):
            yield Line(gateway, upstream, client)
    service_templates.drop(database)


@pytest.fixture(name="line")
def _line(shared_line: Line) -> Line:
    """As if nothing had been asked yet."""
    shared_line.upstream.forget()
    shared_line.gateway.requests.records.clear()
    return shared_line


def _refused(answered: httpx.Response) -> tuple[int, str, str]:
    error = answered.json()["error"]
    return answered.status_code, error["code"], error["details"].get("upstream", "")


async def test_an_upload_arrives_while_it_is_still_being_sent(line: Line) -> None:
    begun = asyncio.Event()

    async def tell_when_it_begins(asked: Asked, receive: Receive, send: Send) -> None:
        asked.body.append((await receive())["body"])
        begun.set()
        await read_all(asked, receive)
        await answer(send, 201)

    async def chunks() -> AsyncIterator[bytes]:
        yield b"the first part"
        await begun.wait()
        yield b", and the rest"

    line.upstream.behaviour = tell_when_it_begins
    answered = await line.client.post(UPLOAD, content=chunks(), headers=line.headers())
    assert answered.status_code == 201
    assert b"".join(line.upstream.asked[0].body) == b"the first part, and the rest"


async def test_a_download_arrives_while_it_is_still_being_sent(line: Line) -> None:
    first_came = asyncio.Event()

    async def in_two_parts(_asked: Asked, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"11")]})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        await first_came.wait()
        await send({"type": "http.response.body", "body": b"second", "more_body": False})

    line.upstream.behaviour = in_two_parts
    async with line.client.stream("GET", DOWNLOAD, headers=line.headers()) as answered:
        assert answered.headers["Content-Length"] == "11"
        chunks = answered.aiter_raw()
        assert await anext(chunks) == b"first"
        first_came.set()
        assert b"".join([chunk async for chunk in chunks]) == b"second"


async def test_what_is_large_passes_both_ways_unchanged(line: Line) -> None:
    async def echo_length_and_answer_much(asked: Asked, receive: Receive, send: Send) -> None:
        await read_all(asked, receive)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(200):
            await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    line.upstream.behaviour = echo_length_and_answer_much
    sent = 200 * len(CHUNK)
    answered = await line.client.post(UPLOAD, content=CHUNK * 200, headers=line.headers())
    assert answered.content == CHUNK * 200
    (asked,) = line.upstream.asked
    assert sum(map(len, asked.body)) == sent
    assert asked.header("content-length") == [str(sent)]
    await line.client.get(OF_ANOTHER_SERVICE, headers=line.headers())  # the record before is complete by then
    record = line.gateway.requests.records[0]
    assert (record.request_bytes, record.response_bytes) == (sent, sent)


async def test_a_service_that_is_away_is_a_503(line: Line) -> None:
    answered = await line.client.get("/v1/spellcheck/jobs", headers=line.headers())
    assert _refused(answered) == (503, "upstream_unavailable", "spell_checker")
    assert int(answered.headers["Retry-After"]) > 0


async def test_a_service_that_says_nothing_is_a_503_and_holds_up_no_other(line: Line) -> None:
    asked_at_all, done = asyncio.Event(), asyncio.Event()

    async def silence(_asked: Asked, _receive: Receive, _send: Send) -> None:
        asked_at_all.set()
        await done.wait()

    line.upstream.behaviour = silence
    silent = [asyncio.create_task(line.client.get(DOWNLOAD, headers=line.headers())) for _ in range(3)]
    await asked_at_all.wait()
    assert (await line.client.get(OF_ANOTHER_SERVICE, headers=line.headers())).status_code == 200
    answered = await asyncio.gather(*silent)
    done.set()
    assert [_refused(each) for each in answered] == [(503, "upstream_unavailable", "file")] * 3
    line.upstream.forget()
    assert (await line.client.get(DOWNLOAD, headers=line.headers())).status_code == 200


async def test_an_answer_that_breaks_off_never_looks_whole(line: Line) -> None:
    async def break_off(_asked: Asked, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ConnectionResetError

    line.upstream.behaviour = break_off
    with pytest.raises(httpx.RemoteProtocolError):
        await line.client.get(DOWNLOAD, headers=line.headers())
    line.upstream.forget()
    assert (await line.client.get(DOWNLOAD, headers=line.headers())).status_code == 200


async def test_an_early_refusal_is_passed_on(line: Line) -> None:
    async def refuse(_asked: Asked, _receive: Receive, send: Send) -> None:
        await answer(send, 413, b"too much")

    line.upstream.behaviour = refuse
    answered = await line.client.post(UPLOAD, content=b"much", headers=line.headers())
    assert (answered.status_code, answered.content) == (413, b"too much")


async def test_a_client_that_goes_in_the_middle_of_its_upload_is_gone_for_the_service_too(line: Line) -> None:
    begun, gone = asyncio.Event(), asyncio.Event()

    async def read_until_gone(_asked: Asked, receive: Receive, _send: Send) -> None:
        begun.set()
        while (await receive())["type"] != "http.disconnect":
            pass
        gone.set()

    async def part_of_it() -> AsyncIterator[bytes]:
        yield b"part"
        await begun.wait()
        raise ConnectionAbortedError

    line.upstream.behaviour = read_until_gone
    with pytest.raises(ConnectionAbortedError):
        await line.client.post(UPLOAD, content=part_of_it(), headers=line.headers())
    async with asyncio.timeout(30):
        await gone.wait()
    line.upstream.forget()
    assert (await line.client.get(DOWNLOAD, headers=line.headers())).status_code == 200
    assert line.gateway.requests.records[0].status == CLIENT_CLOSED
