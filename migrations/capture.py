"""What a database must have for its changes to leave it: publication, replica identities, triggers, grants."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Connection, text

from cdc.catalog.model import CapturedTable, ServiceCatalog, quoted
from cdc.catalog.outbox import (
    INSERTS_ALONE,
    OUTBOX_PUBLICATION,
    create_outbox_publication,
    outboxes,
    publish_inserts_alone,
)
from cdc.catalog.partition_truncates import (
    FUNCTION_BODY,
    body_of_function,
    create_function,
    create_trigger,
    without_trigger,
)
from cdc.catalog.postgres_ddl import (
    PUBLICATION,
    WHOLE_PUBLICATION,
    WHOLE_TABLE,
    create_publication,
    grants,
    publish_everything,
    publish_tables,
    replica_identity,
    without_whole_old_rows,
)
from migrations.sync_engine import sync_engine
from services.registry import Service

_COLUMNS = text(
    "SELECT attname, has_column_privilege(:role, attrelid, attnum, 'SELECT') FROM pg_attribute"
    " WHERE attrelid = CAST(:name AS regclass) AND attnum > 0 AND NOT attisdropped"
)
_PUBLISHED = text(
    "SELECT nspname, relname FROM pg_publication p JOIN pg_publication_rel ON prpubid = p.oid"
    " JOIN pg_class c ON c.oid = prrelid JOIN pg_namespace n ON n.oid = relnamespace"
    f" WHERE pubname = :name AND ({WHOLE_TABLE})"
)
_PARTLY_PUBLISHED = text(
    "SELECT count(*) FROM pg_publication p JOIN pg_publication_rel ON prpubid = p.oid"
    f" WHERE pubname = :name AND NOT ({WHOLE_TABLE})"
)


@dataclass(frozen=True)
class _Publication:
    """A publication, the condition of pg_publication for one that sends what it should, and how it comes to be so."""

    name: str
    is_right: str
    create: str
    mend: str


_CAPTURED = _Publication(PUBLICATION, WHOLE_PUBLICATION, create_publication(), publish_everything())
_OUTBOX = _Publication(OUTBOX_PUBLICATION, INSERTS_ALONE, create_outbox_publication(), publish_inserts_alone())


def upgrade(service: Service, catalog: ServiceCatalog, url: str) -> list[str]:
    """Apply what is missing, as the tables' owner, in one transaction; the statements that were run."""
    with sync_engine(url) as engine, engine.begin() as connection:
        statements = list(_missing(service, catalog, connection))
        for statement in statements:
            connection.exec_driver_sql(statement)
        return statements


def missing(service: Service, catalog: ServiceCatalog, url: str) -> list[str]:
    """The statements that an upgrade would run."""
    with sync_engine(url) as engine, engine.connect() as connection:
        return list(_missing(service, catalog, connection))


def _missing(service: Service, catalog: ServiceCatalog, connection: Connection) -> Iterator[str]:
    # An exclusive lock and a moment's halt for the service: so each statement is run only where it is needed.
    for schema, name in connection.exec_driver_sql(without_whole_old_rows(catalog)):
        yield replica_identity(f"{quoted(schema)}.{quoted(name)}")
    for (body,) in connection.exec_driver_sql(body_of_function(catalog)):
        if body != FUNCTION_BODY:
            yield create_function()
    for schema, name in connection.exec_driver_sql(without_trigger(catalog)):
        yield create_trigger(f"{quoted(schema)}.{quoted(name)}")
    for table in catalog.tables:
        readable = _columns(connection, table, service.cdc_role)
        # Columns that went are in the catalog still, and declared ones that capture has not met yet already.
        carried = tuple(c for c in table.stored_columns if c.name in readable.keys() - table.excluded)
        if {name for name, is_readable in readable.items() if is_readable} != {column.name for column in carried}:
            yield from grants(replace(table, columns=carried), service.cdc_role)
    yield from _publication(connection, _CAPTURED, catalog.tables)
    if outboxes(catalog):
        yield from _publication(connection, _OUTBOX, outboxes(catalog))


def _publication(connection: Connection, wanted: _Publication, tables: Collection[CapturedTable]) -> Iterator[str]:
    named = {"name": wanted.name}
    right = connection.execute(text(f"SELECT {wanted.is_right} FROM pg_publication WHERE pubname = :name"), named)
    is_right = right.scalar()
    if is_right is None:
        yield wanted.create
    elif not is_right:
        yield wanted.mend
    published = {(str(row[0]), str(row[1])) for row in connection.execute(_PUBLISHED, named)}
    partly = connection.execute(_PARTLY_PUBLISHED, named).scalar()
    if tables and (partly or published != {table.sent_as for table in tables}):
        yield publish_tables(wanted.name, tables)


def _columns(connection: Connection, table: CapturedTable, role: str) -> dict[str, bool]:
    """Each column that the table has, and whether the role may read it."""
    found = connection.execute(_COLUMNS, {"name": table.in_postgres, "role": role})
    return {str(row[0]): bool(row[1]) for row in found}
