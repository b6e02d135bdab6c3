"""Made-up rows for any captured table, from the catalog alone: tables of its shape, and inserts that fill them.

The tables have the captured columns, types and keys, and no constraint: what is measured is their way to ClickHouse.
"""

import re

from cdc.catalog.model import CapturedTable, Column, quoted

# A row's number `i` as a value of each type; whatever is not named here takes the number's digits as text.
_VALUES = {
    "uuid": "lpad(to_hex(i), 32, '0')::uuid",
    "boolean": "i % 2 = 0",
    "jsonb": "jsonb_build_object('number', i)",
    "json": "json_build_object('number', i)",
    "date": "date '2026-01-01' + (i % 1000)::int",
    "timestamp with time zone": "now()",
    "timestamp without time zone": "now()::timestamp",
    "smallint": "(i % 30000)::smallint",
    "integer": "(i % 2000000000)::integer",
    "bigint": "i::bigint",
    "real": "(i % 1000) / 8.0::real",
    "double precision": "(i % 1000) / 8.0::double precision",
    "numeric": "(i % 100)::numeric",
    "interval": "make_interval(secs => i % 1000)",
    "inet": "'10.0.0.0'::inet + i % 65536",
}


def create_table(table: CapturedTable) -> str:
    """The statement that makes the table in PostgreSQL."""
    columns = ", ".join(f"{quoted(column.name)} {_type_of(column)}" for column in table.columns)
    key = ", ".join(quoted(name) for name in table.key)
    return f"CREATE TABLE {table.in_postgres} ({columns}, PRIMARY KEY ({key}))"


def insert_rows(table: CapturedTable, first: int, count: int) -> str:
    """The statement that inserts `count` rows numbered from `first`."""
    values = ", ".join(_value_of(column) for column in table.columns)
    columns = ", ".join(quoted(column.name) for column in table.columns)
    numbers = f"generate_series({first}::bigint, {first + count - 1}::bigint) AS i"
    return f"INSERT INTO {table.in_postgres} ({columns}) SELECT {values} FROM {numbers}"


def numbered_column(table: CapturedTable) -> Column:
    """The key column by which a row is found again: its value comes of the row's number, and not of a clock."""
    return next(column for column in table.key_columns if "now()" not in _value_of(column))


def value_in_row(column: Column, number: int) -> str:
    """The query for the text that the column has in the row of that number."""
    return f"SELECT ({_value_of(column)})::text FROM (SELECT {number}::bigint AS i) AS numbered"


def _type_of(column: Column) -> str:
    return "text" if column.postgres_type == "label" else column.postgres_type


def _value_of(column: Column) -> str:
    kind = column.postgres_type
    if kind.endswith("[]"):
        return f"ARRAY[]::{kind}"
    name = re.sub(r"\(.*\)", "", kind).strip()
    return _VALUES.get(name, "i::text")
