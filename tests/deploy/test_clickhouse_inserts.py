"""What the endpoint keeps of the data it is sent: all of it, or an error and nothing."""

import gzip
import json
import random
import socket
import struct
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import lz4.frame
import pytest
import zstandard

from tests.deploy.conftest import PASSWORD, Endpoint, wait_until


def row_binary(first: int, count: int) -> bytes:
    """Rows (UInt32, String) with the numbers from `first`."""
    return b"".join(struct.pack("<IB", number, 4) + b"text" for number in range(first, first + count))


def insert(http: httpx.Client, body: bytes | Iterator[bytes], table: str = "t", encoding: str = "") -> httpx.Response:
    """Insert rows of `row_binary`."""
    headers = {"Content-Encoding": encoding} if encoding else {}
    query = http.params.merge({"query": f"INSERT INTO {table} (a, b) FORMAT RowBinary"})
    return http.post("/", content=body, params=query, headers=headers)


def written_rows(answer: httpx.Response) -> int:
    assert answer.status_code == 200, answer.text
    return int(json.loads(answer.headers["X-ClickHouse-Summary"])["written_rows"])


def code(answer: httpx.Response) -> int:
    return int(answer.headers["X-ClickHouse-Exception-Code"])


def stored(http: httpx.Client, table: str = "t") -> tuple[int, int]:
    """Number of rows and of different ones."""
    count, different = http.post("/", content=f"SELECT count(), uniqExact(a) FROM {table}").text.split()
    return int(count), int(different)


@pytest.fixture(autouse=True, name="table")
def table_fixture(http: httpx.Client) -> None:
    http.post("/", content="CREATE TABLE t (a UInt32, b String) ENGINE = MergeTree ORDER BY a").raise_for_status()


def lz4_frames(body: bytes) -> bytes:
    """A frame for each 64 KB, as clickhouse-connect has one for each block."""
    return b"".join(lz4.frame.compress(body[at : at + 65536]) for at in range(0, len(body), 65536))


ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "lz4": lz4_frames,
    "gzip": lambda body: gzip.compress(body[:999]) + gzip.compress(body[999:]),
    "deflate": zlib.compress,
    "zstd": lambda body: zstandard.compress(body[:999]) + zstandard.compress(body[999:]),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_each_frame_of_a_compressed_body_is_stored(http: httpx.Client, encoding: str) -> None:
    answer = insert(http, ENCODINGS[encoding](row_binary(0, 50_000)), encoding=encoding)
    assert written_rows(answer) == 50_000
    assert stored(http) == (50_000, 50_000)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_truncated_compressed_body_is_an_error_and_stores_nothing(http: httpx.Client, encoding: str) -> None:
    answer = insert(http, ENCODINGS[encoding](row_binary(0, 10_000))[:-3], encoding=encoding)
    assert (answer.status_code, code(answer)) == (400, 271)
    assert stored(http) == (0, 0)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_body_that_is_not_what_its_encoding_says_is_an_error(http: httpx.Client, encoding: str) -> None:
    answer = insert(http, row_binary(0, 10), encoding=encoding)
    assert (answer.status_code, code(answer)) == (400, 271)
    assert encoding in answer.text


def test_unknown_encoding_is_named_with_the_known_ones(http: httpx.Client) -> None:
    answer = insert(http, b"x", encoding="br")
    assert (answer.status_code, code(answer)) == (501, 48)
    assert "lz4, gzip, deflate, zstd" in answer.text


def test_small_body_that_grows_beyond_all_memory_is_cut_off(http: httpx.Client) -> None:
    bomb = zstandard.compress(bytes(100 << 20))
    answer = http.post("/", content=bomb, headers={"Content-Encoding": "zstd"})
    assert (answer.status_code, code(answer)) == (413, 307)


@pytest.mark.parametrize("encoding", ["lz4", "zstd", "gzip", "deflate"])
def test_answer_is_compressed_when_asked_for(http: httpx.Client, encoding: str) -> None:
    query = http.params.merge({"enable_http_compression": 1})
    statement = "SELECT number FROM numbers(200000)"
    answers = []
    for wait in (0, 1):
        with http.stream(
            "POST",
            "/",
            content=statement,
            params=query.set("wait_end_of_query", wait),
            headers={"Accept-Encoding": encoding},
        ) as answer:
            assert answer.headers["Content-Encoding"] == encoding
            answers.append(b"".join(answer.iter_raw()))
    decode = {"lz4": lz4.frame.decompress, "zstd": zstd_content, "gzip": gzip.decompress, "deflate": zlib.decompress}
    expected = b"".join(b"%d\n" % number for number in range(200_000))
    assert [decode[encoding](answer) for answer in answers] == [expected, expected]


def zstd_content(body: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(body)


def test_body_in_chunks_of_any_size_is_stored_whole(http: httpx.Client) -> None:
    body, chance = b"INSERT INTO t (a, b) FORMAT RowBinary\n" + row_binary(0, 30_000), random.Random(7)

    def chunks() -> Iterator[bytes]:
        at = 0
        while at < len(body):
            size = chance.choice((1, 2, 30, 70_000))
            yield body[at : at + size]
            at += size

    assert written_rows(http.post("/", content=chunks())) == 30_000
    assert stored(http) == (30_000, 30_000)


def test_data_may_begin_with_what_looks_like_white_space(http: httpx.Client) -> None:
    body = struct.pack("<IB", 0x0A0D2009, 0)
    assert written_rows(insert(http, body)) == 1
    assert written_rows(http.post("/", content=b"INSERT INTO t (a, b) FORMAT RowBinary\n" + body)) == 1
    assert http.post("/", content="SELECT DISTINCT a FROM t").text == f"{0x0A0D2009}\n"


def test_values_may_be_expressions(http: httpx.Client) -> None:
    statement = "INSERT INTO t SETTINGS max_block_size = 10 VALUES (1 + 1, upper('x')), (3, 'it''s; fine');"
    assert written_rows(http.post("/", content=statement)) == 2
    assert http.post("/", content="SELECT * FROM t ORDER BY a").text == "2\tX\n3\tit\\'s; fine\n"


@pytest.mark.parametrize("body", [row_binary(0, 1000)[:-1], b"\x01"])
def test_row_without_its_end_is_an_error_and_stores_nothing(http: httpx.Client, body: bytes) -> None:
    answer = insert(http, body)
    assert (answer.status_code, code(answer)) == (400, 33)
    assert stored(http) == (0, 0)


@pytest.mark.parametrize(("first", "count"), [(0, 200_000), (149_995, 10)])
def test_error_within_a_materialized_view_fails_the_insert_and_stores_nothing(
    http: httpx.Client, first: int, count: int
) -> None:
    for statement in (
        "CREATE TABLE landing (a UInt32, b String) ENGINE = Null",
        "CREATE MATERIALIZED VIEW mv TO t AS SELECT a + throwIf(a = 150000) AS a, b FROM landing",
    ):
        http.post("/", content=statement).raise_for_status()
    answer = insert(http, row_binary(first, count), table="landing")
    assert (answer.status_code, code(answer)) == (400, 395)
    assert stored(http) == (0, 0)
    assert insert(http, row_binary(0, 1000), table="landing").status_code == 200
    assert stored(http) == (1000, 1000)


def test_large_body_into_a_null_table_is_counted(http: httpx.Client) -> None:
    http.post("/", content="CREATE TABLE n (a UInt32, b String) ENGINE = Null").raise_for_status()
    assert written_rows(insert(http, row_binary(0, 1000) * 1500, table="n")) == 1_500_000


@pytest.mark.parametrize("rows", [10, 100_000])
def test_upload_that_is_broken_off_stores_nothing(http: httpx.Client, endpoint: Endpoint, rows: int) -> None:
    data = row_binary(0, rows)
    query = f"/?database={http.params['database']}&async_insert=0&query=INSERT%20INTO%20t%20FORMAT%20RowBinary"
    head = (
        f"POST {query} HTTP/1.1\r\nHost: x\r\nX-ClickHouse-Key: {PASSWORD}\r\nContent-Length: {len(data) + 9}\r\n\r\n"
    )
    with socket.create_connection((endpoint.server.host, endpoint.server.port)) as leaving:
        leaving.sendall(head.encode() + data)
    wait_until(lambda: not uploads(endpoint.directory))
    assert stored(http) == (0, 0)


def uploads(directory: Path) -> list[Path]:
    return list((directory / "uploads").iterdir())


def test_no_upload_stays_behind(http: httpx.Client, endpoint: Endpoint) -> None:
    insert(http, row_binary(0, 10)).raise_for_status()
    insert(http, b"\x01")
    insert(http, b"\x01", encoding="lz4")
    assert not uploads(endpoint.directory)


def test_inserts_and_queries_at_the_same_time_lose_nothing(http: httpx.Client) -> None:
    def write(number: int) -> int:
        return written_rows(insert(http, row_binary(number * 1000, 1000)))

    with ThreadPoolExecutor(8) as threads:
        counts = [threads.submit(stored, http) for _ in range(20)]
        written = list(threads.map(write, range(40)))
    assert written == [1000] * 40
    assert all(count.result()[0] % 1000 == 0 for count in counts)
    assert stored(http) == (40_000, 40_000)
