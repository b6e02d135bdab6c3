"""RowBinary: what is written is what ClickHouse's format says, at every length where the encoding changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdc.rowbinary import nullable_string, row_head, string
from tests.unit.cdc.landed_rows import LandedRow, landed_rows, nullable_strings

EDGES = (0, 1, 127, 128, 129, 16_383, 16_384, 16_385, 2_097_151, 2_097_152)


@pytest.mark.parametrize("length", EDGES)
def test_string_of_a_length_where_the_prefix_grows_is_read_back(length: int) -> None:
    assert nullable_strings(nullable_string(b"x" * length), 1) == ["x" * length]


def test_string_prefix_is_as_short_as_can_be() -> None:
    assert string(b"a" * 127) == b"\x7f" + b"a" * 127
    assert string(b"a" * 128)[:2] == b"\x80\x01"


def test_null_is_not_an_empty_string() -> None:
    assert nullable_string(None) == b"\x01"
    assert nullable_string(b"") == b"\x00\x00"


@given(st.lists(st.none() | st.text(), max_size=6))
def test_any_values_are_read_back_as_they_were(values: list[str | None]) -> None:
    body = b"".join(nullable_string(None if value is None else value.encode()) for value in values)
    assert nullable_strings(body, len(values)) == values


@given(
    st.integers(0, 2**64 - 1),
    st.integers(1, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(-(2**63), 2**63 - 1),
)
def test_row_head_carries_any_position_epoch_xid_and_time(lsn: int, epoch: int, xid: int, commit_us: int) -> None:
    head = row_head(b"u", lsn, epoch, xid, commit_us)
    assert landed_rows(head, 0) == [LandedRow("u", lsn, (), epoch, xid, commit_us)]
