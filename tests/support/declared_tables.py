"""The declared tables by the names that people type."""

from cdc.catalog.declared import all_catalogs
from cdc.catalog.lookup import Catalogs
from cdc.catalog.model import CapturedTable


def table_named(name: str) -> CapturedTable:
    """The declared table called `service.table`; CatalogError lists the known ones otherwise."""
    return Catalogs(all_catalogs()).table(name)
