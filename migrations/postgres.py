"""The schema of a service's PostgreSQL database: upgraded, looked at, compared with the models, adopted."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.config import Config
from alembic.operations.ops import MigrateOperation, UpgradeOps
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, inspect

from migrations.check_constraints import changed_check_constraints
from migrations.sync_engine import sync_engine
from services.registry import Service

_INI = Path(__file__).with_name("alembic.ini")
_COMPARED: dict[str, Any] = {
    "compare_type": True,
    "compare_server_default": True,
    "autogenerate_plugins": ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
}


class UnversionedDatabaseError(RuntimeError):
    """The database has the service's tables but was not made by these migrations; the message says what to do."""


class AdoptionError(RuntimeError):
    """The database cannot be adopted as it stands; the message says why."""


def upgrade(service: Service, url: str, revision: str = "head") -> None:
    """Bring the database to `revision`, in one transaction; UnversionedDatabaseError if its tables came otherwise."""
    with _config(service, url) as (config, connection):
        unversioned = _unversioned_tables(service, connection)
        if unversioned:
            raise UnversionedDatabaseError(
                f"{service.database} has tables that no migration made ({', '.join(unversioned)}): if they are what the"
                f" models say, run `python -m migrations adopt {service.name}`, else move them away"
            )
        command.upgrade(config, revision)


def downgrade(service: Service, url: str, revision: str) -> None:
    """Take the database back to `revision`; `base` removes every table, and the rows in them."""
    with _config(service, url) as (config, _):
        command.downgrade(config, revision)


def adopt(service: Service, url: str, revision: str = "head") -> None:
    """Record that a database made before these migrations is at `revision`, and change nothing else in it.

    AdoptionError if it is under migration already, has none of the tables, or is said to be at the head and differs.
    """
    with _config(service, url) as (config, connection):
        if not _unversioned_tables(service, connection):
            raise AdoptionError(f"{service.database} is under migration already, or empty: upgrade it instead")
        differing = _differences(service, connection) if revision in {"head", *heads(service)} else []
        if differing:
            raise AdoptionError(f"{service.database} is not what the models say: {'; '.join(differing)}")
        command.stamp(config, revision)


def current(url: str) -> str | None:
    """The revision that the database is at, None before the first."""
    with sync_engine(url) as engine, engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def heads(service: Service) -> tuple[str, ...]:
    """The newest revisions that exist for the service; more than one means that branches wait to be merged."""
    return tuple(ScriptDirectory.from_config(Config(_INI, ini_section=service.name)).get_heads())


def differences(service: Service, url: str) -> list[str]:
    """What differs between the database and the models, one line each; empty if nothing does."""
    with sync_engine(url) as engine, engine.connect() as connection:
        return _differences(service, connection)


def _differences(service: Service, connection: Connection) -> list[str]:
    metadata = _metadata(service)
    context = MigrationContext.configure(connection, opts=dict(_COMPARED))
    missing = produce_migrations(context, metadata).upgrade_ops
    steps = [] if missing is None else [_step(operation) for operation in missing.ops]
    return [*steps, *changed_check_constraints(connection, metadata)]


def _step(operation: MigrateOperation) -> str:
    """The operation that would bring the database to the models, as a revision would write it, on one line."""
    code = render_python_code(UpgradeOps([operation]))
    return " ".join(line.strip() for line in code.splitlines() if not line.strip().startswith("#"))


def _unversioned_tables(service: Service, connection: Connection) -> list[str]:
    tables = set(inspect(connection).get_table_names())
    versioned = MigrationContext.configure(connection).get_current_heads() != ()
    return [] if versioned else sorted(tables & set(_metadata(service).tables))


def _metadata(service: Service) -> MetaData:
    metadata: MetaData = importlib.import_module(service.models).Base.metadata
    return metadata


@contextmanager
def _config(service: Service, url: str) -> Iterator[tuple[Config, Connection]]:
    with sync_engine(url) as engine, engine.begin() as connection:
        yield Config(_INI, ini_section=service.name, attributes={"connection": connection}), connection
