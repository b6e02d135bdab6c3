"""ClickHouse as analysts use it: one client that can only read, and what its refusals mean."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver import Client
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from analytics.errors import CannotAnswerError, QuestionError

# The server refuses every write and every change of this very setting, whatever the query says.
_READ_ONLY = {"readonly": 1}
_NOT_MIGRATED = frozenset({46, 47, 60, 81})  # a parameterized view, a column, a table or a database is not there
_BAD_PARAMETER = " for query parameter "  # said under several codes, one for each type
_SERVER_WORDS = re.compile(r"DB::Exception: (?P<words>.+?)[.:]?\s+\([A-Z0-9_]+\)( \(for url|$)", re.DOTALL)
# The driver would log, bare, what is raised and explained here.
logging.getLogger("clickhouse_connect").addHandler(logging.NullHandler())


@contextmanager
def reader(url: str) -> Iterator[Client]:
    """A read-only client whose times carry their zone; CannotAnswerError where ClickHouse cannot be asked."""
    address = urlsplit(url)
    try:
        opened = clickhouse_connect.get_client(
            dsn=url, settings=_READ_ONLY, autogenerate_session_id=False, tz_mode="aware"
        )
        with closing(opened):
            yield opened
    except OperationalError as error:
        where = f"ClickHouse at {address.hostname}:{address.port}"
        raise CannotAnswerError(
            f"{where} does not answer: start it (`python -m deploy.local up`), or correct ANALYTICS_CLICKHOUSE_URL"
        ) from error


def ask(client: Client, query: str, parameters: Mapping[str, str | None]) -> tuple[Sequence[str], list[Sequence[Any]]]:
    """The columns and rows of a query; `parameters` are texts that the server binds to `{name:Type}`.

    QuestionError for a text that its type cannot hold; CannotAnswerError where ClickHouse has no such view or fails.
    """
    try:
        found = client.query(query, parameters=dict(parameters))
    except DatabaseError as error:
        raise _explained(error) from error
    return found.column_names, list(found.result_rows)


def _explained(error: DatabaseError) -> Exception:
    match = _SERVER_WORDS.search(str(error))
    words = match["words"] if match else str(error)
    if _BAD_PARAMETER in words:
        return QuestionError(words.split(" because ")[0])
    if error.code in _NOT_MIGRATED:
        missing = words.split(" In scope ")[0].rstrip(".")
        return CannotAnswerError(f"{missing}: run `python -m migrations upgrade` to create what is missing")
    return CannotAnswerError(f"ClickHouse: {words}")
