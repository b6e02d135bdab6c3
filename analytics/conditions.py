"""Which rows are meant: values as text become conditions that ClickHouse binds, casts and can look up by key."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from clickhouse_connect.driver import Client

from analytics.clickhouse import ask
from analytics.errors import QuestionError
from cdc.catalog.model import CapturedTable, Column, quoted


@dataclass(frozen=True)
class Condition:
    """An SQL condition and the texts it binds."""

    sql: str
    parameters: dict[str, str]


def key_values(table: CapturedTable, text: str) -> dict[str, str]:
    """The key's columns and their texts from `a,b`, a value with a comma in double quotes; QuestionError otherwise."""
    try:
        parts = next(csv.reader([text], strict=True), []) or [""]
    except csv.Error as error:
        raise QuestionError(f"the key {text!r} cannot be read: {error}") from error
    if len(parts) != len(table.key):
        raise QuestionError(
            f"a key of {table} is {','.join(table.key)}, but {text!r} has {len(parts)} values;"
            " put a value that has a comma in double quotes"
        )
    return dict(zip(table.key, parts, strict=True))


def key_as_typed(values: Iterable[str]) -> str:
    """A key's values in the form that `key_values` reads."""
    written = StringIO()
    csv.writer(written, lineterminator="").writerow(values)
    return written.getvalue()


def assignments(texts: Sequence[str], what: str) -> dict[str, str]:
    """`name=value` texts as a mapping; QuestionError for one without `=`, or a name given twice."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name in found:
            raise QuestionError(f"{text!r}: write {what} as name=value, each name once")
        found[name] = value
    return found


def equal_to(client: Client, table: CapturedTable, values: Mapping[str, str]) -> Condition:
    """The condition that columns have these values; QuestionError for an unknown column or a value it cannot hold."""
    columns = [_column(table, name) for name in values]
    parameters = {f"value_{number}": text for number, text in enumerate(values.values())}
    casts = [column.rule.cast(f"{{{name}:String}}") for column, name in zip(columns, parameters, strict=True)]
    if not casts:
        return Condition("true", {})
    _require_form(client, table, columns, casts, parameters)
    pairs = zip(columns, casts, strict=True)
    return Condition(" AND ".join(f"{quoted(column.name)} = {cast}" for column, cast in pairs), parameters)


def _column(table: CapturedTable, name: str) -> Column:
    for column in table.stored_columns:
        if column.name == name:
            return column
    known = ", ".join(column.name for column in table.stored_columns)
    raise QuestionError(f"{table} has no captured column {name!r}; it has {known}")


def _require_form(
    client: Client, table: CapturedTable, columns: Sequence[Column], casts: Sequence[str], parameters: dict[str, str]
) -> None:
    _, rows = ask(client, f"SELECT {', '.join(f'isNull({cast})' for cast in casts)}", parameters)
    for column, text, is_wrong in zip(columns, parameters.values(), rows[0], strict=True):
        if is_wrong:
            raise QuestionError(f"{table}: {column.name} is of type {column.postgres_type}, and {text!r} is not")
