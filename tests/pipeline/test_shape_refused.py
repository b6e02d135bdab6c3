"""Changes of a table that capture cannot carry on with: it stops by name, before a row, until they are undone."""

from collections.abc import Iterator

import pytest
from clickhouse_connect.driver import Client
from sqlalchemy import Column, Integer

from deploy.local.clickhouse.starter import ClickHouse
from tests.pipeline.capture import Capture, wait_until
from tests.pipeline.market import captured_market, change, declaring, goods, market_catalog, shown
from tests.support.postgres import CreateDatabase


@pytest.fixture(name="market")
def _market(service_database: CreateDatabase, clickhouse_server: ClickHouse, clickhouse: Client) -> Iterator[Capture]:
    with captured_market(service_database("file", migrated=False), clickhouse_server.url, clickhouse) as capture:
        yield capture


def test_a_type_that_cannot_be_carried_stops_the_stream_until_it_is_excluded(
    market: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    with market.streaming():
        market.write(goods(1))
        market.catch_up()
        change(market, "ALTER TABLE goods ADD COLUMN of regclass")
        market.write(goods(2, of="'goods'"))
        wait_until(lambda: "column of: type regclass cannot be carried" in caplog.text, "the refusal")
        assert shown(market, "number") == [(1,)]
    excluding = declaring(market, market_catalog(Column("of", Integer), exclude="of"))
    with excluding.streaming():
        assert shown(market, "number") == [(1,), (2,)]
        excluding.assert_whole()


def test_a_column_named_like_one_of_captures_own_stops_the_stream_by_name(
    market: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    with market.streaming():
        market.write(goods(1))
        market.catch_up()
        change(market, "ALTER TABLE goods ADD COLUMN _typed_0 text")
        market.write(goods(2))
        wait_until(lambda: "column _typed_0: capture has a column of this name itself" in caplog.text, "the refusal")
        assert shown(market, "number") == [(1,)]


KEY_CHANGES = {
    "another column": "DROP CONSTRAINT goods_pkey, ADD PRIMARY KEY (name)",
    "one column more": "DROP CONSTRAINT goods_pkey, ADD PRIMARY KEY (number, name)",
    "no key": "DROP CONSTRAINT goods_pkey",
    "deferrable": "DROP CONSTRAINT goods_pkey, ADD PRIMARY KEY (number) DEFERRABLE",
}


@pytest.mark.parametrize("statement", KEY_CHANGES.values(), ids=KEY_CHANGES)
def test_a_changed_key_stops_the_stream_by_name_before_a_row_under_it(
    market: Capture, statement: str, caplog: pytest.LogCaptureFixture
) -> None:
    with market.streaming():
        market.write(goods(1))
        market.catch_up()
        market.write(f"ALTER TABLE goods {statement}", goods(2))
        wait_until(lambda: "undo the change, or give the table a new name" in caplog.text, "the refusal")
        assert "market.goods: " in caplog.text
        assert shown(market, "number") == [(1,)]
        drop = "" if statement.endswith("goods_pkey") else "DROP CONSTRAINT goods_pkey, "
        change(market, f"ALTER TABLE goods {drop}ADD PRIMARY KEY (number)")
        market.catch_up()
        market.assert_whole()
        assert shown(market, "number") == [(1,), (2,)]


def test_a_changed_key_without_a_row_is_found_too(market: Capture, caplog: pytest.LogCaptureFixture) -> None:
    with market.streaming():
        market.write("ALTER TABLE goods DROP CONSTRAINT goods_pkey")
        wait_until(lambda: "its primary key number is gone or deferrable now" in caplog.text, "the refusal")


def test_a_renamed_key_stops_the_stream_until_it_is_undone(market: Capture, caplog: pytest.LogCaptureFixture) -> None:
    with market.streaming():
        market.write("ALTER TABLE goods RENAME COLUMN number TO id")
        wait_until(lambda: "its primary key is id now and was number" in caplog.text, "the refusal")
        change(market, "ALTER TABLE goods RENAME COLUMN id TO number")
        market.write(goods(1))
        market.catch_up()
        market.assert_whole()
