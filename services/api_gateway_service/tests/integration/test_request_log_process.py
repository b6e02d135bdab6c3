"""The request log of a gateway that is told to stop while it is busy: no answer without its row."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deploy.local.valkey import Valkey
from services.api_gateway_service.tests.gateway import GATEWAY, variables_for
from services.api_gateway_service.tests.token_factory import TokenFactory
from tests.support.service_database import ServiceDatabase
from tests.support.service_process import ServiceProcess, service_process
from tests.support.sql import run

CALLERS = 8
ANSWERS_BEFORE_THE_END = 200
ROWS = "SELECT correlation_id, status FROM api_requests"


@pytest.fixture(name="process")
def _process(
    gateway_database: ServiceDatabase, valkey: Valkey, tokens: TokenFactory, tmp_path: Path
) -> Iterator[ServiceProcess]:
    """A gateway that would not write before its batch is full: what it has recorded waits in memory."""
    own = {"REQUEST_LOG_FLUSH_INTERVAL": "3600", "REQUEST_LOG_BATCH_SIZE": "150"}
    variables = variables_for(gateway_database, valkey.url, tokens, own)
    with service_process(GATEWAY, variables, tmp_path) as process:
        process.wait_until_serving()
        yield process


async def test_every_request_that_was_answered_has_one_row_after_sigterm_under_load(
    process: ServiceProcess, gateway_database: ServiceDatabase, tokens: TokenFactory
) -> None:
    answered: Counter[tuple[str, int]] = Counter()
    enough = asyncio.Event()
    callers = [asyncio.create_task(_call(process.url, tokens, answered, enough)) for _ in range(CALLERS)]
    await enough.wait()
    assert await asyncio.to_thread(process.stop) == 0
    await asyncio.gather(*callers)
    rows = Counter((str(correlation_id), status) for correlation_id, status in run(gateway_database.app_url, ROWS))
    assert {key: rows[key] for key in answered} == answered
    assert set(rows.values()) == {1}


async def _call(url: str, tokens: TokenFactory, answered: Counter[tuple[str, int]], enough: asyncio.Event) -> None:
    """Ask until nobody listens any more: good requests, ones without a token, and for what is not there."""
    good = tokens.headers("anna")
    questions = [("/v1/sessions", good), ("/v1/sessions", {}), ("/v1/files", good), ("/nowhere", {})]
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
        while True:
            for path, headers in questions:
                try:
                    answer = await client.get(path, headers=headers)
                except httpx.TransportError:
                    return
                answered[answer.headers["X-Correlation-ID"], answer.status_code] += 1
                if answered.total() >= ANSWERS_BEFORE_THE_END:
                    enough.set()
