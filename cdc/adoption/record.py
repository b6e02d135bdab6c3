"""What ClickHouse keeps of an adoption: its tables, the database it is of, how that was before, and how far it is."""

import json
from dataclasses import dataclass

from clickhouse_connect.driver import Client

from cdc.adoption.changes import Undo
from cdc.catalog.adopted import ARE_RECORDED, catalog_of_tables, tables_as_text
from cdc.catalog.model import ServiceCatalog
from cdc.clickhouse import insert_row, rows_of


@dataclass(frozen=True)
class Adoption:
    """An adoption as it was last recorded; `state` is one of those in `cdc.catalog.adopted`."""

    catalog: ServiceCatalog
    state: str
    database: str
    system_identifier: int
    undo: Undo

    @property
    def service(self) -> str:
        """The name that it goes by."""
        return self.catalog.service


def recorded(client: Client, service: str) -> Adoption | None:
    """The adoption of a name, None if there never was one."""
    if not client.command(ARE_RECORDED):
        return None
    found = rows_of(
        client,
        "SELECT tables, state, database, system_identifier, undo FROM cdc.adopted FINAL"
        " WHERE service = {service:String}",
        {"service": service},
    )
    if not found:
        return None
    tables, state, database, system_identifier, undo = found[0]
    before = json.loads(undo)
    return Adoption(
        catalog_of_tables(service, tables),
        state,
        database,
        system_identifier,
        Undo(before["identities"], tuple(before["grants"])),
    )


def record(client: Client, adoption: Adoption) -> None:
    """Record an adoption as it stands."""
    row = {
        "service": adoption.service,
        "state": adoption.state,
        "tables": tables_as_text(adoption.catalog),
        "database": adoption.database,
        "system_identifier": adoption.system_identifier,
        "undo": json.dumps({"identities": dict(adoption.undo.identities), "grants": list(adoption.undo.grants)}),
    }
    insert_row(client, "cdc.adopted", row)
