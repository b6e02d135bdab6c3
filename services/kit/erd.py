"""Entity-relationship diagrams in Mermaid: `python -m services.kit.erd services.file_service.models_db` prints one."""

import sys
from collections.abc import Iterator

from sqlalchemy import Column, Enum, ForeignKeyConstraint, MetaData, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql

from services.kit.postgres.metadata import metadata_of

_SHORT = {"timestamp with time zone": "timestamptz", "double precision": "float8"}


def diagram(metadata: MetaData) -> str:
    """All tables with their columns and foreign keys as a Mermaid `erDiagram`, ending in a newline."""
    lines = ["erDiagram"]
    for table in metadata.sorted_tables:
        lines += _entity(table)
    for table in metadata.sorted_tables:
        lines += _relations(table)
    return "\n".join(lines) + "\n"


def _entity(table: Table) -> Iterator[str]:
    yield f"    {table.name} {{"
    for column in table.columns:
        parts = (_type(column), column.name, ", ".join(_keys(table, column)), _comment(column))
        yield "        " + " ".join(part for part in parts if part)
    yield "    }"


def _relations(table: Table) -> Iterator[str]:
    for key in sorted(table.foreign_key_constraints, key=lambda constraint: str(constraint.name)):
        columns = ", ".join(key.column_keys)
        yield f'    {key.referred_table.name} {_cardinality(key)} {table.name} : "{columns}"'


def _cardinality(key: ForeignKeyConstraint) -> str:
    parent = "|o" if any(column.nullable for column in key.columns) else "||"
    child = "o|" if _is_unique(key.table, set(key.columns)) else "o{"
    return f"{parent}--{child}"


def _is_unique(table: Table, columns: set[Column[object]]) -> bool:
    uniques = (constraint for constraint in table.constraints if isinstance(constraint, UniqueConstraint))
    return columns == set(table.primary_key) or any(columns == set(unique.columns) for unique in uniques)


def _keys(table: Table, column: Column[object]) -> Iterator[str]:
    if column.primary_key:
        yield "PK"
    if column.foreign_keys:
        yield "FK"
    if not column.primary_key and _is_unique(table, {column}):
        yield "UK"


def _comment(column: Column[object]) -> str:
    notes = ["may be null"] if column.nullable else []
    if isinstance(column.type, Enum):
        notes.append(", ".join(column.type.enums))
    return f'"{"; ".join(notes)}"' if notes else ""


def _type(column: Column[object]) -> str:
    spelled = column.type.compile(dialect=postgresql.dialect()).lower()  # type: ignore[no-untyped-call]
    return _SHORT.get(spelled, spelled).replace(" ", "_")


def _print_diagram(module: str) -> None:
    sys.stdout.write(diagram(metadata_of(module)))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("name one module of models, e.g. python -m services.kit.erd services.file_service.models_db")
    _print_diagram(sys.argv[1])
