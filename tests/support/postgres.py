"""Fixtures on a real PostgreSQL: one server a run, local or in Docker, and a service's database per test."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from deploy.local.postgres import SETTINGS, Postgres, running_postgres
from tests.support.directories import server_directory
from tests.support.service_database import ServiceDatabase, ServiceTemplates

PARTS_VARIABLE = "HULEEDU_TEST_PARTS"
IMAGE = "postgres:18"
REPLICATION = ("wal_level", "max_replication_slots", "max_wal_senders", "max_connections", "max_slot_wal_keep_size")

CreateDatabase = Callable[..., ServiceDatabase]


@pytest.fixture(scope="session", name="postgres_server")
def postgres_server_fixture() -> Iterator[Postgres]:
    """The run's server: in Docker with HULEEDU_TEST_PARTS=docker, local otherwise."""
    with _containerised() if os.environ.get(PARTS_VARIABLE) == "docker" else _local() as server:
        yield server


@pytest.fixture(scope="session", name="service_templates")
def service_templates_fixture(postgres_server: Postgres) -> ServiceTemplates:
    """Makes databases of services, for a fixture of a wider scope than one test."""
    return ServiceTemplates(postgres_server)


@pytest.fixture(name="service_database")
def service_database_fixture(service_templates: ServiceTemplates) -> Iterator[CreateDatabase]:
    """`service_database("file")` makes a migrated database for this test; `migrated=False` one without tables."""
    created: list[ServiceDatabase] = []

    def create(service_name: str, *, migrated: bool = True) -> ServiceDatabase:
        created.append(service_templates.create(service_name, migrated=migrated))
        return created[-1]

    yield create
    for database in created:
        service_templates.drop(database)


@contextmanager
def _local() -> Iterator[Postgres]:
    with server_directory() as directory, running_postgres(directory) as server:
        yield server


@contextmanager
def _containerised() -> Iterator[Postgres]:
    from testcontainers.community.postgres import PostgresContainer  # pylint: disable=import-outside-toplevel

    options = [word for name in REPLICATION for word in ("-c", f"{name}={SETTINGS[name]}")]
    with PostgresContainer(IMAGE).with_command(["postgres", *options]) as running:
        yield Postgres(
            host=running.get_container_host_ip(),
            port=int(running.get_exposed_port(5432)),
            user=running.username,
            password=running.password,
            pid=0,
        )
