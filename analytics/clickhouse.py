"""ClickHouse as analysts use it: one client that can only read, and what its refusals mean."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from clickhouse_connect.driver import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from analytics.errors import CannotAnswerError, QuestionError
from services.kit.clickhouse import connected

# The server refuses every write and every change of this very setting, whatever the query says.
_READ_ONLY = {"readonly": 1}
_NOT_MIGRATED = frozenset({46, 47, 60, 81})  # a parameterized view, a column, a table or a database is not there
_BAD_PARAMETER = " for query parameter "  # said under several codes, one for each type
_SERVER_WORDS = re.compile(r"DB::Exception: (?P<words>.+?)[.:]?\s+\([A-Z0-9_]+\)( \(for url|$)", re.DOTALL)


@contextmanager
def reader(url: str) -> Iterator[Client]:
    """A read-only client whose times carry their zone; ClickHouseAwayError if nobody answers."""
    with connected(url, settings=_READ_ONLY, tz_mode="aware") as opened:
        yield opened


def ask(client: Client, query: str, parameters: Mapping[str, str | None]) -> tuple[Sequence[str], list[Sequence[Any]]]:
    """The columns and rows of a query; `parameters` are texts that the server binds to `{name:Type}`.

    QuestionError for a text that its type cannot hold; CannotAnswerError where ClickHouse has no such view or fails.
    """
    with _answered():
        found = client.query(query, parameters=dict(parameters))
    return found.column_names, list(found.result_rows)


def ask_typed(client: Client, query: str, parameters: Mapping[str, str | None]) -> pa.Table:
    """The answer of a query with the types that ClickHouse gives it; errors as `ask` raises them."""
    with _answered():
        return client.query_arrow(query, parameters=dict(parameters))


@contextmanager
def _answered() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        raise _explained(error) from error


def _explained(error: DatabaseError) -> Exception:
    match = _SERVER_WORDS.search(str(error))
    words = match["words"] if match else str(error)
    if _BAD_PARAMETER in words:
        return QuestionError(words.split(" because ")[0])
    if error.code in _NOT_MIGRATED:
        missing = words.split(" In scope ")[0].rstrip(".")
        return CannotAnswerError(f"{missing}: run `python -m migrations upgrade` to create what is missing")
    return CannotAnswerError(f"ClickHouse: {words}")
