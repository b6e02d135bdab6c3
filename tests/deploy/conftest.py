"""One running ClickHouse endpoint for the tests of this folder, and a database of its own for each test."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import httpx
import pytest

from deploy.local.clickhouse.starter import ClickHouse, running_clickhouse

PASSWORD = "s3cr:t/ü"
_NUMBERS = count()


@dataclass(frozen=True)
class Endpoint:
    """A running endpoint and its data directory."""

    server: ClickHouse
    directory: Path


@pytest.fixture(scope="session", name="endpoint")
def endpoint_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    directory: Path = tmp_path_factory.mktemp("endpoint")
    with running_clickhouse(directory, password=PASSWORD) as server:
        yield Endpoint(server, directory)


@pytest.fixture(name="http")
def http_fixture(endpoint: Endpoint) -> Iterator[httpx.Client]:
    """An HTTP client whose statements run in a fresh database."""
    name = f"d{next(_NUMBERS)}"
    headers = httpx.Headers({"X-ClickHouse-User": "default", "X-ClickHouse-Key": PASSWORD}, encoding="utf-8")
    address = f"http://{endpoint.server.host}:{endpoint.server.port}"
    with httpx.Client(base_url=address, headers=headers, timeout=60) as client:
        client.post("/", content=f"CREATE DATABASE {name}").raise_for_status()
        client.params = httpx.QueryParams(database=name, async_insert=0)
        yield client
        client.post("/", content=f"DROP DATABASE {name} SYNC", params={"database": "default"}).raise_for_status()


def wait_until(reached: Callable[[], bool], seconds: float = 20) -> None:
    """Poll until `reached`; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.05)
