"""A ClickHouse client that records its inserts, and fails where a test says so: no real server fails on request."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

from clickhouse_connect.driver import Client
from clickhouse_connect.driver.summary import QuerySummary

Outcome = Callable[[str, int], int]


@dataclass(frozen=True)
class Recorded:
    table: str
    columns: tuple[str, ...]
    body: bytes


class ScriptedClickHouse:
    """`outcome(table, nth insert)` says how many rows an insert of `bodies` wrote, or raises what it fails with."""

    def __init__(self, outcome: Outcome = lambda _table, _number: 1_000_000) -> None:
        self.inserts: list[Recorded] = []
        self._outcome, self._lock = outcome, threading.Lock()

    def raw_insert(
        self, table: str, column_names: Sequence[str], insert_block: bytes, *, fmt: str, settings: dict[str, Any]
    ) -> QuerySummary:
        assert fmt == "RowBinary"
        assert settings["async_insert"] == 0
        with self._lock:
            self.inserts.append(Recorded(table, tuple(column_names), insert_block))
            number = len(self.inserts)
        return QuerySummary({"written_rows": str(self._outcome(table, number))})

    def query(self, _query: str, **_bound: object) -> SimpleNamespace:
        """Nothing is stored here."""
        return SimpleNamespace(result_rows=[])

    def as_client(self) -> Client:
        return cast("Client", self)
