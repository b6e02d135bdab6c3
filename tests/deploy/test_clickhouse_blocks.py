"""ClickHouse's block compression: what goes in comes out, ClickHouse's own blocks are read, and no broken one is."""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import lz4.block
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.clickhouse.blocks import (
    LZ4,
    MAX_BLOCK_BYTES,
    NONE,
    WRITTEN_BYTES,
    ZSTD,
    BlockDecoder,
    BlockEncoder,
    checksum,
    encoded_block,
)
from deploy.local.clickhouse.compression import ENCODERS, answer_encoder
from deploy.local.clickhouse.decompression import FrameDecoder
from deploy.local.clickhouse.errors import ClickHouseError
from tests.deploy.conftest import Endpoint

METHODS = {NONE: bytes, LZ4: lambda data: lz4.block.compress(data, store_size=False), ZSTD: zstandard.compress}
SUM_BYTES = 16


def block(method: int, data: bytes, size: int) -> bytes:
    """A block with a right checksum, whatever its header says."""
    checked = struct.pack("<BII", method, 9 + len(data), size) + data
    return checksum(checked) + checked


def decoded(body: bytes, piece: int | None = None) -> bytes:
    """The content of a body that arrives in pieces of so many bytes."""
    decoder, content, step = BlockDecoder(), bytearray(), piece or max(len(body), 1)
    for start in range(0, len(body), step):
        for part in decoder.decode(body[start : start + step]):
            content += part
    decoder.finish()
    return bytes(content)


def code_of(body: bytes) -> int:
    """ClickHouse's code for a body that must be refused."""
    with pytest.raises(ClickHouseError) as refused:
        decoded(body)
    return refused.value.code


@given(st.lists(st.binary(max_size=300) | st.binary(max_size=3).map(lambda few: few * 5000)), st.integers(1, 100))
def test_what_is_compressed_in_pieces_of_any_size_is_the_same_again(parts: list[bytes], piece: int) -> None:
    encoder = BlockEncoder()
    body = b"".join(map(encoder.compress, parts)) + encoder.finish()
    assert decoded(body, piece) == b"".join(parts)


@given(st.sampled_from(sorted(METHODS)), st.binary(max_size=500))
def test_blocks_of_each_method_are_read(method: int, data: bytes) -> None:
    assert decoded(block(method, METHODS[method](data), len(data))) == data


@given(st.binary(max_size=200), st.data())
def test_no_changed_bit_goes_unnoticed(data: bytes, draw: st.DataObject) -> None:
    body = bytearray(encoded_block(data))
    bit = draw.draw(st.integers(0, 8 * len(body) - 1))
    body[bit // 8] ^= 1 << bit % 8
    assert code_of(bytes(body)) in {39, 40, 89, 271}


@given(st.binary(max_size=200), st.data())
def test_block_without_its_end_is_an_error(data: bytes, draw: st.DataObject) -> None:
    body = encoded_block(data) + encoded_block(b"whole")
    cut = draw.draw(st.integers(1, len(body) - 1).filter(lambda at: at != len(encoded_block(data))))
    assert code_of(body[:cut]) == 271


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (bytes(SUM_BYTES) + encoded_block(b"abc")[SUM_BYTES:], 40),
        (block(0x91, b"abc", 3), 89),
        (b"INSERT INTO t FORMAT CSV\n1\n2\n3\n", 89),
        (block(LZ4, b"\xff" * 20, 20), 271),
        (block(LZ4, METHODS[LZ4](b"abcd"), 3), 271),
        (block(LZ4, METHODS[LZ4](b"abcd"), 5), 271),
        (block(ZSTD, METHODS[ZSTD](b"abcd"), 5), 271),
        (block(ZSTD, b"abcd", 4), 271),
        (block(NONE, b"abcd", 5), 271),
        (bytes(SUM_BYTES) + struct.pack("<BII", LZ4, 8, 5), 271),
    ],
)
def test_broken_block_is_named_by_clickhouse_code(body: bytes, code: int) -> None:
    assert code_of(body) == code


@pytest.mark.parametrize("sizes", [(MAX_BLOCK_BYTES + 1, 1), (100, MAX_BLOCK_BYTES + 1)])
def test_size_beyond_all_memory_is_refused_by_the_header_alone(sizes: tuple[int, int]) -> None:
    assert code_of(bytes(SUM_BYTES) + struct.pack("<BII", LZ4, *sizes)) == 39


def test_no_block_written_holds_more_than_clickhouse_puts_into_one() -> None:
    data = bytes(2 * WRITTEN_BYTES + 5)
    parts = [len(part) for part in BlockDecoder().decode(BlockEncoder().compress(data))]
    assert parts == [WRITTEN_BYTES, WRITTEN_BYTES, 5]


@pytest.mark.parametrize("encoding", ENCODERS)
def test_blocks_may_travel_within_an_http_encoding(encoding: str) -> None:
    encoder = answer_encoder(encoding, in_blocks=True)
    body = encoder.compress(b"a" * 1000) + encoder.compress(b"b") + encoder.finish()
    assert decoded(b"".join(FrameDecoder(encoding).decode(body))) == b"a" * 1000 + b"b"


def column_files(directory: Path) -> Iterator[Path]:
    """Files in which ClickHouse keeps a column's values: blocks, one after the other."""
    return (directory / "engine").glob("store/**/stored_as_*.bin")


def test_blocks_that_clickhouse_wrote_are_read(http: httpx.Client, endpoint: Endpoint) -> None:
    codecs = ("NONE", "LZ4", "ZSTD")
    columns = ", ".join(f"stored_as_{codec} UInt64 CODEC({codec})" for codec in codecs)
    settings = "min_bytes_for_wide_part = 0, min_compress_block_size = 4096"
    create = f"CREATE TABLE t ({columns}) ENGINE = MergeTree ORDER BY () SETTINGS {settings}"
    http.post("/", content=create).raise_for_status()
    http.post("/", content="INSERT INTO t SELECT number, number, number FROM numbers(100000)").raise_for_status()
    found = {path.stem.rpartition("_")[2]: path.read_bytes() for path in column_files(endpoint.directory)}
    assert {codec: body[SUM_BYTES] for codec, body in found.items()} == {"NONE": NONE, "LZ4": LZ4, "ZSTD": ZSTD}
    expected = struct.pack("<100000Q", *range(100_000))
    assert all(decoded(body, 1000) == expected for body in found.values())


def count(http: httpx.Client) -> int:
    return int(http.post("/", content="SELECT count() FROM t").text)


def insert(http: httpx.Client, body: bytes | Iterator[bytes], encoding: str = "identity") -> httpx.Response:
    http.post("/", content="CREATE TABLE IF NOT EXISTS t (a UInt64) ENGINE = MergeTree ORDER BY a").raise_for_status()
    parameters = http.params.merge({"query": "INSERT INTO t FORMAT RowBinary", "decompress": 1})
    return http.post("/", content=body, params=parameters, headers={"Content-Encoding": encoding})


ROWS = struct.pack("<200000Q", *range(200_000))
BLOCKS = b"".join(encoded_block(ROWS[start : start + 65_536]) for start in range(0, len(ROWS), 65_536))


@pytest.mark.parametrize(("encoding", "encode"), [("identity", bytes), ("zstd", zstandard.compress)])
def test_rows_in_blocks_are_stored(http: httpx.Client, encoding: str, encode: Callable[[bytes], bytes]) -> None:
    body = encode(BLOCKS)
    answer = insert(http, (body[start : start + 5000] for start in range(0, len(body), 5000)), encoding)
    assert (answer.status_code, count(http)) == (200, 200_000)


def test_statement_itself_may_be_in_blocks(http: httpx.Client) -> None:
    parameters = http.params.merge({"decompress": 1, "compress": 1})
    answer = http.post("/", content=encoded_block(b"SELECT 40") + encoded_block(b" + 2"), params=parameters)
    assert decoded(answer.content) == b"42\n"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (BLOCKS[:-1], 271),
        (BLOCKS[:-1] + b"\xff", 40),
        (ROWS[8:], 89),
        (BLOCKS + bytes(SUM_BYTES) + struct.pack("<BII", LZ4, 0xFFFFFFFF, 0xFFFFFFFF), 39),
    ],
)
def test_broken_block_is_answered_with_its_code_and_stores_nothing(http: httpx.Client, body: bytes, code: int) -> None:
    answer = insert(http, body)
    assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (400, str(code))
    assert answer.text.startswith(f"Code: {code}. DB::Exception: ")
    assert count(http) == 0


@pytest.mark.parametrize("encoding", ["", "zstd"])
@pytest.mark.parametrize("wait", [0, 1])
def test_answer_comes_in_blocks(http: httpx.Client, wait: int, encoding: str) -> None:
    wishes = {"compress": 1, "wait_end_of_query": wait, "enable_http_compression": int(bool(encoding))}
    query = "SELECT number FROM numbers(200000) FORMAT RowBinary"
    headers = {"Accept-Encoding": encoding}
    with http.stream("POST", "/", content=query, params=http.params.merge(wishes), headers=headers) as answer:
        assert answer.headers.get("Content-Encoding", "") == encoding
        body = b"".join(answer.iter_raw())
    assert decoded(zstandard.ZstdDecompressor().decompressobj().decompress(body) if encoding else body) == ROWS


def test_refusal_is_not_compressed(http: httpx.Client) -> None:
    answer = http.post("/", content="SELECT * FROM nowhere", params=http.params.merge({"compress": 1}))
    assert (answer.status_code, answer.text[:9]) == (404, "Code: 60.")


def test_error_in_mid_answer_is_named_in_a_last_block(http: httpx.Client) -> None:
    body, seen = bytearray(), dict[str, str]()
    statement = "SELECT throwIf(number = 900000) FROM numbers(1000000) SETTINGS max_block_size = 1000, max_threads = 1"
    with pytest.raises(httpx.RemoteProtocolError):
        read(http, statement, body, seen)
    content = decoded(bytes(body))
    assert content.startswith(b"0\n0\n")
    assert content.endswith(seen["x-clickhouse-exception-tag"].encode() + b"\r\n__exception__\r\n")
    assert b"Code: 395." in content[-1000:]


def read(http: httpx.Client, statement: str, body: bytearray, seen: dict[str, str]) -> None:
    with http.stream("POST", "/", content=statement, params=http.params.merge({"compress": 1})) as answer:
        seen |= dict(answer.headers)
        for chunk in answer.iter_raw():
            body += chunk
