"""Fixtures on a real Valkey: one server a run, empty for each test."""

from collections.abc import Iterator

import pytest
from valkey import Valkey as Client

from deploy.local.valkey import Valkey, running_valkey
from tests.support.directories import server_directory

PASSWORD = "test-valkey"


@pytest.fixture(scope="session", name="valkey_server")
def valkey_server_fixture() -> Iterator[Valkey]:
    """The run's server, with whatever other tests left in it."""
    with server_directory() as directory, running_valkey(directory, password=PASSWORD) as server:
        yield server


@pytest.fixture(name="valkey")
def valkey_fixture(valkey_server: Valkey) -> Iterator[Valkey]:
    """The run's server, with no key in it now and none left after the test."""
    with Client.from_url(valkey_server.url) as client:
        client.flushall()
        yield valkey_server
        client.flushall()
