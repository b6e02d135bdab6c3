"""Adopting a database: looked at, planned, and carried out in steps of which each may be repeated."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain

from clickhouse_connect.driver import Client

from cdc.adoption import reflection, refusals
from cdc.adoption.changes import Undo, statements, undo_of
from cdc.adoption.facts import FoundTable, Server
from cdc.adoption.plan import Exclusions, Wish, catalog_of_found
from cdc.adoption.record import Adoption, record, recorded
from cdc.adoption.transaction import run_at_once
from cdc.catalog.adopted import ADOPTED, ADOPTING, RELEASED
from cdc.catalog.clickhouse_object import ClickHouseObject
from cdc.catalog.clickhouse_schema import wanted_objects
from cdc.catalog.declared import declared_names
from cdc.catalog.model import ServiceCatalog, quoted
from cdc.catalog.partition_truncates import without_trigger
from cdc.clickhouse import rows_of
from cdc.postgres import Connection, rows, session
from migrations.clickhouse import State, compare, is_durable, upgrade


class AdoptionRefusedError(ValueError):
    """The database cannot be adopted as it stands or as was asked; a line for each reason, with what to do."""


@dataclass(frozen=True)
class Plan:
    """What an adoption will do.

    objects: how ClickHouse's objects stand; sql: what is run in PostgreSQL, nothing but what is not so already.
    """

    catalog: ServiceCatalog
    server: Server
    reader: str
    undo: Undo
    sql: tuple[str, ...]
    missing: tuple[ClickHouseObject, ...]


def plan(url: str, client: Client, wish: Wish) -> Plan:
    """Look at the database and at ClickHouse. AdoptionRefusedError names everything that is in the way."""
    earlier = recorded(client, wish.service)
    with session(url) as connection:
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True, autocommit=False)
        server = reflection.server(connection)
        reader = reflection.reader(connection, wish.reader or server.role)
        _require_none(chain(_of_name(client, wish, earlier), _of_database(server, earlier)))
        _require_none(refusals.of_server(server, reader))
        tables = _tables(connection, wish, earlier, reader.name)
        exclude = _exclusions(connection, wish, earlier)
        none = frozenset[str]()
        _require_none(
            chain(
                *(refusals.of_table(each, server, reader, exclude.get(each.name_in_schema, none)) for each in tables),
                refusals.of_exclusions(exclude, tables),
            )
        )
        catalog = catalog_of_found(wish, tables, exclude)
        _require_none(chain(refusals.of_clashes(catalog), _of_earlier(catalog, earlier)))
        silent = [f"{quoted(schema)}.{quoted(name)}" for schema, name in rows(connection, without_trigger(catalog))]
    undo = undo_of(tables, catalog, reader.name)
    return Plan(
        catalog,
        server,
        reader.name,
        undo if earlier is None or earlier.state == RELEASED else undo.after(earlier.undo),
        tuple(statements(tables, catalog, reader.name, server, silent)),
        tuple(each.wanted for each in compare(client, _objects(client, [catalog])) if each.state is State.MISSING),
    )


def carry_out(planned: Plan, url: str, client: Client) -> None:
    """Do what was planned: what is to be undone is recorded first, so that half an adoption can be released too."""
    server = planned.server
    adoption = Adoption(planned.catalog, ADOPTING, server.database, server.system_identifier, planned.undo)
    upgrade(client, _objects(client, []))
    record(client, adoption)
    upgrade(client, _objects(client, [planned.catalog]))
    with session(url) as connection:
        run_at_once(connection, planned.sql)
    record(client, replace(adoption, state=ADOPTED))


def _objects(client: Client, catalogs: Iterable[ServiceCatalog]) -> tuple[ClickHouseObject, ...]:
    """What ClickHouse should have; as durable as what it has, so that no two commands turn a setting to and fro."""
    durable = not client.command("EXISTS TABLE cdc.transactions") or is_durable(client)
    return wanted_objects(catalogs, durable=durable)


def _tables(connection: Connection, wish: Wish, earlier: Adoption | None, reader: str) -> tuple[FoundTable, ...]:
    """The tables that were named, after those that were adopted before."""
    before = earlier.catalog.tables if earlier and earlier.state != RELEASED else ()
    names = [*(table.in_postgres for table in before), *wish.tables] if wish.tables else []
    tables = reflection.found_tables(connection, names, reader)
    if not tables:
        raise AdoptionRefusedError("the database has no tables to adopt")
    return tables


def _exclusions(connection: Connection, wish: Wish, earlier: Adoption | None) -> Exclusions:
    """What was named, and what was left out before."""
    before = earlier.catalog.tables if earlier and earlier.state != RELEASED else ()
    kept = {table.sent_as: table.excluded for table in before if table.excluded}
    return {**kept, **reflection.exclusions(connection, wish.exclude)}


def _of_name(client: Client, wish: Wish, earlier: Adoption | None) -> Iterable[str]:
    databases = [name for (name,) in rows_of(client, "SELECT name FROM system.databases")]
    return refusals.of_name(wish.service, declared_names(), [] if earlier else databases)


def _of_database(server: Server, earlier: Adoption | None) -> Iterable[str]:
    if earlier is None or earlier.state == RELEASED:
        if server.publication_owner is not None:
            yield refusals.of_publication(server)
    elif (earlier.database, earlier.system_identifier) != (server.database, server.system_identifier):
        yield (
            f"{earlier.service} is adopted already, of database {earlier.database} in another place: release it, or"
            " give this one another name with --as"
        )


def _of_earlier(catalog: ServiceCatalog, earlier: Adoption | None) -> Iterable[str]:
    """What was adopted keeps what is carried of it: its storage is made for that."""
    there = {table.sent_as: table for table in catalog.tables}
    for before in earlier.catalog.tables if earlier else ():
        now = there.get(before.sent_as)
        if now is not None and (now.key, now.excluded) != (before.key, before.excluded):
            yield (
                f"{before.in_postgres} was adopted with another key or other exclusions:"
                f" `python -m cdc release {catalog.service} --drop-data`, then adopt it anew"
            )


def _require_none(reasons: Iterable[str]) -> None:
    lines = list(reasons)
    if lines:
        raise AdoptionRefusedError("\n".join(lines))
