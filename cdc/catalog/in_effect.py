"""The catalog in effect: what the models declare, laid over what is recorded of each table's shape; pure.

Models and databases change one after the other, and a running capture knows neither. So what ClickHouse stores of a
table is recorded there, in `cdc.shapes`, as soon as it changes, and every command reads it from there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cdc.catalog.model import CapturedTable, CatalogError, Column, ServiceCatalog
from cdc.catalog.shape import KEY_ADVICE, with_former

IS_RECORDED = "EXISTS TABLE cdc.shapes"
RECORDED_SHAPES = 'SELECT service, "table", position, key, columns, former FROM cdc.shapes FINAL ORDER BY position'


@dataclass(frozen=True)
class Shape:
    """What was recorded of a table: since which position of its service's stream, its key and its columns."""

    position: int
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    former: tuple[Column, ...]


# (service, table) -> its newest shape
RecordedShapes = Mapping[tuple[str, str], Shape]


def shapes_of(rows: Iterable[Sequence[Any]]) -> RecordedShapes:
    """The newest shapes in the rows of `RECORDED_SHAPES`.

    Former is whatever was recorded ever: two that record at once may know of different columns, and both are stored.
    """
    shapes: dict[tuple[str, str], Shape] = {}
    for service, table, position, key, columns, former in rows:
        shape = Shape(int(position), tuple(key), _columns(columns), _columns(former))
        earlier = shapes.get((service, table))
        known = {column.name for column in (*shape.columns, *shape.former)}
        stored = (*earlier.columns, *earlier.former) if earlier else ()
        lost = tuple(column for column in stored if column.name not in known)
        shapes[service, table] = replace(shape, former=(*shape.former, *lost))
    return shapes


def shape_of(table: CapturedTable, position: int) -> Shape:
    """What is recorded of a table as it is from a position on."""
    return Shape(position, table.key, table.columns, table.former)


def shape_row(table: CapturedTable, position: int, change: str) -> dict[str, object]:
    """The row of `cdc.shapes` that records a table as it is from a position on; `change` says what became of it."""
    return {
        "service": table.service,
        "table": table.name,
        "position": position,
        "key": list(table.key),
        "columns": [_recorded(column) for column in table.columns],
        "former": [_recorded(column) for column in table.former],
        "change": change,
    }


def catalog_in_effect(declared: ServiceCatalog, shapes: RecordedShapes) -> ServiceCatalog:
    """The service's catalog as every command uses it; CatalogError if a declared key is not the stored one.

    What is in effect already may be given as declared.
    """
    tables = (_in_effect(table, shapes.get((table.service, table.name))) for table in declared.tables)
    return ServiceCatalog(declared.service, tuple(tables))


def _in_effect(declared: CapturedTable, shape: Shape | None) -> CapturedTable:
    """What is stored of a table that the models declare.

    A declared column that PostgreSQL did not have yet is former until it comes; one that is excluded by now is former.
    """
    if shape is None:
        return declared
    if shape.key != declared.key:
        raise CatalogError(
            f"{declared}: the models declare the key {', '.join(declared.key)}, and it is stored by"
            f" {', '.join(shape.key)}; {KEY_ADVICE}"
        )
    excluded = tuple(column for column in shape.columns if column.name in declared.excluded)
    stored = replace(
        declared,
        columns=tuple(column for column in shape.columns if column not in excluded),
        former=(*shape.former, *excluded),
    )
    return with_former(stored, declared.stored_columns)


def _recorded(column: Column) -> dict[str, str]:
    return {"name": column.name, "postgres_type": column.postgres_type, "stored_as": column.stored_as or ""}


def _columns(recorded: Iterable[Any]) -> tuple[Column, ...]:
    fields = (each.values() if isinstance(each, Mapping) else each for each in recorded)
    return tuple(Column(str(name), str(kind), str(stored) or None) for name, kind, stored in fields)
