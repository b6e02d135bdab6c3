"""RowBinaryWithNamesAndTypes, in which Java's clients read: one header, however many pieces an answer comes in."""

import struct

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.clickhouse.errors import ClickHouseError
from deploy.local.clickhouse.row_binary_header import BINARY_TYPES, HEADED_FORMAT, header_of, without_header

names = st.lists(st.tuples(st.text(max_size=200), st.text(max_size=200)), max_size=5)


def varint(number: int) -> bytes:
    low = bytes([number & 0x7F | (0x80 if number > 0x7F else 0)])
    return low + varint(number >> 7) if number > 0x7F else low


def header(columns: list[tuple[str, str]]) -> bytes:
    """What stands before the rows of columns with these names and types."""
    words = [word.encode() for half in (0, 1) for word in (column[half] for column in columns)]
    return varint(len(columns)) + b"".join(varint(len(word)) + word for word in words)


@given(names, st.binary(max_size=50))
def test_header_ends_where_rows_begin(columns: list[tuple[str, str]], rows: bytes) -> None:
    begun = header_of(header(columns) + rows)
    assert begun == header(columns)
    assert without_header(header(columns) + rows, begun) == rows


def test_piece_with_another_header_is_an_error() -> None:
    with pytest.raises(ClickHouseError, match="different headers"):
        without_header(header([("a", "Int8")]), header([("a", "Int16")]))


def ask(http: httpx.Client, statement: str, **parameters: int) -> httpx.Response:
    wishes = http.params.merge({"default_format": HEADED_FORMAT, **parameters})
    return http.post("/", content=statement, params=wishes).raise_for_status()


@pytest.mark.parametrize("wait", [0, 1])
@pytest.mark.parametrize("rows", [0, 1, 100_000])
def test_answer_has_one_header_before_all_of_its_rows(http: httpx.Client, rows: int, wait: int) -> None:
    statement = f"SELECT number AS a FROM numbers({rows}) SETTINGS max_block_size = 1000"
    answer = ask(http, statement, wait_end_of_query=wait)
    assert answer.content == header([("a", "UInt64")]) + struct.pack(f"<{rows}Q", *range(rows))


def test_long_answer_is_sent_while_it_is_made(http: httpx.Client) -> None:
    assert "Content-Length" not in ask(http, "SELECT number FROM numbers(100000)").headers


def test_types_in_binary_have_one_header_too(http: httpx.Client) -> None:
    statement = "SELECT number AS a FROM numbers(5000) SETTINGS max_block_size = 1000"
    rows = struct.pack("<5000Q", *range(5000))
    assert ask(http, statement, **{BINARY_TYPES: 1}).content == b"\x01\x01a\x04" + rows
    assert ask(http, f"{statement}, {BINARY_TYPES} = 1").content == b"\x01\x01a\x04" + rows
