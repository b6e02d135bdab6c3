"""Parking, shared by the stream and a copy: no later change of a key passes one that is about to be parked."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as WaitedInVain
from types import SimpleNamespace

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from cdc.batch import Rows
from cdc.dead_letters.parking import Parking
from cdc.rowbinary import nullable_string, row_head
from tests.unit.cdc.scripted_clickhouse import ScriptedClickHouse
from tests.unit.cdc.tables import shelf_catalog

BOOKS = shelf_catalog().tables[0]
SOON = 10.0
REFUSED = DatabaseError("Code: 469. VIOLATED_CONSTRAINT", code=469)


def row(lsn: int, value: str) -> Rows:
    texts = (b"key", *[value.encode()] * (len(BOOKS.columns) - 1))
    return Rows(1, row_head(b"u", lsn, 1, 7, lsn) + b"".join(map(nullable_string, texts)))


class TwoWriters:
    """A copy and the stream; the copy's row is refused, and `between` happens at the `number`th insert of a row."""

    def __init__(self, number: int, between: Callable[[], None]) -> None:
        self._between = {number: between}
        self.server = ScriptedClickHouse(self._outcome)
        self._tried = 0

    def _outcome(self, table: str, number: int) -> int:
        if table == BOOKS.landing and b"ill" in self.server.inserts[number - 1].body:
            self._tried += 1
            self._between.pop(self._tried, lambda: None)()
            raise REFUSED
        return 1


def test_a_later_change_that_comes_while_an_earlier_one_is_sorted_out_is_parked_behind_it() -> None:
    stream = list[Future[None]]()

    def the_stream_goes_on() -> None:
        stream.append(threads.submit(parking.store, BOOKS, row(20, "fine")))
        with pytest.raises(WaitedInVain):
            stream[0].result(0.2)

    writers = TwoWriters(2, the_stream_goes_on)
    parking = Parking(writers.server.as_client(), BOOKS.service)
    with ThreadPoolExecutor(1) as threads:
        parking.store(BOOKS, row(10, "ill"))
        stream[0].result(SOON)
    fine = [each for each in writers.server.inserts if b"fine" in each.body]
    assert [each.table for each in fine] == ["cdc.dead_letters"]


def test_the_stream_does_not_wait_for_a_copys_insert_nor_after_one_that_failed_while_it_was_sorted_out() -> None:
    together, failures = threading.Barrier(2, timeout=SOON), [REFUSED, OperationalError("connection lost")]

    def outcome(_table: str, _number: int) -> int:
        if failures:
            raise failures.pop(0)
        together.wait()
        return 1

    parking = Parking(ScriptedClickHouse(outcome).as_client(), BOOKS.service)
    with pytest.raises(OperationalError):
        parking.store(BOOKS, row(5, "ill"))
    with ThreadPoolExecutor(2) as threads:
        for stored in [threads.submit(parking.store, BOOKS, row(lsn, "fine")) for lsn in (10, 20)]:
            stored.result(SOON)


def test_what_is_known_of_letters_can_be_forgotten_while_clickhouse_does_not_answer() -> None:
    asked, answered = threading.Event(), threading.Event()

    class Silent(ScriptedClickHouse):
        def query(self, _query: str, **_bound: object) -> SimpleNamespace:
            asked.set()
            assert answered.wait(SOON)
            return super().query(_query, **_bound)

    parking = Parking(Silent().as_client(), BOOKS.service)
    with ThreadPoolExecutor(2) as threads:
        stored = threads.submit(parking.store, BOOKS, row(10, "fine"))
        assert asked.wait(SOON)
        threads.submit(parking.forget).result(SOON / 2)
        answered.set()
        stored.result(SOON)
