"""pgoutput's tuples as RowBinary: any texts, NULLs and unchanged values, any columns left out, any order."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdc.source.tuples import MissingValueError, tuple_reader
from tests.unit.cdc.landed_rows import nullable_strings
from tests.unit.cdc.pgoutput_encoder import UNCHANGED, Value, tuple_data

COUNT_BYTES = 2
LENGTHS = st.sampled_from([0, 1, 126, 127, 128, 129, 255, 256, 16_383, 16_384, 70_000])
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])) | LENGTHS.map(
    lambda length: "x" * length
)


@dataclass(frozen=True)
class SentTuple:
    """Values in the order in which they are sent, each with its place among the captured ones, None if left out."""

    values: tuple[Value, ...]
    places: tuple[int | None, ...]


@st.composite
def sent_tuples(draw: st.DrawFn, values: st.SearchStrategy[Value]) -> SentTuple:
    captured = draw(st.lists(values, max_size=6))
    excluded = draw(st.lists(values, max_size=2))
    places: list[int | None] = [*range(len(captured)), *(None for _ in excluded)]
    order = draw(st.permutations(range(len(places))))
    sent = [*captured, *excluded]
    return SentTuple(tuple(sent[index] for index in order), tuple(places[index] for index in order))


def captured_values(sent: SentTuple) -> list[Value]:
    placed = {place: value for value, place in zip(sent.values, sent.places, strict=True) if place is not None}
    return [placed[place] for place in range(len(placed))]


@given(sent_tuples(st.none() | TEXTS))
def test_any_tuple_is_read_in_the_order_of_the_captured_columns(sent: SentTuple) -> None:
    message = b"head" + tuple_data(sent.values) + b"tail"
    values, position = tuple_reader(sent.places)(message, len(b"head") + COUNT_BYTES, None)
    expected = captured_values(sent)
    assert nullable_strings(b"".join(values), len(expected)) == expected
    assert message[position:] == b"tail"


@given(sent_tuples(st.none() | TEXTS | st.just(UNCHANGED)), st.data())
def test_an_unchanged_value_is_taken_from_the_old_row(sent: SentTuple, data: st.DataObject) -> None:
    old = SentTuple(tuple(data.draw(st.none() | TEXTS) for _ in sent.values), sent.places)
    read = tuple_reader(sent.places)
    before, _ = read(tuple_data(old.values), COUNT_BYTES, None)
    values, position = read(tuple_data(sent.values), COUNT_BYTES, before)
    pairs = zip(captured_values(sent), captured_values(old), strict=True)
    expected = [was if new is UNCHANGED else new for new, was in pairs]
    assert nullable_strings(b"".join(values), len(expected)) == expected
    assert position == len(tuple_data(sent.values))


@pytest.mark.parametrize("length", [0, 127, 128, 16_383, 16_384])
def test_a_value_of_a_length_where_its_prefix_grows_is_read_as_it_was(length: int) -> None:
    text = "x" * length
    values, _ = tuple_reader([0])(tuple_data([text]), COUNT_BYTES, None)
    assert nullable_strings(values[0], 1) == [text]


def test_an_unchanged_value_without_an_old_row_is_refused() -> None:
    with pytest.raises(MissingValueError, match="unchanged value was not sent"):
        tuple_reader([0, 1])(tuple_data(["a", UNCHANGED]), COUNT_BYTES, None)


def test_an_unchanged_value_of_a_column_left_out_needs_no_old_row() -> None:
    values, _ = tuple_reader([0, None])(tuple_data(["a", UNCHANGED]), COUNT_BYTES, None)
    assert nullable_strings(b"".join(values), 1) == ["a"]
