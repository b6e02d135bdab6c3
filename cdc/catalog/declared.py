"""The catalog as the services' models declare it, and what of a declaration is refused."""

import re
from datetime import timedelta

from sqlalchemy import Column as ModelColumn
from sqlalchemy import Enum, MetaData, Table
from sqlalchemy.dialects import postgresql

from cdc.catalog.model import CapturedTable, CatalogError, Column, ServiceCatalog
from cdc.catalog.refusals import listed, of_key, refuse_column
from services.kit.capture import INFO_KEY, Capture
from services.kit.postgres.metadata import metadata_of
from services.registry import SERVICES, Service, service_named

_SPELLINGS = {
    "varchar": "character varying",
    "char": "character",
    "float": "double precision",
    "decimal": "numeric",
    "int": "integer",
}


def service_catalog(name: str) -> ServiceCatalog:
    """What the named service's models declare as captured; UnknownNameError if there is no such service."""
    return _catalog_of(service_named(name))


def all_catalogs() -> tuple[ServiceCatalog, ...]:
    """The catalogs of all services, in the registry's order."""
    return tuple(_catalog_of(service) for service in SERVICES)


def declared_names() -> frozenset[str]:
    """The names of the services that declare what is captured of them."""
    return frozenset(service.name for service in SERVICES)


def _catalog_of(service: Service) -> ServiceCatalog:
    return catalog_of_metadata(service.name, metadata_of(service.models))


def catalog_of_metadata(service: str, metadata: MetaData) -> ServiceCatalog:
    """The catalog of every table in `metadata` that carries a `Capture`; CatalogError for one that is refused."""
    declared = (table for table in metadata.sorted_tables if INFO_KEY in table.info)
    return ServiceCatalog(service, tuple(_captured(service, table) for table in declared))


def _captured(service: str, table: Table) -> CapturedTable:
    capture: Capture = table.info[INFO_KEY]
    _refuse(f"{service}.{table.name}", table, capture)
    key = [column.name for column in table.primary_key.columns]
    names = [*key, *(c.name for c in table.columns if c.name not in key and c.name not in capture.exclude)]
    captured = CapturedTable(
        service=service,
        schema=table.schema or "public",
        name=table.name,
        columns=tuple(Column(name, _postgres_type(table.columns[name])) for name in names),
        key=tuple(key),
        capture=capture,
    )
    for column in captured.columns:
        refuse_column(captured, column)
    return captured


def _refuse(where: str, table: Table, capture: Capture) -> None:
    names = set(table.columns.keys())
    unsent = (capture.published.columns if capture.published else frozenset()) - (names - capture.exclude)
    key = [column.name for column in table.primary_key.columns]
    of_its_key = of_key(key, capture.exclude, deferrable=bool(table.primary_key.deferrable), advice="give it one")
    generated = {column.name for column in table.columns if column.computed is not None}
    reasons = {
        **dict.fromkeys(of_its_key, True),
        f"excludes columns that it does not have: {listed(capture.exclude - names)}": bool(capture.exclude - names),
        f"names the subject {capture.subject!r}, which is not a captured column": (
            capture.subject is not None and capture.subject not in names - capture.exclude
        ),
        f"publishes messages made of what is not a captured column: {listed(unsent)}": bool(unsent),
        f"has generated columns: {listed(generated)}; beside REPLICA IDENTITY FULL its updates would fail:"
        " let the service write them": bool(generated),
        f"keeps history for {capture.retain}, which is no time: name a longer one, or leave retain out": (
            capture.retain is not None and capture.retain <= timedelta()
        ),
    }
    for reason, refused in reasons.items():
        if refused:
            raise CatalogError(f"table {where} cannot be captured: {reason}")


def _postgres_type(column: ModelColumn[object]) -> str:
    if isinstance(column.type, Enum):
        return "label"
    spelled = column.type.compile(dialect=postgresql.dialect()).lower()  # type: ignore[no-untyped-call]
    return re.sub(r"^[a-z]+", lambda word: _SPELLINGS.get(word[0], word[0]), spelled)
