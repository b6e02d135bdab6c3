"""Columns that cannot be carried, whether a model declares them or a stream brings them."""

from cdc.catalog.model import RESERVED_COLUMNS, CapturedTable, CatalogError, Column
from cdc.catalog.types import UnsupportedTypeError


def refuse_column(table: CapturedTable, column: Column) -> None:
    """Raise CatalogError, which says what to do, for a column whose type or name does not allow it to be carried."""
    refused = f"table {table} cannot be captured: column {column.name}"
    if column.name in RESERVED_COLUMNS:
        raise CatalogError(f"{refused} has a name that capture uses itself: rename it, or exclude it")
    try:
        rule = column.rule
    except UnsupportedTypeError as error:
        advice = "exclude the column, or give its type a rule in cdc/catalog/types.py"
        raise CatalogError(f"{refused}: {error}; {advice}") from error
    if column.name in table.key and rule.keeps_inexact:
        raise CatalogError(f"table {table} cannot be captured: key column {column.name} is a floating-point number")
