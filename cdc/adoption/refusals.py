"""What cannot be carried as it stands, each in a sentence that names it and says what to do; knows no connection."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from cdc.adoption.facts import LOGGED, ORDINARY, PARTITIONED, FoundColumn, FoundTable, Reader, Server
from cdc.adoption.plan import Exclusions
from cdc.catalog.clickhouse_ddl import table_objects
from cdc.catalog.model import ServiceCatalog
from cdc.catalog.postgres_ddl import PUBLICATION
from cdc.catalog.refusals import inexact_key, listed, of_column_name, of_key
from cdc.catalog.types import UnsupportedTypeError, rule_for

# The first that filters rows and columns in a publication, and says so; the first that sends generated columns.
OLDEST, SENDS_GENERATED = 150_000, 180_000
_KINDS = {"v": "a view", "m": "a materialized view", "f": "a foreign table", "S": "a sequence", "i": "an index"}
_SERVICE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_INEXACT = frozenset({"real", "double precision"})
_TAKEN = frozenset({"cdc", "system", "default", "information_schema"})


def of_name(service: str, declared: Iterable[str], clickhouse_databases: Iterable[str]) -> Iterator[str]:
    """Why a name cannot be taken; `clickhouse_databases` are those there that no earlier adoption of it made."""
    another = "give it another name with --as"
    if not _SERVICE.fullmatch(service) or service.endswith("_store"):
        yield (
            f"{service!r} is no name for capture, which is small letters, digits and underscores, up to 40, and does"
            f" not end in _store: {another}"
        )
    elif service in declared:
        yield f"{service} is a service that declares its own tables: {another}"
    elif taken := {service, f"{service}_store"} & {*_TAKEN, *clickhouse_databases}:
        yield f"ClickHouse has a database {listed(taken)} already: {another}, or drop it"


def of_server(server: Server, reader: Reader) -> Iterator[str]:
    """Why nothing of the database can be carried."""
    where = f"database {server.database}"
    if server.version < OLDEST:
        yield f"{where}: PostgreSQL {server.version // 10_000} is too old, 15 is the first that capture reads"
    if server.in_recovery:
        yield f"{where}: this server is a standby: adopt the database on its primary"
    if server.wal_level != "logical":
        mend = "`ALTER SYSTEM SET wal_level = 'logical'`, and restart PostgreSQL"
        yield f"{where}: wal_level is {server.wal_level}: {mend}"
    if server.encoding == "SQL_ASCII":
        yield f"{where}: its encoding is SQL_ASCII, so nobody knows which characters its bytes are: convert it to UTF8"
    for setting, free in (("max_replication_slots", server.free_slots), ("max_wal_senders", server.free_senders)):
        if free < 1:
            yield f"{where}: all of {setting} are in use: raise it, and restart PostgreSQL"
    if not server.may_create:
        yield f"{where}: {server.role} may not create a publication: `GRANT CREATE ON DATABASE … TO {server.role}`"
    if not reader.exists:
        yield f"there is no role {reader.name}: `CREATE ROLE {reader.name} LOGIN REPLICATION PASSWORD …`"
    elif not reader.replicates:
        yield f"role {reader.name} may not replicate: `ALTER ROLE {reader.name} REPLICATION`, or name one with --reader"


def of_publication(server: Server) -> str:
    """Why a database that has capture's publication already is not adopted."""
    return (
        f"database {server.database}: publication {PUBLICATION} is there already, of {server.publication_owner}:"
        " it is captured under another name, release that first; or drop the publication if nobody reads it"
    )


def of_table(table: FoundTable, server: Server, reader: Reader, exclude: frozenset[str]) -> Iterator[str]:
    """Why a table cannot be carried as it is."""
    reasons = _of_kind(table) or [*_of_key(table, exclude), *_of_columns(table, server, exclude)]
    if not table.owned:
        reasons.append(f"{server.role} does not own it: adopt as {table.owner}, or as a superuser")
    if table.row_security and not reader.bypasses_row_security:
        reasons.append(f"row security hides rows from {reader.name}: `ALTER ROLE {reader.name} BYPASSRLS`")
    yield from (f"{table.relation}: {reason}" for reason in reasons)


def of_exclusions(exclude: Exclusions, tables: Sequence[FoundTable]) -> Iterator[str]:
    """Exclusions that name no column of an adopted table."""
    there = {table.name_in_schema: table for table in tables}
    for (schema, name), columns in exclude.items():
        table = there.get((schema, name))
        if table is None:
            known = ", ".join(each.relation for each in tables)
            yield f"--exclude names {schema}.{name}, which is not among the adopted tables: {known}"
        elif unknown := columns - {column.name for column in table.columns}:
            yield f"{table.relation}: --exclude names {listed(unknown)}, which it does not have"


def of_clashes(catalog: ServiceCatalog) -> Iterator[str]:
    """Tables that would have an object of one name in ClickHouse."""
    made = [(each.name, table) for table in catalog.tables for each in table_objects(table, {})]
    count = Counter(name for name, _ in made)
    clashing = dict.fromkeys(table.in_postgres for name, table in made if count[name] > 1)
    if clashing:
        yield f"{', '.join(clashing)} would share names in ClickHouse: leave all but one out, or rename them"


def _of_kind(table: FoundTable) -> list[str]:
    kind = table.itself.kind
    if kind not in {ORDINARY, PARTITIONED}:
        return [f"it is {_KINDS.get(kind, 'no table')}, which sends no changes: name the tables behind it"]
    if table.root is not None:
        return [f"it is a partition: name {table.root}, and all partitions come with it"]
    if table.inherited:
        return ["other tables inherit from it, whose rows it shows and does not send: make them partitions of it"]
    return list(_of_storage(table))


def _of_storage(table: FoundTable) -> Iterator[str]:
    for part in table.parts:
        named = "it is" if part is table.itself else f"its partition {part.relation} is"
        if part.kind == "f":
            yield f"{named} foreign, and sends no changes: move its rows here, or detach it"
        elif part.persistence != LOGGED:
            kept = "temporary" if part.persistence == "t" else "unlogged"
            advice = "" if kept == "temporary" else f": `ALTER TABLE {part.relation} SET LOGGED`"
            yield f"{named} {kept}, so its changes are not in the WAL{advice}"


def _of_key(table: FoundTable, exclude: frozenset[str]) -> Iterator[str]:
    mend = f"ADD PRIMARY KEY USING INDEX {table.spare_index}" if table.spare_index else "ADD PRIMARY KEY (…)"
    yield from of_key(table.key, exclude, deferrable=table.deferrable, advice=f"`ALTER TABLE {table.relation} {mend}`")
    for column in table.columns:
        if column.name in table.key and column.postgres_type in _INEXACT:
            yield inexact_key(column.name)


def _of_columns(table: FoundTable, server: Server, exclude: frozenset[str]) -> Iterator[str]:
    if virtual := [column.name for column in table.columns if column.generated == "v"]:
        yield (
            f"{listed(virtual)} is a virtual generated column: beside REPLICA IDENTITY FULL the table's own updates"
            " would fail; make it STORED, or drop it"
        )
    for column in table.columns:
        if column.name not in exclude:
            yield from (f"column {column.name}: {reason}; or exclude it" for reason in _of_column(column, server))


def _of_column(column: FoundColumn, server: Server) -> Iterator[str]:
    yield from of_column_name(column.name)
    if column.generated == "s" and server.version < SENDS_GENERATED:
        yield "it is generated, and PostgreSQL before 18 does not send it: fill it with a trigger"
    for kind in (column.postgres_type, *column.made_of):
        try:
            rule_for(kind)
        except UnsupportedTypeError as error:
            yield str(error)
            return
