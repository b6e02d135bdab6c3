"""What an exchange may take: memory, however long a compressed body or answer is, and a connection that rests."""

import http.client
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deploy.local.clickhouse.blocks import encoded_block
from deploy.local.clickhouse.starter import ClickHouse, running_clickhouse
from tests.support.memory import peak_bytes

MIB = 1 << 20
BODY_BYTES = 1024 * MIB
MOST_BYTES = BODY_BYTES // 4


@pytest.fixture(name="fresh")
def fresh_fixture(tmp_path: Path) -> Iterator[ClickHouse]:
    """An endpoint whose memory no other test has filled."""
    with running_clickhouse(tmp_path) as server:
        yield server


def test_long_answer_in_blocks_takes_little_memory(fresh: ClickHouse) -> None:
    before = peak_bytes(fresh.pid)
    query = f"SELECT repeat('x', 1024) AS a FROM numbers({BODY_BYTES // 1024}) SETTINGS max_block_size = 8192"
    wishes: dict[str, str | int] = {"compress": 1, "default_format": "RowBinaryWithNamesAndTypes"}
    with httpx.stream("POST", fresh.url, params=wishes, content=query, timeout=120) as answer:
        received = sum(len(chunk) for chunk in answer.iter_raw())
    assert 0 < received < BODY_BYTES // 50
    assert peak_bytes(fresh.pid) - before < MOST_BYTES


def test_long_body_in_blocks_takes_little_memory(fresh: ClickHouse) -> None:
    httpx.post(fresh.url, content="CREATE TABLE t (a UInt64) ENGINE = Null").raise_for_status()
    before, block = peak_bytes(fresh.pid), encoded_block(bytes(MIB))
    wishes: dict[str, str | int] = {"decompress": 1, "async_insert": 0, "query": "INSERT INTO t FORMAT RowBinary"}
    # The engine maps the upload's file into memory, which can be taken from it at any time but is counted here.
    wishes["storage_file_read_method"] = "pread"
    body = (block for _ in range(BODY_BYTES // MIB))
    answer = httpx.post(fresh.url, params=wishes, content=body, timeout=120).raise_for_status()
    assert f'"written_rows": "{BODY_BYTES // 8}"' in answer.headers["X-ClickHouse-Summary"]
    assert peak_bytes(fresh.pid) - before < MOST_BYTES


def test_connection_may_rest_longer_than_a_slow_reader_takes(fresh: ClickHouse) -> None:
    connection = http.client.HTTPConnection(fresh.host, fresh.port)
    for _ in range(2):
        connection.request("POST", "/", body="SELECT 1")
        answer = connection.getresponse()
        assert (answer.read(), answer.headers["Keep-Alive"]) == (b"1\n", "timeout=30")
        time.sleep(6)
    connection.close()
