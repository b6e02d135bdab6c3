"""Releasing an adopted database: put back as it was, and its data dropped from ClickHouse if that is asked for."""

from collections.abc import Iterator
from dataclasses import replace

from clickhouse_connect.driver import Client

from cdc.adoption.adopt import AdoptionRefusedError
from cdc.adoption.changes import undoing
from cdc.adoption.record import Adoption, record, recorded
from cdc.adoption.transaction import run_at_once
from cdc.catalog.adopted import RELEASED, RELEASING
from cdc.catalog.sources import Source, slot_of
from cdc.clickhouse import rows_of
from cdc.postgres import Connection, rows, session

_IDENTITIES = (
    "SELECT format('%I.%I', nspname, relname), relreplident::text FROM pg_class c"
    " JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'p')"
)
_HERE = "SELECT current_database()::text, system_identifier FROM pg_control_system()"
_SLOT = "SELECT active FROM pg_replication_slots WHERE slot_name = %s"
# Who reads a slot, and how it is ended.
_READERS = {
    Source.SLOT: ("`cdc run`", "stop it first"),
    Source.KAFKA: ("its connector", "run `python -m cdc connect delete` first"),
}


def adoption_of(client: Client, service: str) -> Adoption:
    """The adoption of a name; AdoptionRefusedError if there never was one."""
    found = recorded(client, service)
    if found is None:
        raise AdoptionRefusedError(f"nothing was adopted as {service}: `python -m cdc lag` lists what is captured")
    return found


def release(adoption: Adoption, url: str, client: Client) -> Iterator[str]:
    """Put the database back as it was; each step that was done. What is back already is left alone.

    AdoptionRefusedError if it is another database, or capture still reads the slot.
    """
    with session(url) as connection:
        _require_same(connection, adoption)
        _require_unread(connection, adoption)
        record(client, replace(adoption, state=RELEASING))
        yield from _drop_slots(connection, adoption)
        there = dict(rows(connection, _IDENTITIES))
        statements = list(undoing(adoption.undo, there))
        run_at_once(connection, statements)
        yield from statements
    record(client, replace(adoption, state=RELEASED))


def drop_data(service: str, client: Client) -> Iterator[str]:
    """Drop everything that ClickHouse holds of a released database; each step that was done."""
    for database in (service, f"{service}_store"):
        yield f"DROP DATABASE IF EXISTS {database} SYNC"
        client.command(f"DROP DATABASE IF EXISTS {database} SYNC")
    # What is known of the service goes at last, so that a cut-off release can be repeated.
    query = (
        "SELECT database || '.' || name FROM system.tables WHERE database = 'cdc' AND engine LIKE '%MergeTree'"
        " AND name IN (SELECT table FROM system.columns WHERE database = 'cdc' AND name = 'service')"
        " ORDER BY name = 'adopted', name"
    )
    ledger = f"startsWith(object, '{service}.') OR startsWith(object, '{service}_store.')"
    conditions = {"cdc.schema_ledger": ledger} if client.command("EXISTS TABLE cdc.schema_ledger") else {}
    conditions |= {name: f"service = '{service}'" for (name,) in rows_of(client, query)}
    for name, condition in conditions.items():
        yield f"{name}: rows of {service}"
        client.command(f"ALTER TABLE {name} DELETE WHERE {condition} SETTINGS mutations_sync = 2")


def _require_same(connection: Connection, adoption: Adoption) -> None:
    if rows(connection, _HERE) != [(adoption.database, adoption.system_identifier)]:
        raise AdoptionRefusedError(
            f"{adoption.service} was adopted of database {adoption.database} on another server than this address"
            " leads to: name the right one with --dsn"
        )


def _require_unread(connection: Connection, adoption: Adoption) -> None:
    for source, (reader, advice) in _READERS.items():
        slot = slot_of(source, adoption.service)
        if rows(connection, _SLOT, slot) == [(True,)]:
            raise AdoptionRefusedError(f"{adoption.service}: {reader} still reads slot {slot}: {advice}")


def _drop_slots(connection: Connection, adoption: Adoption) -> Iterator[str]:
    for name in (slot_of(source, adoption.service) for source in Source):
        if rows(connection, _SLOT, name):
            rows(connection, "SELECT pg_drop_replication_slot(%s)", name)
            yield f"dropped replication slot {name}"
