"""The decoder: scripted pgoutput messages become the rows, messages, truncates and commits of a batch."""

import pytest

from cdc.batch import Commit, Message, Transaction
from cdc.catalog.bookkeeping_ddl import HEARTBEAT_PREFIX
from cdc.catalog.model import CapturedTable
from cdc.catalog.partition_truncates import TRUNCATE_PREFIX
from cdc.catalog.shape import reshaped
from cdc.source.pgoutput import Decoder, UnknownMessageError
from cdc.source.relation import RelationMessage, RelationMismatchError
from cdc.source.tuples import MissingValueError
from tests.unit.cdc import pgoutput_encoder as sent
from tests.unit.cdc.landed_rows import LandedRow, landed_rows
from tests.unit.cdc.tables import shelf_catalog

CATALOG = shelf_catalog()
BOOKS, LOANS = CATALOG.by_name["public", "books"], CATALOG.by_name["public", "loans"]
BOOK_COLUMNS = ("title", "book_id", "price", "cover", "shelf")
LOAN_COLUMNS = ("book", "number", "days", "returned", "due")
BOOKS_ID, LOANS_ID, DRAFTS_ID = 16_400, 16_410, 16_420
EPOCH, XID, COMMIT_US, COMMIT_LSN, END_LSN = 3, 741, 1_795_386_489_638_575, 0x5000, 0x5030
TRANSACTION = Transaction(XID, COMMIT_US, COMMIT_LSN)


def as_described(table: CapturedTable, described: RelationMessage, _commit_lsn: int) -> CapturedTable:
    """What the running capture answers, but that every type is a text."""
    return reshaped(table, [(column.name, "text") for column in described.columns])


@pytest.fixture(name="decoder")
def _decoder() -> Decoder:
    decoder = Decoder(CATALOG, EPOCH, as_described)
    decoder.feed(0, sent.relation(BOOKS_ID, "books", BOOK_COLUMNS))
    decoder.feed(0, sent.relation(LOANS_ID, "loans", LOAN_COLUMNS))
    decoder.feed(0x1000, sent.begin(COMMIT_LSN, COMMIT_US, XID))
    return decoder


def book(op: str, lsn: int, *values: str | None) -> LandedRow:
    return LandedRow(op, lsn, values, EPOCH, XID, COMMIT_US)


def books(decoder: Decoder) -> list[LandedRow]:
    return landed(decoder, BOOKS)


def landed(decoder: Decoder, of: CapturedTable) -> list[LandedRow]:
    [(table, rows)] = [each for each in decoder.batch.tables() if each[0].name == of.name]
    return landed_rows(rows.body, len(table.columns))


def commit(decoder: Decoder) -> Commit:
    decoder.feed(END_LSN, sent.commit(COMMIT_LSN, END_LSN))
    return decoder.batch.commits[-1]


def test_an_insert_carries_the_captured_columns_key_first(decoder: Decoder) -> None:
    decoder.feed(0x1100, sent.insert(BOOKS_ID, ["Emma", "k1", None, "a long picture", "red"]))
    assert books(decoder) == [book("c", 0x1100, "k1", "Emma", None, "red")]


def test_an_update_carries_the_new_row_alone(decoder: Decoder) -> None:
    old = ["Emma", "k1", "1.50", "x", "red"]
    decoder.feed(0x1100, sent.update(BOOKS_ID, ["Emma", "k1", "2.50", "x", None], old))
    assert books(decoder) == [book("u", 0x1100, "k1", "Emma", "2.50", None)]


def test_an_update_takes_an_unchanged_value_from_its_old_row(decoder: Decoder) -> None:
    old = ["e" * 9000, "k1", "1.50", "x", "red"]
    decoder.feed(0x1100, sent.update(BOOKS_ID, [sent.UNCHANGED, "k1", "2.50", sent.UNCHANGED, "red"], old))
    assert books(decoder) == [book("u", 0x1100, "k1", "e" * 9000, "2.50", "red")]


def test_an_unchanged_value_without_an_old_row_is_refused(decoder: Decoder) -> None:
    with pytest.raises(MissingValueError):
        decoder.feed(0x1100, sent.update(BOOKS_ID, [sent.UNCHANGED, "k1", "2.50", "x", "red"]))


def test_an_update_without_an_old_row_is_carried_when_all_of_it_was_sent(decoder: Decoder) -> None:
    decoder.feed(0x1100, sent.update(BOOKS_ID, ["Emma", "k1", "2.50", "x", "red"]))
    assert books(decoder) == [book("u", 0x1100, "k1", "Emma", "2.50", "red")]


def test_a_key_change_is_a_deletion_and_an_insert_at_one_position(decoder: Decoder) -> None:
    old, new = ["Emma", "k1", "1.50", "x", "red"], ["Emma", "k2", "1.50", "x", "red"]
    decoder.feed(0x1100, sent.update(BOOKS_ID, new, old))
    assert books(decoder) == [
        book("d", 0x1100, "k1", "Emma", "1.50", "red"),
        book("c", 0x1100, "k2", "Emma", "1.50", "red"),
    ]
    assert commit(decoder).changes == 2


def test_a_key_of_which_only_the_text_changes_is_a_key_change_too(decoder: Decoder) -> None:
    old, new = ["1.0", "1", "5", "t", None], ["1.00", "1", "5", "t", None]
    decoder.feed(0x1100, sent.update(LOANS_ID, new, old))
    rows = landed(decoder, LOANS)
    assert [(row.op, row.values[0]) for row in rows] == [("d", "1.0"), ("c", "1.00")]


def test_the_second_column_of_a_key_counts(decoder: Decoder) -> None:
    decoder.feed(0x1100, sent.update(LOANS_ID, ["b", "2", "5", "t", None], ["b", "1", "5", "t", None]))
    rows = landed(decoder, LOANS)
    assert [(row.op, row.values[1]) for row in rows] == [("d", "1"), ("c", "2")]


def test_a_deletion_carries_the_last_row(decoder: Decoder) -> None:
    decoder.feed(0x1100, sent.delete(BOOKS_ID, ["Emma", "k1", "1.50", "x", "red"]))
    assert books(decoder) == [book("d", 0x1100, "k1", "Emma", "1.50", "red")]


def test_a_deletion_without_its_row_is_refused_by_name(decoder: Decoder) -> None:
    with pytest.raises(RelationMismatchError, match=r"library\.books: a deletion came without its old row"):
        decoder.feed(0x1100, sent.delete(BOOKS_ID, [None, "k1", None, None, None], identity=b"K"))


def test_a_truncate_is_noted_for_each_captured_table(decoder: Decoder) -> None:
    decoder.feed(0x1100, sent.truncate(BOOKS_ID, LOANS_ID))
    assert [(str(each.table), each.lsn, each.transaction) for each in decoder.batch.truncates] == [
        ("library.books", 0x1100, TRANSACTION),
        ("library.loans", 0x1100, TRANSACTION),
    ]


def test_a_relation_that_the_catalog_does_not_know_is_refused_by_name(decoder: Decoder) -> None:
    decoder.feed(0x1100, sent.relation(DRAFTS_ID, "drafts", ("id",)))
    with pytest.raises(RelationMismatchError, match=r"changes of public\.drafts came, which the catalog does not know"):
        decoder.feed(0x1100, sent.insert(DRAFTS_ID, ["1"]))


def test_a_captured_relation_that_was_renamed_is_not_read_any_more(decoder: Decoder) -> None:
    decoder.feed(0x1100, sent.relation(BOOKS_ID, "volumes", BOOK_COLUMNS))
    with pytest.raises(RelationMismatchError, match=r"changes of public\.volumes came"):
        decoder.feed(0x1100, sent.insert(BOOKS_ID, ["Emma", "k1", None, None, None]))


def test_a_change_of_a_relation_that_was_never_described_is_refused(decoder: Decoder) -> None:
    with pytest.raises(RelationMismatchError, match="changes of relation 7, which was never described, came"):
        decoder.feed(0x1100, sent.truncate(7))


def describe_partition(decoder: Decoder, name: str, identity: str) -> None:
    """As PostgreSQL does it: the root again, then the partition."""
    decoder.feed(0, sent.relation(BOOKS_ID, "books", BOOK_COLUMNS))
    decoder.feed(0, sent.relation(DRAFTS_ID, name, BOOK_COLUMNS, identity=identity))


def test_a_partition_is_described_beside_its_root_and_its_changes_are_the_roots(decoder: Decoder) -> None:
    describe_partition(decoder, "books_1815", "f")
    decoder.feed(0x1100, sent.insert(BOOKS_ID, ["Emma", "k1", None, "x", "red"]))
    decoder.feed(0x1120, sent.delete(BOOKS_ID, ["Emma", "k1", None, "x", "red"]))
    assert [row.op for row in books(decoder)] == ["c", "d"]


OLD_ROW_CHANGES = [
    sent.delete(BOOKS_ID, [None, "k1", None, None, None]),
    sent.update(BOOKS_ID, ["Emma", "k2", None, None, None], [None, "k1", None, None, None]),
]


@pytest.mark.parametrize("change", OLD_ROW_CHANGES, ids=["deletion", "update"])
def test_an_old_row_is_refused_while_a_partition_has_not_its_whole_rows(decoder: Decoder, change: bytes) -> None:
    describe_partition(decoder, "books_1815", "d")
    describe_partition(decoder, "books_1816", "f")
    decoder.feed(0x1100, sent.insert(BOOKS_ID, ["Emma", "k1", None, "x", "red"]))
    with pytest.raises(
        RelationMismatchError, match=r"library\.books: .* not REPLICA IDENTITY FULL: public\.books_1815"
    ):
        decoder.feed(0x1120, change)
    describe_partition(decoder, "books_1815", "f")
    decoder.feed(0x1140, change)
    assert books(decoder)[0].op == "c"


def test_a_message_is_carried_with_its_transaction(decoder: Decoder) -> None:
    decoder.feed(0x1100, sent.message(0x1100, "huleedu.actor", b'{"user_id":"u\\u0000"}'))
    assert decoder.batch.messages == [Message(TRANSACTION, 0x1100, "huleedu.actor", b'{"user_id":"u\\u0000"}')]


def test_a_message_outside_any_transaction_names_none(decoder: Decoder) -> None:
    commit(decoder)
    decoder.feed(0x6000, sent.message(0x6000, "note", b"", transactional=False))
    assert decoder.batch.messages == [Message(Transaction(0, 0, 0), 0x6000, "note", b"")]


def test_a_heartbeat_is_a_commit_without_a_message(decoder: Decoder) -> None:
    decoder.feed(0x1100, sent.message(0x1100, HEARTBEAT_PREFIX, b""))
    assert commit(decoder) == Commit(TRANSACTION, END_LSN, 0)
    assert decoder.batch.messages == []


def truncate_of_a_partition(decoder: Decoder, lsn: int, root: str = "public.books") -> None:
    decoder.feed(lsn, sent.message(lsn, TRUNCATE_PREFIX, root.encode()))


def wanted(decoder: Decoder) -> list[tuple[int, str]]:
    return [(each.lsn, each.table) for each in decoder.batch.copies_wanted]


def test_a_truncate_of_a_partition_wants_a_copy_of_its_root(decoder: Decoder) -> None:
    truncate_of_a_partition(decoder, 0x1100)
    truncate_of_a_partition(decoder, 0x1120, root="public.drafts")
    assert wanted(decoder) == [(0x1100, "books")]
    assert commit(decoder) == Commit(TRANSACTION, END_LSN, 0)
    assert decoder.batch.messages == []


def test_what_partitions_tell_right_after_their_root_was_truncated_wants_nothing(decoder: Decoder) -> None:
    decoder.feed(0x1100, sent.truncate(LOANS_ID, BOOKS_ID))
    decoder.take()
    for lsn in (0x1120, 0x1140):
        truncate_of_a_partition(decoder, lsn)
    assert wanted(decoder) == []


def test_a_partition_truncated_later_than_its_root_wants_a_copy(decoder: Decoder) -> None:
    decoder.feed(0x1100, sent.truncate(BOOKS_ID))
    decoder.feed(0x1120, sent.insert(BOOKS_ID, ["Emma", "k1", None, None, None]))
    truncate_of_a_partition(decoder, 0x1140)
    commit(decoder)
    decoder.feed(0x6000, sent.begin(0x7000, COMMIT_US + 1, XID + 1))
    truncate_of_a_partition(decoder, 0x6020)
    assert wanted(decoder) == [(0x1140, "books"), (0x6020, "books")]


def test_a_commit_ends_the_batch_there_and_counts_the_changes(decoder: Decoder) -> None:
    for lsn in (0x1100, 0x1120, 0x1140):
        decoder.feed(lsn, sent.insert(BOOKS_ID, ["Emma", f"k{lsn}", None, None, None]))
    assert decoder.batch.end_lsn is None
    assert commit(decoder) == Commit(TRANSACTION, END_LSN, 3)
    assert decoder.batch.end_lsn == END_LSN


def test_a_batch_taken_within_a_transaction_keeps_its_count_and_identity(decoder: Decoder) -> None:
    decoder.feed(0x1100, sent.insert(BOOKS_ID, ["Emma", "k1", None, None, None]))
    first = decoder.take()
    decoder.feed(0x1120, sent.insert(BOOKS_ID, ["Persuasion", "k2", None, None, None]))
    assert first.end_lsn is None
    assert (first.row_count, decoder.batch.row_count) == (1, 1)
    assert books(decoder) == [book("c", 0x1120, "k2", "Persuasion", None, None)]
    assert commit(decoder) == Commit(TRANSACTION, END_LSN, 2)


def test_the_next_transaction_counts_from_zero(decoder: Decoder) -> None:
    decoder.feed(0x1100, sent.insert(BOOKS_ID, ["Emma", "k1", None, None, None]))
    commit(decoder)
    decoder.feed(0x6000, sent.begin(0x7000, COMMIT_US + 1, XID + 1))
    decoder.feed(0x6010, sent.insert(BOOKS_ID, ["Emma", "k2", None, None, None]))
    decoder.feed(0x7030, sent.commit(0x7000, 0x7030))
    assert decoder.batch.commits[-1] == Commit(Transaction(XID + 1, COMMIT_US + 1, 0x7000), 0x7030, 1)


def test_a_table_described_again_within_a_batch_is_read_by_the_new_description(decoder: Decoder) -> None:
    decoder.feed(0x1100, sent.insert(BOOKS_ID, ["Emma", "k1", None, None, None]))
    decoder.feed(0, sent.relation(BOOKS_ID, "books", ("shelf", "price", "book_id", "title")))
    decoder.feed(0x1120, sent.insert(BOOKS_ID, ["blue", "2.00", "k2", "Persuasion"]))
    assert books(decoder) == [
        book("c", 0x1100, "k1", "Emma", None, None),
        book("c", 0x1120, "k2", "Persuasion", "2.00", "blue"),
    ]


def test_a_table_without_its_whole_old_rows_is_refused(decoder: Decoder) -> None:
    with pytest.raises(
        RelationMismatchError, match=r"library\.books has not REPLICA IDENTITY FULL; run the migrations"
    ):
        decoder.feed(0, sent.relation(BOOKS_ID, "books", BOOK_COLUMNS, identity="d"))


def test_a_table_of_the_same_name_in_another_schema_is_not_taken_for_the_captured_one(decoder: Decoder) -> None:
    decoder.feed(0, sent.relation(99, "books", ("anything",), schema="archive"))
    with pytest.raises(RelationMismatchError, match=r"archive\.books"):
        decoder.feed(0x1100, sent.insert(99, ["anything"]))


def test_origins_and_types_are_passed_over(decoder: Decoder) -> None:
    decoder.feed(0x1100, b"O" + bytes(8) + b"elsewhere\0")
    decoder.feed(0x1100, b"Y" + bytes(4) + b"public\0shelf\0")
    assert not decoder.batch


def test_a_message_of_another_protocol_version_is_refused(decoder: Decoder) -> None:
    with pytest.raises(UnknownMessageError, match="unknown replication message b'S' at 1F00"):
        decoder.feed(0x1F00, b"S" + bytes(5))
