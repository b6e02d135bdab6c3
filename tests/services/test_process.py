"""Any service as it is started: a process of its own, which says what is wrong, serves, and ends when it is told to."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import psycopg2
import pytest

from deploy.local.ports import LOOPBACK
from deploy.local.valkey import Valkey
from services.registry import SERVICES, Service, service_named
from tests.services.surroundings import list_of, surroundings_in
from tests.support.postgres import CreateDatabase
from tests.support.running_service import definition_of
from tests.support.service_database import ServiceDatabase
from tests.support.service_process import SECONDS_TO_STOP, ServiceProcess, service_process
from tests.support.sql import run
from tests.support.waiting import eventually

# What its process does before it serves is the kit's: one service shows it, the one that needs nothing but a database.
CONTENT = service_named("content")
ADDRESS = "postgresql+asyncpg://content_app@127.0.0.1:9/huleedu_content"
ENDINGS = [(service, signal.SIGINT if service == CONTENT else signal.SIGTERM) for service in SERVICES]
WAITING = "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@contextmanager
def _locked(place: ServiceDatabase) -> Iterator[None]:
    """Nobody reads or writes a table of the service meanwhile."""
    tables = ", ".join(definition_of(place.service).metadata.tables)
    with closing(psycopg2.connect(place.superuser_dsn)) as connection, connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
        yield


async def _refuses(process: ServiceProcess) -> bool:
    """Whether nobody listens there any more."""
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, int(process.url.rpartition(":")[2]))
    except ConnectionRefusedError:
        return True
    writer.close()
    return False


@pytest.mark.parametrize(("service", "number"), ENDINGS, ids=lambda value: getattr(value, "name", None))
async def test_a_signal_ends_it_with_0_and_the_request_in_progress_is_answered(
    service: Service,
    number: signal.Signals,
    service_database: CreateDatabase,
    valkey_server: Valkey,
    tmp_path: Path,
) -> None:
    place, surroundings = service_database(service.name), surroundings_in(tmp_path, valkey_server.url)
    told = {"DATABASE_URL": place.app_url, **surroundings.variables(service)}
    variables = {f"{service.env_prefix}{name}": text for name, text in told.items()}

    async def request_waits() -> bool:
        return run(place.superuser_dsn, WAITING) == [(True,)]

    with service_process(service, variables, tmp_path) as process:
        await asyncio.to_thread(process.wait_until_serving)
        async with httpx.AsyncClient(base_url=process.url, headers=surroundings.headers(service), timeout=60) as client:
            with _locked(place):
                asked = asyncio.create_task(client.get(list_of(service)))
                await eventually(request_waits)
                process.popen.send_signal(number)
                await eventually(lambda: _refuses(process))
            assert (await asked).status_code == 200
        assert process.popen.wait(SECONDS_TO_STOP) == 0


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({}, "CONTENT_SERVICE_DATABASE_URL"),
        ({"CONTENT_SERVICE_DATABASE_URL": "mysql://root@localhost/x"}, "CONTENT_SERVICE_DATABASE_URL"),
        ({"CONTENT_SERVICE_DATABASE_URL": ADDRESS, "CONTENT_SERVICE_PORT": "seven"}, "CONTENT_SERVICE_PORT"),
    ],
)
def test_what_is_wrong_with_its_variables_is_said_in_one_line(
    variables: dict[str, str], named: str, tmp_path: Path
) -> None:
    with service_process(CONTENT, variables, tmp_path) as process:
        code, complaint = process.ended()
    assert code == 2
    assert named in complaint
    assert len(complaint.splitlines()) == 1, complaint


def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        with service_process(CONTENT, {"CONTENT_SERVICE_DATABASE_URL": ADDRESS}, tmp_path, port) as process:
            code, complaint = process.ended()
    assert code == 2
    assert complaint.startswith(f"cannot listen on {LOOPBACK}:{port}: Address already in use")
    assert len(complaint.splitlines()) == 1
