"""Landed rows taken apart again: in both formats, rows, keys and texts are those that were sent."""

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from cdc.batch import Rows
from cdc.catalog.version import version
from cdc.dead_letters.landed import Head, head_of, landed_rows, texts_of, texts_of_row
from cdc.dead_letters.letter import key_of
from cdc.rowbinary import nullable_string, row_head
from tests.unit.cdc import landed_rows as independent

COPY_ESCAPES = {"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
COLUMNS, KEY_WIDTH = 4, 2
UINT32, UINT64 = st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)
TEXTS = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=300) | st.sampled_from(
    ["", "\\N", "\\", "a\tb\nc", "x" * 127, "x" * 128, "y" * 16_384]
)


class Sent(NamedTuple):
    head: Head
    values: tuple[str | None, ...]

    @property
    def as_rowbinary(self) -> bytes:
        op, *rest = self.head
        values = (nullable_string(None if text is None else text.encode()) for text in self.values)
        return row_head(op.encode(), *rest) + b"".join(values)

    @property
    def as_copied(self) -> bytes:
        """What COPY writes, by PostgreSQL's description of its text format."""
        texts = ("\\N" if text is None else "".join(COPY_ESCAPES.get(c, c) for c in text) for text in self.values)
        return "\t".join((*map(str, self.head), *texts)).encode() + b"\n"


VALUES = st.tuples(TEXTS, TEXTS, st.none() | TEXTS, st.none() | TEXTS)
HEADS = st.builds(Head, st.sampled_from("rcud"), UINT64, UINT32, UINT32, st.integers(-(2**62), 2**62))
SENT = st.lists(st.builds(Sent, HEADS, VALUES), max_size=6)


@given(SENT, st.booleans())
def test_rows_are_told_apart_with_their_keys_heads_and_texts(sent: list[Sent], copied: bool) -> None:
    body = b"".join(each.as_copied if copied else each.as_rowbinary for each in sent)
    rows = list(landed_rows(Rows(len(sent), body, form="TSV" if copied else "RowBinary"), COLUMNS, KEY_WIDTH))
    assert [row.body for row in rows] == [each.as_rowbinary for each in sent]
    assert [texts_of_row(row.body) for row in rows] == [each.values for each in sent]
    assert [texts_of(row.key) for row in rows] == [each.values[:KEY_WIDTH] for each in sent]
    assert [head_of(row.body) for row in rows] == [each.head for each in sent]
    ranks = [{"r": 0, "d": 1}.get(each.head.op, 2) for each in sent]
    assert [row.change[1] for row in rows] == [
        version(each.head.epoch, each.head.lsn, rank) for each, rank in zip(sent, ranks, strict=True)
    ]


@given(SENT)
def test_an_independent_reader_reads_the_same(sent: list[Sent]) -> None:
    copied = Rows(len(sent), b"".join(each.as_copied for each in sent), form="TSV")
    body = b"".join(row.body for row in landed_rows(copied, COLUMNS, KEY_WIDTH))
    assert [each.values for each in independent.landed_rows(body, COLUMNS)] == [each.values for each in sent]


@given(SENT)
def test_a_key_made_of_its_texts_is_the_key_in_the_row(sent: list[Sent]) -> None:
    rows = landed_rows(Rows(len(sent), b"".join(each.as_rowbinary for each in sent)), COLUMNS, KEY_WIDTH)
    for row in rows:
        assert key_of(tuple(text or "" for text in texts_of(row.key))) == row.key
