"""The comparison of two copies: every single changed cell, missing row and surplus row is found and named."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from cdc.verify.difference import Difference, Row, differing_buckets, differing_rows, latest_sentence, row_count

NAMES = ("id", "part", "title", "price")
KEY_WIDTH = 2
TEXTS = st.none() | st.text(max_size=4)
TABLES = st.dictionaries(st.tuples(st.text(max_size=3), st.text(max_size=1)), st.tuples(TEXTS, TEXTS), min_size=1)


def rows_of(table: dict[tuple[str, str], tuple[str | None, str | None]]) -> list[Row]:
    return [(*key, *values) for key, values in table.items()]


@given(TABLES, st.randoms(use_true_random=False))
def test_equal_copies_do_not_differ_in_whatever_order_they_come(
    table: dict[tuple[str, str], tuple[str | None, str | None]], random: Random
) -> None:
    shuffled = rows_of(table)
    random.shuffle(shuffled)
    assert not list(differing_rows(NAMES, KEY_WIDTH, rows_of(table), shuffled))


@given(TABLES, st.data())
def test_any_changed_cell_is_named_with_both_texts(
    table: dict[tuple[str, str], tuple[str | None, str | None]], data: st.DataObject
) -> None:
    rows = rows_of(table)
    index, cell = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(KEY_WIDTH, len(NAMES) - 1))
    was = rows[index][cell]
    now = data.draw(TEXTS.filter(lambda text: text != was))
    changed = [*rows]
    changed[index] = (*rows[index][:cell], now, *rows[index][cell + 1 :])
    [(key, what)] = differing_rows(NAMES, KEY_WIDTH, rows, changed)
    assert key == rows[index][:KEY_WIDTH]
    left, right = ("NULL" if text is None else repr(text) for text in (was, now))
    assert what == f"{NAMES[cell]} is {left} in PostgreSQL and {right} in ClickHouse"


@given(TABLES, st.data())
def test_any_row_that_one_side_lacks_is_named(
    table: dict[tuple[str, str], tuple[str | None, str | None]], data: st.DataObject
) -> None:
    rows = rows_of(table)
    index = data.draw(st.integers(0, len(rows) - 1))
    fewer = rows[:index] + rows[index + 1 :]
    key = rows[index][:KEY_WIDTH]
    missing, surplus = "the row is missing in ClickHouse", "ClickHouse has a row that PostgreSQL has not"
    assert list(differing_rows(NAMES, KEY_WIDTH, rows, fewer)) == [(key, missing)]
    assert list(differing_rows(NAMES, KEY_WIDTH, fewer, rows)) == [(key, surplus)]


def test_buckets_differ_in_count_or_either_sum_or_presence() -> None:
    left = {"00": (1, "5", "6"), "01": (1, "5", "6"), "02": (1, "5", "6"), "03": (1, "5", "6"), "04": (2, "5", "6")}
    right = {"00": (1, "5", "6"), "01": (1, "4", "6"), "02": (1, "5", "7"), "04": (1, "5", "6"), "05": (1, "5", "6")}
    assert differing_buckets(left, right) == ["01", "02", "03", "04", "05"]
    assert row_count(left) == 6


def test_what_latest_and_history_have_of_a_key_is_said_in_a_sentence() -> None:
    assert latest_sentence((("history", "7", "a"),)) == "the key is missing in latest"
    assert latest_sentence((("latest", "7", "a"),)) == "latest has a key that history has not"
    stale = (("history", "8", "a"), ("latest", "7", "b"))
    assert latest_sentence(stale) == "latest holds version 7, history's newest is 8"
    assert "other values" in latest_sentence((("history", "7", "a"), ("latest", "7", "b")))


def test_a_difference_reads_as_table_key_copies_and_what() -> None:
    difference = Difference("file.files", "history and latest", {"id": "1", "part": None}, "the key is missing")
    assert str(difference) == "file.files id=1, part=None: history and latest: the key is missing"
