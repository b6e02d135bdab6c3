"""The decoder where a table's shape changes in the stream: each row is read, and lands, by the shape it came in."""

import pytest

from cdc.batch import Batch
from cdc.catalog.model import CapturedTable, CatalogError
from cdc.catalog.shape import reshaped
from cdc.source.pgoutput import Decoder
from cdc.source.relation import RelationMessage
from tests.unit.cdc import pgoutput_encoder as sent
from tests.unit.cdc.landed_rows import landed_rows
from tests.unit.cdc.tables import shelf_catalog

CATALOG = shelf_catalog()
BOOKS = CATALOG.by_name["public", "books"]
AS_DECLARED = ("title", "book_id", "price", "cover", "shelf")
NUMBER, COMMIT_LSN = 16_400, 0x5000
Asked = list[tuple[CapturedTable, tuple[str, ...], int]]


class Stream:
    """A decoder, fed with one transaction, and what it asked of shapes; every type is a text."""

    def __init__(self) -> None:
        self.asked: Asked = []
        self.decoder = Decoder(CATALOG, 3, self.adapt)
        self.begin(COMMIT_LSN)

    def adapt(self, table: CapturedTable, described: RelationMessage, commit_lsn: int) -> CapturedTable:
        names = tuple(column.name for column in described.columns)
        self.asked.append((table, names, commit_lsn))
        return reshaped(table, [(name, "text") for name in names])

    def begin(self, commit_lsn: int) -> None:
        self.decoder.feed(0, sent.begin(commit_lsn, 0, 7))

    def describe(self, *columns: str) -> None:
        self.decoder.feed(0, sent.relation(NUMBER, "books", columns))


def gathered(batch: Batch) -> dict[tuple[str, ...], list[tuple[str, tuple[str | None, ...]]]]:
    """Op and values of each row, by the columns that it is of."""
    return {
        tuple(column.name for column in table.columns): [
            (row.op, row.values) for row in landed_rows(rows.body, len(table.columns))
        ]
        for table, rows in batch.tables()
    }


def test_a_batch_holds_rows_of_each_shape_with_its_own_columns() -> None:
    stream = Stream()
    stream.describe(*AS_DECLARED)
    stream.decoder.feed(0x1100, sent.insert(NUMBER, ["Emma", "k1", None, "x", "red"]))
    stream.describe("title", "book_id", "cover", "isbn")
    stream.decoder.feed(0x1120, sent.insert(NUMBER, ["Persuasion", "k2", "x", "978"]))
    stream.decoder.feed(0x1140, sent.update(NUMBER, ["Emma", "k1", "x", "979"], ["Emma", "k1", "x", None]))
    assert gathered(stream.decoder.batch) == {
        ("book_id", "title", "price", "shelf"): [("c", ("k1", "Emma", None, "red"))],
        ("book_id", "title", "isbn"): [("c", ("k2", "Persuasion", "978")), ("u", ("k1", "Emma", "979"))],
    }
    stream.decoder.feed(0x5030, sent.commit(COMMIT_LSN, 0x5030))
    assert stream.decoder.batch.commits[-1].changes == 3


def test_a_shape_stays_over_batches_until_the_next_description() -> None:
    stream = Stream()
    stream.describe("book_id", "isbn")
    stream.decoder.take()
    stream.decoder.feed(0x1120, sent.insert(NUMBER, ["k2", "978"]))
    assert gathered(stream.decoder.batch) == {("book_id", "isbn"): [("c", ("k2", "978"))]}


def test_an_excluded_column_that_appears_is_skipped() -> None:
    stream = Stream()
    stream.describe("book_id", "title")
    stream.decoder.feed(0x1100, sent.insert(NUMBER, ["k1", "Emma"]))
    stream.describe("book_id", "title", "cover")
    stream.decoder.feed(0x1120, sent.insert(NUMBER, ["k2", "Persuasion", "a long picture"]))
    rows = [("c", ("k1", "Emma")), ("c", ("k2", "Persuasion"))]
    assert gathered(stream.decoder.batch) == {("book_id", "title"): rows}


def test_a_description_is_asked_about_with_the_commit_of_the_transaction_that_it_comes_in() -> None:
    stream = Stream()
    stream.describe(*AS_DECLARED)
    stream.begin(0x6000)
    stream.describe("book_id")
    assert stream.asked == [(BOOKS, AS_DECLARED, COMMIT_LSN), (BOOKS, ("book_id",), 0x6000)]


def test_a_shape_that_is_refused_ends_the_stream_before_its_rows() -> None:
    stream = Stream()
    with pytest.raises(CatalogError, match="rows were sent without the key column book_id"):
        stream.describe("title", "price")
    assert not stream.decoder.batch
