"""Catalogs of adopted databases, as ClickHouse keeps them: no model declares their tables, so they are recorded."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from cdc.catalog.model import CapturedTable, Column, ServiceCatalog
from services.kit.capture import Capture

# Half adopted counts as adopted, half released as released: what runs must agree with what PostgreSQL may send.
ADOPTING, ADOPTED, RELEASING, RELEASED = "adopting", "adopted", "releasing", "released"
_READABLE = (ADOPTED, RELEASING, RELEASED)
RECORDED_ADOPTIONS = "SELECT service, state, tables FROM cdc.adopted FINAL ORDER BY service"
ARE_RECORDED = "EXISTS TABLE cdc.adopted"


def adopted_catalogs(recorded: Iterable[Sequence[Any]], *, released: bool = False) -> tuple[ServiceCatalog, ...]:
    """The catalogs in the rows of `RECORDED_ADOPTIONS`; with those that were `released`, whose data is there still."""
    states = _READABLE if released else (ADOPTED,)
    return tuple(catalog_of_tables(str(service), str(tables)) for service, state, tables in recorded if state in states)


def catalog_of_tables(service: str, tables: str) -> ServiceCatalog:
    """The catalog of tables as `tables_as_text` wrote them."""
    return ServiceCatalog(service, tuple(_table(service, fields) for fields in json.loads(tables)))


def tables_as_text(catalog: ServiceCatalog) -> str:
    """The tables of a catalog as JSON."""
    return json.dumps([_fields(table) for table in catalog.tables])


def _fields(table: CapturedTable) -> dict[str, object]:
    retain = table.capture.retain
    return {
        "schema": table.schema,
        "name": table.name,
        "relation": table.relation,
        "columns": [[column.name, column.postgres_type] for column in table.columns],
        "key": list(table.key),
        "exclude": sorted(table.excluded),
        "retain_seconds": retain and retain.total_seconds(),
    }


def _table(service: str, fields: Mapping[str, Any]) -> CapturedTable:
    seconds = fields["retain_seconds"]
    retain = None if seconds is None else timedelta(seconds=seconds)
    return CapturedTable(
        service=service,
        schema=fields["schema"],
        name=fields["name"],
        columns=tuple(Column(name, kind) for name, kind in fields["columns"]),
        key=tuple(fields["key"]),
        capture=Capture(exclude=frozenset(fields["exclude"]), retain=retain),
        relation=fields["relation"],
    )
