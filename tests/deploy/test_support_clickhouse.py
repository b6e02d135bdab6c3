"""The fixture that hands each test a ClickHouse without another test's databases."""

import pytest
from clickhouse_connect.driver import Client


@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_finds_no_database_of_another(clickhouse: Client, turn: int) -> None:
    assert clickhouse.command("EXISTS DATABASE file_store") == 0, f"turn {turn}"
    clickhouse.command("CREATE DATABASE file_store")
    clickhouse.command("CREATE TABLE file_store.kept (x UInt8) ENGINE = MergeTree ORDER BY x")
    clickhouse.insert("file_store.kept", [[turn]], column_names=["x"])
    assert clickhouse.query("SELECT x FROM file_store.kept").result_rows == [(turn,)]
