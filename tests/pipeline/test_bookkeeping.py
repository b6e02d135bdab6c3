"""What capture records of itself says the same after any replay: of two records of one thing, the right one stays."""

from dataclasses import replace

from clickhouse_connect.driver import Client

from cdc.batch import Batch, Message, Transaction
from cdc.bookkeeping.copies import TableCopy, copies, record_copy
from cdc.storing.sink import Sink

BEGUN = TableCopy("files", epoch=1, lsn=100, reason="first copy", xid=9)


def test_a_finished_copy_stays_finished_when_its_beginning_is_recorded_again(clickhouse: Client) -> None:
    finished = replace(BEGUN, row_count=3, finished=True)
    for each in (BEGUN, finished, BEGUN):
        record_copy(clickhouse, "file", each)
    assert copies(clickhouse, "file", 1) == (finished,)


def test_the_later_of_two_actors_of_a_transaction_stays_whatever_comes_last(clickhouse: Client) -> None:
    transaction = Transaction(xid=7, commit_us=1_800_000_000_000_000, commit_lsn=90)
    older = Message(transaction, 10, "huleedu.actor", b'{"user_id":"anna"}')
    newer = Message(transaction, 20, "huleedu.actor", b'{"user_id":"bo"}')
    with Sink(clickhouse, "file", epoch=1) as sink:
        for messages in ([older, newer], [older]):
            sink.store(Batch(messages=messages))
    assert clickhouse.query("SELECT user_id FROM cdc.actors FINAL").result_rows == [("bo",)]
