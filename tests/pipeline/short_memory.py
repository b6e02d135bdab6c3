"""Catalogs whose history is kept for another time than the models declare."""

from dataclasses import replace
from datetime import timedelta

from cdc.catalog.model import ServiceCatalog

NO_TIME = timedelta(microseconds=1)


def keeping(catalog: ServiceCatalog, retain: timedelta) -> ServiceCatalog:
    """The catalog, whose every table keeps history for so long."""
    tables = (replace(table, capture=replace(table.capture, retain=retain)) for table in catalog.tables)
    return replace(catalog, tables=tuple(tables))
