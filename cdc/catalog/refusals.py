"""Columns and keys that cannot be carried, whether a model declares, a database has or a stream brings them."""

import re
from collections.abc import Collection, Iterable, Iterator

from cdc.catalog.model import RESERVED_COLUMNS, CapturedTable, CatalogError, Column
from cdc.catalog.types import UnsupportedTypeError

# Names of the query that lands rows, beside those that storage and views use.
_OWN_NAME = re.compile(r"_(typed|lost)_\d+")


def refuse_column(table: CapturedTable, column: Column) -> None:
    """Raise CatalogError, which says what to do, for a column whose type or name does not allow it to be carried."""
    refused = f"table {table} cannot be captured: "
    for reason in of_column_name(column.name):
        raise CatalogError(f"{refused}column {column.name}: {reason}, or exclude it")
    try:
        rule = column.rule
    except UnsupportedTypeError as error:
        advice = "exclude the column, or give its type a rule in cdc/catalog/types.py"
        raise CatalogError(f"{refused}column {column.name}: {error}; {advice}") from error
    if column.name in table.key and rule.keeps_inexact:
        raise CatalogError(f"{refused}{inexact_key(column.name)}")


def of_column_name(name: str) -> Iterator[str]:
    """Why no column of this name can be carried."""
    if name in RESERVED_COLUMNS or _OWN_NAME.fullmatch(name):
        yield "capture has a column of this name itself: rename it"
    if "\\" in name:
        yield "its name has a backslash, which PostgreSQL and ClickHouse read differently: rename it"


def of_key(key: Collection[str], exclude: Collection[str], *, deferrable: bool, advice: str) -> Iterator[str]:
    """Why rows cannot be told apart by a primary key, empty without one; `advice` is how to give the table one."""
    if not key:
        yield f"it has no primary key, so rows cannot be told apart: {advice}"
    if deferrable:
        yield "its primary key is deferrable, so a key's insert may be sent before its delete: make it not deferrable"
    if excluded := set(exclude) & set(key):
        yield f"{listed(excluded)} is of its primary key, and cannot be excluded"


def inexact_key(name: str) -> str:
    """Why a floating-point number is no key."""
    return f"key column {name} is a floating-point number: make it numeric"


def listed(names: Iterable[str]) -> str:
    """Names in a sentence."""
    return ", ".join(sorted(names))
