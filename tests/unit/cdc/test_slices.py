"""Slices: every value once and in order, and none larger, as the driver binds it, than what a server takes."""

from clickhouse_connect.driver.binding import bind_query
from hypothesis import given
from hypothesis import strategies as st

from cdc.slices import slices

FIELD_BYTES = 128 << 10
KEYS = st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=3))
HOSTILE = ["\\" * 900, "'" * 900, "\n\t" * 450, "𝄞" * 900, '"' * 900, "\\'\"" * 300, "\x00\x01" * 450]


def bound_bytes(kind: str, values: object) -> int:
    _, parameters = bind_query(f"SELECT {{values:{kind}}}", {"values": values})
    return len(str(parameters["param_values"]).encode())


@given(KEYS, st.integers(1, 300))
def test_every_value_comes_once_and_in_order(keys: list[list[str]], times: int) -> None:
    assert [key for some in slices(keys * times) for key in some] == keys * times


def test_no_slice_is_empty() -> None:
    assert not list(slices([]))
    large = "x" * FIELD_BYTES
    assert list(slices([large, "a", "b", large])) == [[large], ["a", "b"], [large]]


def test_a_slice_of_any_texts_fits_one_parameter() -> None:
    for text in HOSTILE:
        for some in slices([[text, text]] * 500):
            assert bound_bytes("Array(Array(String))", some) <= FIELD_BYTES, text[:2]


def test_a_slice_of_transactions_fits_one_parameter() -> None:
    names = [(2**64 - 1, 2**32 - 1, 2**63 - 1)] * 20_000
    found = list(slices(names))
    assert len(found) < 60
    assert all(bound_bytes("Array(Tuple(UInt64, UInt32, Int64))", some) <= FIELD_BYTES for some in found)
