"""Applies the roles' SQL to a server."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, cursor

from deploy.roles import RolePasswords, access_statements, database_query, role_statements, schema_statements
from services.registry import Service


@contextmanager
def superuser_session(dsn: str) -> Iterator[cursor]:
    """A cursor at `dsn` that commits each statement by itself, as CREATE DATABASE demands."""
    with closing(psycopg2.connect(dsn)) as connection:
        connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        with connection.cursor() as session:
            yield session


def bootstrap_service(service: Service, passwords: RolePasswords, server_dsn: str, database_dsn: str) -> None:
    """Give `service` its roles and database; both DSNs are the superuser's, the second names that database."""
    with superuser_session(server_dsn) as session:
        execute_all(session, role_statements(service, passwords))
        session.execute(database_query(service))
        execute_all(session, [statement for (statement,) in session.fetchall()])
        execute_all(session, access_statements(service, service.database))
    with superuser_session(database_dsn) as session:
        execute_all(session, schema_statements(service))


def execute_all(session: cursor, statements: Iterable[str]) -> None:
    """Run each of `statements`."""
    for statement in statements:
        session.execute(statement)
