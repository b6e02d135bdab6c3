"""An unmodified clickhouse-connect, sync and async, against the endpoint."""

import asyncio
import datetime as dt
import struct
from collections.abc import AsyncIterator, Iterator
from uuid import UUID, uuid4

import clickhouse_connect
import pytest
import pytest_asyncio
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError

from tests.deploy.conftest import PASSWORD, Endpoint

COLUMNS = ["id", "at", "key", "words", "note"]
TABLE = """
CREATE TABLE {name} (id UInt64, at DateTime64(6, 'UTC'), key UUID, words Array(String), note Nullable(String))
ENGINE = MergeTree ORDER BY id"""
INSTANT = dt.datetime(2026, 11, 22, 1, 2, 3, 456789, tzinfo=dt.UTC)
# Without a wish for time zones, clickhouse-connect answers with UTC and leaves the zone out.
ANSWERED = INSTANT.replace(tzinfo=None)
COMPRESSION: list[bool | str] = [True, False, "lz4", "zstd", "gzip"]


def rows(count: int, at: dt.datetime = INSTANT) -> list[list[object]]:
    return [[number, at, UUID(int=number), ["x", "y'"], None] for number in range(count)]


@pytest.fixture(name="table")
def table_fixture(client: Client) -> Iterator[str]:
    name = f"t_{uuid4().hex}"
    client.command(TABLE.format(name=name))
    yield name
    client.command(f"DROP TABLE {name}")


@pytest.fixture(name="client", params=COMPRESSION)
def client_fixture(endpoint: Endpoint, request: pytest.FixtureRequest) -> Iterator[Client]:
    client = clickhouse_connect.get_client(
        host=endpoint.server.host, port=endpoint.server.port, password=PASSWORD, compress=request.param
    )
    yield client
    client.close()


@pytest_asyncio.fixture(name="async_client", params=[True, False])
async def async_client_fixture(endpoint: Endpoint, request: pytest.FixtureRequest) -> AsyncIterator[AsyncClient]:
    client = await clickhouse_connect.get_async_client(
        host=endpoint.server.host, port=endpoint.server.port, password=PASSWORD, compress=request.param
    )
    yield client
    await client.close()


def test_inserted_rows_come_back_as_they_were(client: Client, table: str) -> None:
    assert client.insert(table, rows(3000), column_names=COLUMNS).written_rows == 3000
    result = client.query(f"SELECT * FROM {table} ORDER BY id")
    assert [list(row) for row in result.result_rows] == rows(3000, ANSWERED)
    assert result.column_names == tuple(COLUMNS)
    assert client.query(f"SELECT * FROM {table} LIMIT 0").column_names == tuple(COLUMNS)


def test_raw_inserts_take_bytes_as_they_are(client: Client, table: str) -> None:
    binary = b"".join(struct.pack("<Q", number) for number in range(100))
    assert client.raw_insert(table, ["id"], binary, fmt="RowBinary").written_rows == 100
    assert client.raw_insert(table, ["id", "note"], b"100\tten\\tths\n", fmt="TabSeparated").written_rows == 1
    answer = client.raw_query(f"SELECT count(), max(id), anyLast(note) FROM {table}", fmt="JSONCompactEachRow")
    assert answer == b'[101, 100, "ten\\tths"]\n'


def test_command_answers_with_a_value_or_a_summary(client: Client, table: str) -> None:
    assert client.command("SELECT 1, 'a'") == ["1", "a"]
    assert client.command(f"SELECT id FROM {table}") == ""
    client.command(f"INSERT INTO {table} (id) VALUES (5)")
    assert client.command(f"SELECT max(id) FROM {table}") == 5


def test_values_are_bound_by_the_server(client: Client) -> None:
    key = uuid4()
    query = "SELECT {key:UUID}, {at:DateTime64(6, 'UTC')}, {words:Array(String)}, {text:String}, {many:Array(UInt64)}"
    given = {"key": key, "at": INSTANT, "words": ["x", "y'"], "text": "it's\n\\", "many": list(range(50_000))}
    assert client.query(query, parameters=given).result_rows == [
        (key, ANSWERED, ["x", "y'"], "it's\n\\", list(range(50_000)))
    ]


def test_rows_are_streamed(client: Client) -> None:
    with client.query_rows_stream("SELECT number FROM numbers(300000)") as stream:
        assert sum(row[0] for row in stream) == 299_999 * 150_000


def test_error_carries_clickhouse_code(client: Client) -> None:
    for query, code in (("SELECT * FROM nowhere", 60), ("SELEKT 1", 62)):
        with pytest.raises(DatabaseError) as raised:
            client.query(query)
        assert raised.value.code == code


def test_error_in_mid_stream_is_an_error_for_the_client(client: Client) -> None:
    query = "SELECT throwIf(number = 2900000) FROM numbers(3000000) SETTINGS max_block_size = 10000"
    with (
        pytest.raises((DatabaseError, StreamFailureError), match="throwIf"),
        client.query_row_block_stream(query) as stream,
    ):
        for _ in stream:
            pass


def test_million_rows_in_compressed_blocks_are_all_counted(endpoint: Endpoint) -> None:
    client = clickhouse_connect.get_client(host=endpoint.server.host, port=endpoint.server.port, password=PASSWORD)
    client.command("CREATE OR REPLACE TABLE million (id UInt64, text String) ENGINE = MergeTree ORDER BY id")
    columns: list[list[object]] = [list(range(1_000_000)), ["some text"] * 1_000_000]
    summary = client.insert("million", columns, column_names=["id", "text"], column_oriented=True)
    assert summary.written_rows == 1_000_000
    assert client.query("SELECT count(), uniqExact(id) FROM million").first_row == (1_000_000, 1_000_000)
    client.command("DROP TABLE million")
    client.close()


def test_wrong_password_is_said(endpoint: Endpoint) -> None:
    with pytest.raises(DatabaseError) as raised:
        clickhouse_connect.get_client(host=endpoint.server.host, port=endpoint.server.port, password="guessed")
    assert raised.value.code == 516


async def test_async_client_writes_and_reads(async_client: AsyncClient) -> None:
    name = f"t_{uuid4().hex}"
    await async_client.command(TABLE.format(name=name))
    assert (await async_client.insert(name, rows(2000), column_names=COLUMNS)).written_rows == 2000
    assert (await async_client.raw_insert(name, ["id"], bytes(8), fmt="RowBinary")).written_rows == 1
    result = await async_client.query(
        f"SELECT * FROM {name} WHERE key > {{key:UUID}} ORDER BY id", {"key": UUID(int=1997)}
    )
    assert [list(row) for row in result.result_rows] == rows(2000, ANSWERED)[1998:]
    assert await async_client.raw_query(f"SELECT count() FROM {name}", fmt="CSV") == b"2001\n"
    async with await async_client.query_rows_stream("SELECT number FROM numbers(200000)") as stream:
        assert sum([row[0] async for row in stream]) == 199_999 * 100_000
    await async_client.command(f"DROP TABLE {name}")


async def test_async_client_sees_codes_and_asks_concurrently(async_client: AsyncClient) -> None:
    with pytest.raises(DatabaseError) as raised:
        await async_client.query("SELECT nothing")
    assert raised.value.code == 47
    answers = await asyncio.gather(*(async_client.query(f"SELECT {number}, sleep(0.2)") for number in range(8)))
    assert [answer.result_rows[0][0] for answer in answers] == list(range(8))
