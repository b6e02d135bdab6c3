"""The schema of a service's PostgreSQL database: upgraded, looked at, compared with the models, adopted."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from migrations import comparison
from migrations.sync_engine import sync_engine
from services.kit.postgres.metadata import metadata_of
from services.registry import Service

_INI = Path(__file__).with_name("alembic.ini")


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
        at_head = revision in {"head", *heads(service)}
        differing = comparison.differences(connection, metadata_of(service.models)) if at_head else []
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
        return comparison.differences(connection, metadata_of(service.models))


def _unversioned_tables(service: Service, connection: Connection) -> list[str]:
    tables = set(inspect(connection).get_table_names())
    versioned = MigrationContext.configure(connection).get_current_heads() != ()
    return [] if versioned else sorted(tables & set(metadata_of(service.models).tables))


@contextmanager
def _config(service: Service, url: str) -> Iterator[tuple[Config, Connection]]:
    with sync_engine(url) as engine, engine.begin() as connection:
        yield Config(_INI, ini_section=service.name, attributes={"connection": connection}), connection
