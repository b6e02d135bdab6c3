"""Writes into every table of a service, made from its models: rows that their constraints allow, changes, deletions.

Row n of one table refers to row n of another, since a value is made of its column's type and the row's number alone.
Where a table wants a row to refer to another one of the same table, that is its partner: 1 and 2, 3 and 4 …
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Enum,
    Float,
    Integer,
    SmallInteger,
    String,
    Table,
    Uuid,
)
from sqlalchemy.sql import Executable
from sqlalchemy.types import TypeEngine

from migrations.sync_engine import sync_engine
from services.kit.capture import INFO_KEY
from services.kit.postgres.metadata import metadata_of
from services.registry import Service

# Longer columns hold words of people; shorter ones are hashes and identifiers in hexadecimal digits.
_LONGEST_HEX = 64
_SUCCESS = 200
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
DAY = timedelta(days=1)
_WORDS = ["plain", "with, comma", 'with "quotes"', "{braces}", "back\\slash", "NULL", ""]


def captured_tables(service: Service) -> list[Table]:
    """The captured tables, those that others refer to first."""
    return [table for table in metadata_of(service.models).sorted_tables if INFO_KEY in table.info]


def insert_rows(service: Service, url: str, numbers: Sequence[int], only: Collection[str] = ()) -> None:
    """Insert the rows of these numbers, both of a pair, into every captured table, in one transaction.

    only: the names of tables, where not all of them are there yet.
    """
    tables = [table for table in captured_tables(service) if not only or table.name in only]
    _commit(url, (table.insert().values(row(table, number)) for table in tables for number in numbers))


def update_all(service: Service, url: str) -> None:
    """Change a value in every row of every captured table, in one transaction."""
    _commit(url, (table.update().values(_changed(table)) for table in captured_tables(service)))


def delete_rows(service: Service, url: str, numbers: Sequence[int]) -> None:
    """Delete the rows of these numbers from every captured table, in one transaction."""
    tables = reversed(captured_tables(service))
    _commit(url, (table.delete().where(*_is_row(table, number)) for table in tables for number in numbers))


def row(table: Table, number: int) -> dict[str, Any]:
    """The values of a row, of the columns that must have one."""
    needed = (c for c in table.columns if c.primary_key or (not c.nullable and c.server_default is None))
    made = {column.name: _value(column, number) for column in needed}
    special = _SPECIAL.get(table.name)
    return made | special(number) if special else made


def identifier(number: int) -> UUID:
    """The UUID of that number."""
    return UUID(int=number)


def partner(number: int) -> int:
    """The other one of a pair."""
    return number + 1 if number % 2 else number - 1


# What a column's type does not say: to which row it refers, and which of two columns may have a value.
_SPECIAL: dict[str, Callable[[int], dict[str, Any]]] = {
    "content_relations": lambda number: {"to_id": f"{partner(number):032x}"},
    "assessment_configs": lambda number: {"course_code": f"course {number}"},
    "cj_essays": lambda _: {"batch_id": identifier(1)},
    "cj_comparisons": lambda number: {"batch_id": identifier(1), "essay_b": identifier(partner(number))},
    "grade_projections": lambda _: {"batch_id": identifier(1), "confidence": 0.5},
}


def _text(column: Column[Any], number: int) -> str:
    length = getattr(column.type, "length", None)
    if length is not None and length <= _LONGEST_HEX and column.name.endswith(("_id", "sha256")):
        return f"{number:0{length}x}"
    return f"{column.name} {number}"


def _label(column: Column[Any], _number: int) -> Any:
    labels = column.type.enum_class if isinstance(column.type, Enum) else None
    return next(iter(labels or ()))


# The first that fits: an Enum is a String too, and a SmallInteger an Integer.
_MADE: tuple[tuple[type[TypeEngine[Any]], Callable[[Column[Any], int], Any]], ...] = (
    (Enum, _label),
    (String, _text),
    (Uuid, lambda _, number: identifier(number)),
    (Boolean, lambda *_: True),
    (SmallInteger, lambda _, number: _SUCCESS + number),
    (Integer, lambda _, number: number),
    (Float, lambda _, number: number),
    (DateTime, lambda _, number: TODAY + timedelta(seconds=number)),
    (ARRAY, lambda *_: _WORDS),
)


def write_and_delete(service: Service, url: str, inserted: Sequence[int], deleted: Sequence[int]) -> None:
    """Insert rows into each of a service's tables, update every row, and delete some."""
    insert_rows(service, url, inserted)
    update_all(service, url)
    delete_rows(service, url, deleted)


def _value(column: Column[Any], number: int) -> Any:
    for kind, made in _MADE:
        if isinstance(column.type, kind):
            return made(column, number)
    raise NotImplementedError(f"{column}: no value is made up for {column.type!r}")


def _changed(table: Table) -> dict[str, Any]:
    """A word more in the first column of words that is free for it, or a second more in the first one of times."""
    free = [c for c in _captured_values(table) if not c.nullable and not c.foreign_keys]
    words = [c for c in free if isinstance(c.type, String) and (c.type.length or _LONGEST_HEX + 1) > _LONGEST_HEX]
    for column in words:
        if not isinstance(column.type, Enum):
            return {column.name: column.op("||")(" changed")}
    time = next(column for column in free if isinstance(column.type, DateTime))
    return {time.name: time + timedelta(seconds=1)}


def _captured_values(table: Table) -> Iterator[Column[Any]]:
    excluded = table.info[INFO_KEY].exclude
    return (column for column in table.columns if not column.primary_key and column.name not in excluded)


def _is_row(table: Table, number: int) -> list[ColumnElement[bool]]:
    values = row(table, number)
    return [column == values[column.name] for column in table.primary_key.columns]


def _commit(url: str, statements: Iterable[Executable]) -> None:
    with sync_engine(url) as engine, engine.begin() as connection:
        for statement in statements:
            connection.execute(statement)
