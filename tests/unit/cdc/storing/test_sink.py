"""The sink: the order of a batch's parts, what it does not send, and what it makes of each answer."""

import threading
import time
from dataclasses import replace
from itertools import pairwise

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError
from prometheus_client import REGISTRY

from cdc.batch import Batch, Commit, Message, Transaction, Truncate
from cdc.catalog.version import position
from cdc.clickhouse import InsertRefusedError, ShortInsertError
from cdc.rowbinary import row_head
from cdc.storing.sink import Sink
from cdc.stream_metrics import StreamMetrics
from cdc.stream_progress import Reached
from tests.unit.cdc.scripted_clickhouse import ScriptedClickHouse
from tests.unit.cdc.tables import shelf_catalog

SOON = 10.0
BOOKS, LOANS = shelf_catalog().tables
TRANSACTION = Transaction(7, 1_795_386_489_638_575, 0x5000)
PARTS = {"cdc.messages": 0, "cdc.truncates": 0, BOOKS.landing: 1, LOANS.landing: 1, "cdc.commits": 2}


def row(values: bytes, lsn: int = 0x4000) -> bytes:
    return row_head(b"c", lsn, 1, TRANSACTION.xid, TRANSACTION.commit_us) + values


def full_batch() -> Batch:
    batch = Batch()
    batch.rows[BOOKS] = [row(b"one"), row(b"two")]
    batch.rows[LOANS] = [row(b"three")]
    batch.messages.append(Message(TRANSACTION, 1, "huleedu.actor", b"{}"))
    batch.truncates.append(Truncate(TRANSACTION, 2, BOOKS))
    batch.commits.append(Commit(TRANSACTION, 0x5030, 4))
    return batch


def store(server: ScriptedClickHouse, batch: Batch) -> None:
    with Sink(server.as_client(), "library", epoch=1) as sink:
        sink.store(batch)


def test_messages_and_truncates_come_before_rows_and_commits_after_them() -> None:
    server = ScriptedClickHouse()
    store(server, full_batch())
    parts = [PARTS[insert.table] for insert in server.inserts]
    assert sorted(insert.table for insert in server.inserts) == sorted(PARTS)
    assert all(earlier <= later for earlier, later in pairwise(parts))


def test_rows_of_a_table_are_one_insert_with_the_landing_tables_columns() -> None:
    server = ScriptedClickHouse()
    store(server, full_batch())
    [insert] = [insert for insert in server.inserts if insert.table == BOOKS.landing]
    head = ("_op", "_lsn", "_epoch", "_xid", "_commit_us")
    assert insert.columns == (*head, *(column.name for column in BOOKS.columns))
    assert insert.body == row(b"one") + row(b"two")


def test_an_empty_batch_sends_nothing() -> None:
    server = ScriptedClickHouse()
    store(server, Batch())
    assert not server.inserts


@pytest.mark.parametrize("failing", [table for table in PARTS if table != "cdc.commits"])
def test_no_commit_is_sent_when_a_part_before_it_failed(failing: str) -> None:
    def outcome(table: str, _number: int) -> int:
        if table == failing:
            raise OperationalError("connection lost")
        return 1_000_000

    server = ScriptedClickHouse(outcome)
    with pytest.raises(OperationalError):
        store(server, full_batch())
    assert "cdc.commits" not in {insert.table for insert in server.inserts}


def test_a_failure_is_raised_only_once_no_other_insert_of_the_batch_runs_any_more() -> None:
    """Otherwise the next try would run beside what is left of this one, and hold the batch twice."""
    failed, ended = threading.Event(), list[str]()

    def outcome(table: str, _number: int) -> int:
        if table == BOOKS.landing:
            failed.set()
            raise OperationalError("connection lost")
        if table == LOANS.landing:
            assert failed.wait(SOON)
            time.sleep(0.2)
            ended.append(table)
        return 1_000_000

    with Sink(ScriptedClickHouse(outcome).as_client(), "library", epoch=1) as sink:
        with pytest.raises(OperationalError):
            sink.store(full_batch())
        assert ended == [LOANS.landing]


def test_rows_of_two_shapes_of_a_table_are_stored_one_after_another_in_order() -> None:
    later = replace(BOOKS, columns=BOOKS.columns[:-1])
    batch, under_way, overlapped = Batch(), list[str](), list[str]()
    batch.rows[BOOKS], batch.rows[later] = [row(b"before")], [row(b"after")]

    def outcome(table: str, _number: int) -> int:
        overlapped.extend(under_way)
        under_way.append(table)
        time.sleep(0.1)
        under_way.remove(table)
        return 1_000_000

    server = ScriptedClickHouse(outcome)
    store(server, batch)
    assert [insert.body for insert in server.inserts] == [row(b"before"), row(b"after")]
    assert not overlapped


def test_progress_is_told_once_the_commits_are_stored_and_not_before() -> None:
    metrics, refusing = StreamMetrics("library"), ["cdc.commits"]

    def outcome(table: str, _number: int) -> int:
        if table in refusing:
            raise OperationalError("connection lost")
        return 1_000_000

    with Sink(ScriptedClickHouse(outcome).as_client(), "library", epoch=3, metrics=metrics) as sink:
        with pytest.raises(OperationalError):
            sink.store(full_batch())
        assert metrics.progress.reached is None
        refusing.clear()
        sink.store(full_batch())
    assert metrics.progress.reached == Reached(position(3, 0x5030), TRANSACTION.commit_us)


def test_changes_are_counted_by_table_once_for_a_batch() -> None:
    def counted(name: str, table: str) -> float:
        return REGISTRY.get_sample_value(f"huleedu_cdc_{name}", {"service": "library", "table": table}) or 0.0

    def every_count() -> list[float]:
        names = ("rows_stored_total", "insert_seconds_count")
        return [counted(name, table.name) for name in names for table in (BOOKS, LOANS)]

    before = every_count()
    store(ScriptedClickHouse(), full_batch())
    assert [now - then for now, then in zip(every_count(), before, strict=True)] == [2, 1, 1, 1]


def test_fewer_rows_confirmed_than_sent_is_an_error() -> None:
    server = ScriptedClickHouse(lambda table, _number: 1 if table == BOOKS.landing else 1_000_000)
    with pytest.raises(ShortInsertError, match=r"confirmed 1 of 2 rows for library_store\.books_landing"):
        store(server, full_batch())


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (DatabaseError("Code: 60. UNKNOWN_TABLE", code=60), InsertRefusedError),
        (DatabaseError("Code: 241. MEMORY_LIMIT_EXCEEDED", code=241), DatabaseError),
        (DatabaseError("Code: 243. NOT_ENOUGH_SPACE", code=243), DatabaseError),
        (DatabaseError("Code: 1002. UNKNOWN_EXCEPTION", code=1002), DatabaseError),
        (OperationalError("no answer"), OperationalError),
    ],
    ids=["never", "in trouble", "disk full", "something beneath the server", "no answer"],
)
def test_an_insert_that_can_never_go_well_is_told_from_one_that_may(error: Exception, raised: type[Exception]) -> None:
    def outcome(_table: str, _number: int) -> int:
        raise error

    with pytest.raises(raised) as failure:
        store(ScriptedClickHouse(outcome), full_batch())
    assert failure.type is raised
