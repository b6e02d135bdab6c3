"""A table's shape as PostgreSQL describes it, laid over what ClickHouse stores of it: pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from cdc.catalog.model import CapturedTable, CatalogError, Column
from cdc.catalog.refusals import refuse_column
from cdc.catalog.types import rule_for

# A column's name, and its type as PostgreSQL names it.
Described = tuple[str, str]


# No step leads from one key to another.
KEY_ADVICE = (
    "ClickHouse's tables are sorted by the key that they were made with: undo the change, or give the table a new name,"
    " under which it is captured from its beginning"
)


@dataclass(frozen=True)
class ShapeChange:
    """How one shape of a table differs from the one before: names of columns."""

    added: tuple[str, ...]
    gone: tuple[str, ...]
    retyped: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.gone or self.retyped)

    def __str__(self) -> str:
        return "; ".join(self._words())

    def _words(self) -> Iterator[str]:
        for verb, names in (("added", self.added), ("gone", self.gone), ("retyped", self.retyped)):
            if names:
                yield f"{verb} {', '.join(names)}"


NO_CHANGE = ShapeChange((), (), ())


def change_between(before: CapturedTable, after: CapturedTable) -> ShapeChange:
    """What became of PostgreSQL's columns; a renamed one is gone under one name and added under the other."""
    old = {column.name: column.postgres_type for column in before.columns}
    new = {column.name: column.postgres_type for column in after.columns}
    return ShapeChange(
        added=tuple(name for name in new if name not in old),
        gone=tuple(name for name in old if name not in new),
        retyped=tuple(name for name in new if name in old and new[name] != old[name]),
    )


def reshaped(table: CapturedTable, described: Sequence[Described]) -> CapturedTable:
    """The table with the columns that PostgreSQL is said to have; what it has not is former from now on.

    What is stored stays stored, as what it is stored, and keeps its place: a description's order says nothing.
    CatalogError if the key is not whole, or a column cannot be carried.
    """
    types = {name: kind for name, kind in described if name not in table.excluded}
    missing = [name for name in table.key if name not in types]
    if missing:
        raise CatalogError(
            f"{table}: rows were sent without the key column {', '.join(missing)}; undo what was done, and drop the"
            " replication slot: capture then begins a new epoch with a copy of what is there"
        )
    stored = {column.name: column for column in table.stored_columns}
    order = dict.fromkeys((*table.key, *stored, *types))
    return replace(
        table,
        columns=tuple(_column(table, name, types[name], stored.get(name)) for name in order if name in types),
        former=tuple(column for column in table.stored_columns if column.name not in types),
    )


def with_former(table: CapturedTable, columns: Iterable[Column]) -> CapturedTable:
    """The table that stores these columns too; what it stores already stays as it is."""
    known = {column.name for column in table.stored_columns}
    return replace(table, former=(*table.former, *(column for column in columns if column.name not in known)))


def require_key(table: CapturedTable, key: Sequence[str] | None) -> None:
    """Raise CatalogError unless PostgreSQL's primary key, None without a usable one, is the one that is stored by."""
    if key is None:
        raise CatalogError(f"{table}: its primary key {', '.join(table.key)} is gone or deferrable now; {KEY_ADVICE}")
    if tuple(key) != table.key:
        changed = f"its primary key is {', '.join(key)} now and was {', '.join(table.key)}"
        raise CatalogError(f"{table}: {changed}; {KEY_ADVICE}")


def _column(table: CapturedTable, name: str, kind: str, stored: Column | None) -> Column:
    column = Column(name, kind)
    refuse_column(table, column)
    if stored is None:
        return column
    made_for = stored.stored_as or stored.postgres_type
    return column if column.rule.storage == rule_for(made_for).storage else replace(column, stored_as=made_for)
