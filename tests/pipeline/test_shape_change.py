"""Columns that come, go and change while changes are streamed: what ClickHouse then shows, and that nothing is lost."""

from collections.abc import Iterator

import pytest
from clickhouse_connect.driver import Client
from sqlalchemy import Column, Text

from cdc.catalog.clickhouse_schema import wanted_objects
from cdc.shapes.shapes import Shapes
from deploy.local.clickhouse.starter import ClickHouse
from migrations.clickhouse import State, compare, is_durable
from tests.pipeline.capture import Capture, wait_until
from tests.pipeline.market import (
    captured_market,
    change,
    columns_shown,
    declaring,
    goods,
    market_catalog,
    migrate,
    shown,
)
from tests.support.postgres import CreateDatabase


@pytest.fixture(name="market")
def _market(service_database: CreateDatabase, clickhouse_server: ClickHouse, clickhouse: Client) -> Iterator[Capture]:
    with captured_market(service_database("file", migrated=False), clickhouse_server.url, clickhouse) as capture:
        yield capture


def not_current(market: Capture) -> dict[str, State]:
    found = compare(market.clickhouse, wanted_objects([market.in_effect], durable=is_durable(market.clickhouse)))
    return {each.wanted.name: each.state for each in found if each.state is not State.CURRENT}


def changes_recorded(market: Capture) -> list[str]:
    found = market.select("SELECT change FROM cdc.shapes WHERE service = 'market' ORDER BY position, recorded_at")
    return [str(words) for (words,) in found if words]


def test_an_added_column_appears_by_itself_and_its_values_flow_at_once(market: Capture) -> None:
    market.write(goods(1))
    with market.streaming():
        change(market, "ALTER TABLE goods ADD COLUMN colour text")
        market.write(goods(2, colour="'red'"), "UPDATE goods SET colour = 'blue' WHERE number = 1")
        market.catch_up()
        assert shown(market, "number, colour") == [(1, "blue"), (2, "red")]
        market.assert_whole()
    assert not_current(market) == {}
    assert changes_recorded(market) == ["added colour"]


def test_a_column_that_comes_with_values_in_old_rows_brings_them_without_a_row_sent(market: Capture) -> None:
    market.write(goods(1), goods(2))
    with market.streaming():
        change(market, "ALTER TABLE goods ADD COLUMN colour text DEFAULT 'grey'")
        wait_until(lambda: shown_if_there(market, "colour") == [("grey",), ("grey",)], "the default to be copied")
        market.assert_whole()


def shown_if_there(market: Capture, column: str) -> list[tuple[object, ...]]:
    return shown(market, column) if column in columns_shown(market) else []


def test_a_dropped_column_leaves_the_current_view_and_stays_in_history(market: Capture) -> None:
    with market.streaming():
        market.write(goods(1, note="'kept'"))
        market.catch_up()
        change(market, "ALTER TABLE goods DROP COLUMN note")
        market.write(goods(2))
        market.catch_up()
        assert columns_shown(market) == {"number", "name", "price", "pieces", "sold"}
        for past in ("goods_history", "goods_as_of(at = '2100-01-01')"):
            assert market.select(f"SELECT number, note FROM market.{past} ORDER BY number") == [(1, "kept"), (2, None)]
        market.assert_whole()
    assert not_current(market) == {}


def test_a_renamed_column_is_shown_by_its_new_name_with_all_values(market: Capture) -> None:
    market.write(goods(1), goods(2))
    with market.streaming():
        change(market, "ALTER TABLE goods RENAME COLUMN name TO title")
        wait_until(lambda: shown_if_there(market, "title") == [("thing 1",), ("thing 2",)], "the values to be copied")
        market.write(goods(3, title="'new'").replace("name, ", "").replace("'thing 3', ", ""))
        market.catch_up()
        assert shown(market, "number, title") == [(1, "thing 1"), (2, "thing 2"), (3, "new")]
        assert "name" not in columns_shown(market)
        assert "name" in columns_shown(market, "goods_history")
        market.assert_whole()


RETYPED = {
    "int to bigint": ("pieces", "bigint", "", "9000000000", None),
    "varchar to text": (
        "name",
        "text",
        "",
        "'of more than twenty letters'",
        "of more than twenty letters",
    ),
    "another scale": ("price", "numeric(10,4)", "", "1.2345", None),
    "text to int": ("note", "integer", " USING length(note)", "7", "7"),
    "a time with a zone": ("sold", "timestamptz", "", "'2026-01-02 03:04:05+00'", None),
    "number to text": ("pieces", "text", "", "'a dozen'", None),
}


@pytest.mark.parametrize(("column", "kind", "using", "value", "typed"), RETYPED.values(), ids=RETYPED)
def test_a_retyped_column_keeps_its_storage_and_every_text(
    market: Capture, *, column: str, kind: str, using: str, value: str, typed: str | None
) -> None:
    market.write(goods(1, note="'four'"))
    with market.streaming():
        change(market, f"ALTER TABLE goods ALTER COLUMN {column} TYPE {kind}{using}")
        market.write(goods(2, **{column: value}))
        market.catch_up()
        [(found, raw)] = market.select(f"SELECT {column}, _raw FROM market.goods WHERE number = 2")
        assert found == typed
        assert raw == ({} if typed else {column: value.strip("'")})
        wait_until(lambda: not market.differences(), "old rows to be copied in their new texts")
        market.assert_whole()
    assert not_current(market) == {}


def test_a_label_that_is_added_flows_as_any_other(market: Capture) -> None:
    with market.streaming():
        market.write("CREATE TYPE mood AS ENUM ('glad')")
        change(market, "ALTER TABLE goods ADD COLUMN mood mood DEFAULT 'glad'")
        market.write("ALTER TYPE mood ADD VALUE 'sad'")
        market.write(goods(1), goods(2, mood="'sad'"))
        market.catch_up()
        assert shown(market, "mood") == [("glad",), ("sad",)]
        market.assert_whole()


def test_a_change_that_sends_no_row_is_found_all_the_same(market: Capture) -> None:
    market.write(goods(1, note="'four'"))
    with market.streaming():
        change(market, "ALTER TABLE goods ALTER COLUMN note TYPE integer USING length(note)")
        wait_until(lambda: shown(market, "note") == [("4",)], "the rewritten value to be copied")
        market.assert_whole()


def test_a_change_made_while_nobody_streams_is_followed_from_its_first_row_on(market: Capture) -> None:
    with market.streaming():
        market.write(goods(1, note="'first'"))
        market.catch_up()
    market.write(goods(2, note="'second'"), "UPDATE goods SET note = 'late' WHERE number = 1")
    change(market, "ALTER TABLE goods ADD COLUMN passing text")
    market.write(goods(3, passing="'by'"))
    change(market, "ALTER TABLE goods DROP COLUMN note, DROP COLUMN passing, ADD COLUMN colour text")
    market.write(goods(4, colour="'red'"))
    with market.streaming():
        market.assert_whole()
        history = "SELECT number, note, passing, colour FROM market.goods_history WHERE _op != 'r' ORDER BY _version"
        assert market.select(history) == [
            (1, "first", None, None),
            (2, "second", None, None),
            (1, "late", None, None),
            (3, None, "by", None),
            (4, None, None, "red"),
        ]
        assert columns_shown(market) == {"number", "name", "price", "pieces", "sold", "colour"}


def test_shapes_within_one_transaction_each_keep_their_rows(market: Capture) -> None:
    with market.streaming():
        market.write(
            goods(1),
            "ALTER TABLE goods ADD COLUMN colour text",
            goods(2, colour="'red'"),
            "ALTER TABLE goods DROP COLUMN colour",
            goods(3),
            "GRANT SELECT ON goods TO file_cdc",
        )
        market.catch_up()
        history = "SELECT number, colour FROM market.goods_history WHERE _op != 'r' ORDER BY _version"
        assert market.select(history) == [(1, None), (2, "red"), (3, None)]
        market.assert_whole()


def test_a_column_that_returns_under_another_type_does_not_bring_its_old_values_back(market: Capture) -> None:
    with market.streaming():
        market.write(goods(1, note="'old'"))
        market.catch_up()
        change(market, "ALTER TABLE goods DROP COLUMN note")
        market.write(goods(2))
        market.catch_up()
        change(market, "ALTER TABLE goods ADD COLUMN note integer")
        market.write(goods(3, note="5"))
        market.catch_up()
        wait_until(lambda: shown(market, "note") == [(None,), (None,), ("5",)], "the copy without old values")
        market.assert_whole()


def test_models_deployed_later_change_nothing(market: Capture) -> None:
    with market.streaming():
        change(market, "ALTER TABLE goods ADD COLUMN colour text, DROP COLUMN note")
        market.write(goods(1, colour="'red'"))
        market.catch_up()
    later = declaring(market, market_catalog(Column("colour", Text), without="note"))
    assert later.in_effect == market.in_effect
    assert not_current(later) == {}
    migrate(later)
    with later.streaming():
        later.assert_whole()
    assert changes_recorded(later) == ["added colour; gone note"]


def test_models_deployed_before_the_column_is_there_wait_for_it(market: Capture) -> None:
    later = declaring(market, market_catalog(Column("colour", Text)))
    market.write(goods(1))
    with market.streaming():
        market.catch_up()
    migrate(later)
    with later.streaming():
        later.write(goods(2))
        later.catch_up()
        assert "colour" not in columns_shown(later)
        later.assert_whole()
        change(later, "ALTER TABLE goods ADD COLUMN colour text")
        later.write(goods(3, colour="'red'"))
        later.catch_up()
        assert shown(later, "colour") == [(None,), (None,), ("red",)]
        later.assert_whole()
    assert not_current(later) == {}


def test_a_column_that_the_running_models_exclude_never_streams(market: Capture) -> None:
    excluding = declaring(market, market_catalog(Column("secret", Text), exclude="secret"))
    with excluding.streaming():
        change(excluding, "ALTER TABLE goods ADD COLUMN secret text, ADD COLUMN colour text")
        excluding.write(goods(1, secret="'not to be told'", colour="'red'"))
        excluding.catch_up()
        assert columns_shown(excluding) == {"number", "name", "price", "pieces", "sold", "note", "colour"}
        assert columns_shown(excluding, "goods_history") == columns_shown(excluding)
        excluding.assert_whole()


def test_a_column_that_is_excluded_for_a_while_is_copied_anew_when_it_returns(market: Capture) -> None:
    market.write(goods(1, note="'before'"))
    with market.streaming():
        market.catch_up()
    excluding = declaring(market, market_catalog(exclude="note"))
    with excluding.streaming():
        excluding.write("UPDATE goods SET note = 'meanwhile'")
        excluding.catch_up()
        excluding.assert_whole()
    with market.streaming():
        wait_until(lambda: shown_if_there(market, "note") == [("meanwhile",)], "the column to be copied")
        market.assert_whole()


def test_gone_columns_that_two_threads_met_at_once_are_both_kept(market: Capture) -> None:
    shapes = Shapes(market.catalog, market.database.cdc_url, market.clickhouse, 1)
    shapes.compare_with_postgres()
    # Each has looked at the table before the other one kept its column.
    looked_at = market.table("goods")
    shapes.keep_gone(looked_at, ["once"])
    shapes.keep_gone(looked_at, ["then"])
    assert {column.name for column in shapes.catalog.by_name[looked_at.sent_as].former} == {"once", "then"}
