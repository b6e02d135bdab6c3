"""A service's three roles: what each may do, in a database that admits nobody else."""

import psycopg2
import pytest

from deploy.local.postgres import Postgres
from deploy.roles_postgres import bootstrap_service, superuser_session
from services.registry import service_named
from tests.support.postgres import CreateDatabase
from tests.support.service_database import PASSWORDS, ServiceDatabase, ServiceTemplates
from tests.support.sql import run

REFUSED = "permission denied|must be owner"


@pytest.fixture(name="database")
def database_fixture(service_database: CreateDatabase) -> ServiceDatabase:
    created = service_database("file", migrated=False)
    run(created.migrator_url, "CREATE TABLE essays (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text)")
    return created


def test_app_reads_and_writes_rows_of_the_migrators_tables(database: ServiceDatabase) -> None:
    run(database.app_url, "INSERT INTO essays (title) VALUES ('one'), ('two')")
    run(database.app_url, "UPDATE essays SET title = 'first' WHERE title = 'one'")
    run(database.app_url, "DELETE FROM essays WHERE title = 'two'")
    assert run(database.app_url, "SELECT title FROM essays") == [("first",)]


@pytest.mark.parametrize("statement", ["CREATE TABLE mine ()", "DROP TABLE essays", "TRUNCATE essays"])
def test_app_changes_no_schema(database: ServiceDatabase, statement: str) -> None:
    with pytest.raises(psycopg2.ProgrammingError, match=REFUSED):
        run(database.app_url, statement)


def test_cdc_reads_no_table_that_was_not_granted(database: ServiceDatabase) -> None:
    with pytest.raises(psycopg2.ProgrammingError, match=REFUSED):
        run(database.cdc_url, "SELECT * FROM essays")


def test_cdc_creates_a_replication_slot_and_app_does_not(database: ServiceDatabase) -> None:
    create = "SELECT pg_create_logical_replication_slot('{}', 'pgoutput')"
    run(database.cdc_url, create.format("roles_test"))
    with pytest.raises(psycopg2.ProgrammingError, match=REFUSED):
        run(database.app_url, create.format("roles_test_app"))


def test_another_role_may_not_connect(database: ServiceDatabase, postgres_server: Postgres) -> None:
    with superuser_session(postgres_server.dsn()) as session:
        session.execute("CREATE ROLE stranger LOGIN PASSWORD 'stranger'")
        with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
            run(postgres_server.dsn(database.name, user="stranger", password="stranger"), "SELECT 1")
        session.execute("DROP ROLE stranger")


def test_bootstrap_again_changes_nothing_and_sets_the_password(
    database: ServiceDatabase, postgres_server: Postgres
) -> None:
    service = service_named("file")
    run(database.app_url, "INSERT INTO essays (title) VALUES ('kept')")
    bootstrap_service(service, PASSWORDS, postgres_server.dsn(), database.superuser_dsn)
    assert run(database.app_url, "SELECT title FROM essays") == [("kept",)]


def test_dropped_database_takes_its_slot_along(service_templates: ServiceTemplates) -> None:
    created = service_templates.create("file", migrated=False)
    run(created.cdc_url, "SELECT pg_create_logical_replication_slot('roles_dropped', 'pgoutput')")
    service_templates.drop(created)
    server = service_templates.server.dsn()
    assert run(server, "SELECT 1 FROM pg_replication_slots WHERE slot_name = 'roles_dropped'") == []
    assert run(server, f"SELECT 1 FROM pg_database WHERE datname = '{created.name}'") == []
