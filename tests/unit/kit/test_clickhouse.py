"""Connections to ClickHouse: what the address says beside the host, and what is said when nobody answers."""

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from deploy.local.clickhouse.starter import ClickHouse
from deploy.local.ports import free_port
from services.kit.clickhouse import ClickHouseAwayError, connected


def test_settings_in_the_address_hold_for_every_query(clickhouse_server: ClickHouse) -> None:
    with connected(f"{clickhouse_server.url}/?readonly=1") as client:
        assert client.command("SELECT 1") == 1
        with pytest.raises(DatabaseError, match="readonly"):
            client.command("CREATE DATABASE not_for_readers")


def test_options_come_beside_the_settings_in_the_address(clickhouse_server: ClickHouse) -> None:
    with connected(f"{clickhouse_server.url}/?max_threads=3", settings={"max_block_size": 77}) as client:
        found = client.query("SELECT getSetting('max_threads'), getSetting('max_block_size')").result_rows
    assert [tuple(map(int, row)) for row in found] == [(3, 77)]


def test_an_address_where_nobody_answers_is_named() -> None:
    port = free_port()
    away = pytest.raises(ClickHouseAwayError, match=f"ClickHouse at 127.0.0.1:{port} does not answer: start it")
    with away, connected(f"http://127.0.0.1:{port}"):
        pass
