"""Requests per second of two gateways that differ in one setting: whether requests are logged."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from deploy.local.valkey import running_valkey
from services.api_gateway_service.tests.gateway import GATEWAY, variables_for
from services.api_gateway_service.tests.token_factory import TokenFactory, new_factory
from tests.support.service_database import ServiceTemplates
from tests.support.service_process import service_process
from tests.support.sql import run

_CALLERS = 8
# A request that is authenticated, counted against a limit and answered from the database.
_PATH = "/v1/sessions"
_NO_LIMIT = "UPDATE rate_limit_policies SET request_limit = 1000000000"


@dataclass
class Speeds:
    """Requests per second, a figure for each round."""

    logged: list[float] = field(default_factory=list)
    not_logged: list[float] = field(default_factory=list)


async def requests_per_second(templates: ServiceTemplates, directory: Path, rounds: int, seconds: float) -> Speeds:
    """Ask both gateways in turn, `rounds` times for `seconds` each."""
    tokens, found = new_factory(directory), Speeds()
    with ExitStack() as parts:
        on = parts.enter_context(_gateway(templates, directory / "on", tokens, log="true"))
        off = parts.enter_context(_gateway(templates, directory / "off", tokens, log="false"))
        headers = tokens.headers("anna")
        for url in (on, off):
            await _round(url, headers, seconds)  # caches and connections
        for turn in range(rounds):
            pair = [(on, found.logged), (off, found.not_logged)]
            for url, speeds in pair if turn % 2 else pair[::-1]:
                speeds.append(await _round(url, headers, seconds))
    return found


@contextmanager
def _gateway(templates: ServiceTemplates, directory: Path, tokens: TokenFactory, *, log: str) -> Iterator[str]:
    database = templates.create(GATEWAY.name)
    run(database.migrator_url, _NO_LIMIT)
    directory.mkdir()
    with running_valkey(directory / "valkey", password="bench") as valkey:
        variables = variables_for(database, valkey.url, tokens, {"REQUEST_LOG_ENABLED": log})
        with service_process(GATEWAY, variables, directory) as process:
            process.wait_until_serving()
            yield process.url


async def _round(url: str, headers: dict[str, str], seconds: float) -> float:
    began = time.perf_counter()
    answered = await asyncio.gather(*(_call(url, headers, began + seconds) for _ in range(_CALLERS)))
    return sum(answered) / (time.perf_counter() - began)


async def _call(url: str, headers: dict[str, str], until: float) -> int:
    answered = 0
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=60) as client:
        while time.perf_counter() < until:
            (await client.get(_PATH)).raise_for_status()
            answered += 1
    return answered
