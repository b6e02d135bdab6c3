"""For how long ClickHouse has not answered, of a thread's requests one by one."""

import threading
import time
from types import SimpleNamespace

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from cdc.batch import Rows
from cdc.clickhouse import InsertRefusedError, insert, longest_unanswered_seconds, rows_of
from tests.unit.cdc.scripted_clickhouse import ScriptedClickHouse

OWN = threading.get_ident()
ROW = Rows(1, b"1")


def test_a_request_counts_while_it_is_under_way_and_each_from_its_own_beginning() -> None:
    seen = list[float]()

    class Slow(ScriptedClickHouse):
        def query(self, _query: str, **_bound: object) -> SimpleNamespace:
            time.sleep(0.05)
            seen.append(longest_unanswered_seconds([OWN, OWN + 1]))
            return super().query(_query, **_bound)

    client = Slow().as_client()
    for _ in range(3):
        rows_of(client, "SELECT 1")
    assert all(0.05 <= each < 0.14 for each in seen)
    assert longest_unanswered_seconds([OWN]) == 0.0


def test_a_refusal_is_an_answer() -> None:
    def refuse(_table: str, _number: int) -> int:
        assert longest_unanswered_seconds([OWN]) > 0
        raise DatabaseError("Code: 469. VIOLATED_CONSTRAINT", code=469)

    with pytest.raises(InsertRefusedError):
        insert(ScriptedClickHouse(refuse).as_client(), "goods", ("a",), ROW)
    assert longest_unanswered_seconds([OWN]) == 0.0
