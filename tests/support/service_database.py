"""A service's database for one test: copied from a migrated template, with the service's three roles."""

import time
from dataclasses import dataclass
from itertools import count

from psycopg2.extensions import cursor

from deploy.local.postgres import Postgres
from deploy.roles import RolePasswords, access_statements, literal, quoted
from deploy.roles_postgres import bootstrap_service, execute_all, superuser_session
from migrations.postgres import upgrade
from services.registry import Service, service_named

PASSWORDS = RolePasswords(migrator="test-migrator", app="test-app", cdc="test-cdc")
SLOT_SECONDS = 10.0


@dataclass(frozen=True)
class ServiceDatabase:
    """Where a test finds its own copy of a service's database, and as whom."""

    service: Service
    name: str
    app_url: str
    migrator_url: str
    cdc_url: str
    superuser_dsn: str


def address(server: Postgres, service: Service, name: str) -> ServiceDatabase:
    """The URLs of database `name` for each of the service's roles: SQLAlchemy's for app and migrator, libpq's else."""
    asynchronous = "postgresql+asyncpg"
    return ServiceDatabase(
        service=service,
        name=name,
        app_url=server.dsn(name, user=service.app_role, password=PASSWORDS.app, driver=asynchronous),
        migrator_url=server.dsn(name, user=service.migrator_role, password=PASSWORDS.migrator, driver=asynchronous),
        cdc_url=server.dsn(name, user=service.cdc_role, password=PASSWORDS.cdc),
        superuser_dsn=server.dsn(name),
    )


class ServiceTemplates:
    """Makes databases of one server: each service is bootstrapped and migrated once, then copied for each test."""

    def __init__(self, server: Postgres) -> None:
        self.server = server
        self._prepared: set[str] = set()
        self._numbers = count(1)

    def create(self, service_name: str, *, migrated: bool = True) -> ServiceDatabase:
        """A fresh database of the service; without its tables if not `migrated`."""
        service = service_named(service_name)
        template = self._template(service, migrated=migrated)
        name = f"{service.database}_{next(self._numbers)}"
        with superuser_session(self.server.dsn()) as session:
            session.execute(f"CREATE DATABASE {quoted(name)} TEMPLATE {quoted(template)}")
            execute_all(session, access_statements(service, name))
        return address(self.server, service, name)

    def _template(self, service: Service, *, migrated: bool) -> str:
        empty, full = service.database, f"{service.database}_migrated"
        if empty not in self._prepared:
            bootstrap_service(service, PASSWORDS, self.server.dsn(), self.server.dsn(empty))
            self._prepared.add(empty)
        if migrated and full not in self._prepared:
            self._migrate(service, empty, full)
            self._prepared.add(full)
        return full if migrated else empty

    def _migrate(self, service: Service, empty: str, full: str) -> None:
        with superuser_session(self.server.dsn()) as session:
            session.execute(f"DROP DATABASE IF EXISTS {quoted(full)} WITH (FORCE)")
            session.execute(f"CREATE DATABASE {quoted(full)} TEMPLATE {quoted(empty)}")
            execute_all(session, access_statements(service, full))
        upgrade(service, address(self.server, service, full).migrator_url)

    def drop(self, database: ServiceDatabase) -> None:
        """Drop a database with its replication slots, ending whatever still uses it."""
        with superuser_session(self.server.dsn()) as session:
            _drop_slots(session, database.name)
            session.execute(f"DROP DATABASE IF EXISTS {quoted(database.name)} WITH (FORCE)")


def _drop_slots(session: cursor, database: str) -> None:
    deadline = time.monotonic() + SLOT_SECONDS
    of_database = f"FROM pg_replication_slots WHERE database = {literal(database)}"
    while True:
        session.execute(f"SELECT pg_terminate_backend(active_pid) {of_database} AND active")
        session.execute(f"SELECT pg_drop_replication_slot(slot_name) {of_database} AND NOT active")
        session.execute(f"SELECT count(*) {of_database}")
        if session.fetchall() == [(0,)]:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"a replication slot of {database} stayed in use")
        time.sleep(0.05)
