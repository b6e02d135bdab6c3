"""ClickHouse's schema: fresh, repeated, cut off halfway, grown by a column, and changed by hand."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from clickhouse_connect.driver import Client
from clickhouse_connect.driver.exceptions import DatabaseError
from sqlalchemy import BigInteger, Boolean, Column, MetaData, Table, Text

from cdc.catalog.clickhouse_object import ClickHouseObject, Kind, materialized_view, table
from cdc.catalog.clickhouse_schema import wanted_objects
from cdc.catalog.declared import catalog_of_metadata
from migrations.clickhouse import SchemaConflictError, State, compare, is_durable, upgrade
from services.kit.capture import Capture

SECOND = 1_000_000
TO_HISTORY = "shop_store.goods_landing_to_history"
STORED = "SELECT concat(database, '.', name) FROM system.tables WHERE database IN ('cdc', 'shop', 'shop_store')"


def wanted(*more: Column[Any], durable: bool = False) -> tuple[ClickHouseObject, ...]:
    metadata = MetaData()
    columns: list[Column[Any]] = [Column("number", BigInteger, primary_key=True), Column("name", Text), *more]
    Table("goods", metadata, *columns, info=Capture().info())
    return wanted_objects([catalog_of_metadata("shop", metadata)], durable=durable)


TYPED = next(each.select for each in wanted() if each.name == TO_HISTORY)


def states(client: Client, objects: Iterable[ClickHouseObject]) -> dict[str, State]:
    """Those that are not up to date."""
    return {each.wanted.name: each.state for each in compare(client, objects) if each.state is not State.CURRENT}


def land(client: Client, number: int, lsn: int, **values: str) -> None:
    """Land one inserted row."""
    columns = ["_op", "_lsn", "_epoch", "_xid", "_commit_us", "number", *values]
    row = ["c", lsn, 1, 7, lsn * SECOND, str(number), *values.values()]
    client.insert("shop_store.goods_landing", [row], column_names=columns)


def test_a_fresh_server_gets_every_object_and_a_second_upgrade_does_nothing(clickhouse: Client) -> None:
    objects = wanted()
    assert set(states(clickhouse, objects).values()) == {State.MISSING}
    changed = upgrade(clickhouse, objects)
    assert [each.wanted for each in changed] == list(objects)
    assert {name for (name,) in clickhouse.query(STORED).result_rows} == {
        *(each.name for each in objects),
        "cdc.schema_ledger",
    }
    assert states(clickhouse, objects) == {}
    assert not upgrade(clickhouse, objects)


def test_every_materialized_view_gives_what_its_target_stores(clickhouse: Client) -> None:
    objects = wanted()
    upgrade(clickhouse, objects)
    for view in (each for each in objects if each.kind is Kind.MATERIALIZED_VIEW):
        given = {row[0]: row[1] for row in clickhouse.query(f"DESCRIBE ({view.select})").result_rows}
        target = {row[0]: row[1] for row in clickhouse.query(f"DESCRIBE {view.tail.split()[1]}").result_rows}
        defaulted = {"landed_at"}
        assert given.keys() == target.keys() - defaulted, view.name


def cut_off(objects: tuple[ClickHouseObject, ...], after: int) -> Iterator[ClickHouseObject]:
    """The same objects, of which one cannot be created."""
    yield from objects[:after]
    yield table("shop_store.impossible", {"x": "NoSuchType"}, "ENGINE = Null")
    yield from objects[after:]


def test_an_upgrade_that_was_cut_off_anywhere_is_finished_by_the_next(clickhouse: Client) -> None:
    objects = wanted()
    for after in range(0, len(objects), 4):
        with pytest.raises(DatabaseError, match="NoSuchType"):
            upgrade(clickhouse, cut_off(objects, after))
    upgrade(clickhouse, objects)
    assert states(clickhouse, objects) == {}


def test_an_object_that_was_made_but_not_recorded_is_recorded_by_the_next(clickhouse: Client) -> None:
    objects = wanted()
    upgrade(clickhouse, objects)
    clickhouse.command("TRUNCATE TABLE cdc.schema_ledger")
    assert set(states(clickhouse, objects).values()) == {State.OUTDATED}
    upgrade(clickhouse, objects)
    assert states(clickhouse, objects) == {}


def test_a_column_that_is_new_in_the_catalog_follows_everywhere_and_old_rows_stay(clickhouse: Client) -> None:
    upgrade(clickhouse, wanted())
    land(clickhouse, 1, 10, name="before")
    grown = wanted(Column("price", BigInteger), Column("sold", Boolean))
    behind = states(clickhouse, grown)
    # Another shape has another table of envelopes; all else is extended.
    new = {name for name, state in behind.items() if state is State.MISSING}
    assert {name.rpartition(".")[2].startswith("goods_envelopes_") for name in new} == {True}
    assert {state for name, state in behind.items() if name not in new} == {State.OUTDATED}
    assert {name.split(".")[0] for name in behind} == {"shop", "shop_store"}
    upgrade(clickhouse, grown)
    assert states(clickhouse, grown) == {}
    land(clickhouse, 2, 20, name="after", price="7", sold="t")
    current = "SELECT number, name, price, sold FROM shop.goods ORDER BY number"
    rows = [(1, "before", None, None), (2, "after", 7, True)]
    assert clickhouse.query(current).result_rows == rows
    history = "SELECT number, name, price, sold FROM shop.goods_history ORDER BY number"
    assert clickhouse.query(history).result_rows == rows
    as_of = "SELECT number, price FROM shop.goods_as_of(at = '2030-01-01') ORDER BY number"
    assert clickhouse.query(as_of).result_rows == [(1, None), (2, 7)]


def test_rows_still_land_without_the_new_column_until_their_writer_knows_it(clickhouse: Client) -> None:
    upgrade(clickhouse, wanted())
    upgrade(clickhouse, wanted(Column("price", BigInteger)))
    land(clickhouse, 1, 10, name="from an older writer")
    assert clickhouse.query("SELECT name, price FROM shop.goods").result_rows == [("from an older writer", None)]


@pytest.mark.parametrize("durable", [True, False])
def test_storage_is_made_durable_and_so_no_more_as_it_should_be(clickhouse: Client, *, durable: bool) -> None:
    upgrade(clickhouse, wanted(durable=not durable))
    upgrade(clickhouse, wanted(durable=durable))
    stored = "SELECT count(), countIf(create_table_query LIKE '%fsync_after_insert = 1%') FROM system.tables"
    [(tables, synced)] = clickhouse.query(
        f"{stored} WHERE database IN ('cdc', 'shop_store') AND engine LIKE '%MergeTree' AND name != 'schema_ledger'"
    ).result_rows
    assert tables > 5
    assert synced == (tables if durable else 0)
    assert is_durable(clickhouse) == durable


def test_a_small_insert_writes_one_file_a_part(clickhouse: Client) -> None:
    upgrade(clickhouse, wanted())
    land(clickhouse, 1, 10, name="alone")
    kinds = "SELECT table, part_storage_type FROM system.parts WHERE database = 'shop_store' ORDER BY table"
    assert clickhouse.query(kinds).result_rows == [("goods_history", "Packed"), ("goods_latest", "Packed")]


@pytest.mark.parametrize(
    ("name", "by_hand"),
    [
        ("shop.goods", "CREATE OR REPLACE VIEW shop.goods AS SELECT 1 AS number"),
        ("shop.goods_history", "DROP VIEW shop.goods_history"),
        (
            TO_HISTORY,
            f"ALTER TABLE {TO_HISTORY} MODIFY QUERY SELECT toInt64(0) AS number FROM shop_store.goods_landing",
        ),
        ("shop_store.goods_latest", "ALTER TABLE shop_store.goods_latest DROP COLUMN _raw"),
    ],
)
def test_what_was_changed_by_hand_is_found_and_mended(clickhouse: Client, name: str, by_hand: str) -> None:
    objects = wanted()
    upgrade(clickhouse, objects)
    clickhouse.command(by_hand)
    assert states(clickhouse, objects).keys() == {name}
    upgrade(clickhouse, objects)
    assert states(clickhouse, objects) == {}


@pytest.mark.parametrize(
    ("by_hand", "reason"),
    [
        (
            ["ALTER TABLE shop_store.goods_history ADD COLUMN note String"],
            "shop_store.goods_history has columns that the catalog does not know: note",
        ),
        (
            ["ALTER TABLE shop_store.goods_latest MODIFY COLUMN name Nullable(FixedString(9))"],
            r"shop_store.goods_latest: column name is Nullable\(FixedString\(9\)\) and should be Nullable\(String\)",
        ),
        (
            [
                "CREATE TABLE shop_store.other AS shop_store.goods_latest ENGINE = MergeTree ORDER BY number",
                "EXCHANGE TABLES shop_store.other AND shop_store.goods_latest",
            ],
            "shop_store.goods_latest should have `ENGINE = ReplacingMergeTree",
        ),
        (
            [
                "CREATE TABLE shop_store.other AS shop_store.goods_history",
                f"DROP VIEW {TO_HISTORY} SYNC",
                f"CREATE MATERIALIZED VIEW {TO_HISTORY} TO shop_store.other AS {TYPED}",
            ],
            f"{TO_HISTORY} should go `TO shop_store.goods_history` but goes `TO shop_store.other`: stop capture",
        ),
        (
            [
                f"DROP VIEW {TO_HISTORY} SYNC",
                f"CREATE MATERIALIZED VIEW {TO_HISTORY} ENGINE = MergeTree ORDER BY number AS {TYPED}",
            ],
            f"{TO_HISTORY} should go `TO shop_store.goods_history` but goes `nowhere of its own`",
        ),
    ],
    ids=["a column too many", "another type", "another engine", "another target", "a target within"],
)
def test_what_no_step_can_mend_is_refused_by_name(clickhouse: Client, by_hand: list[str], reason: str) -> None:
    objects = wanted()
    upgrade(clickhouse, objects)
    for statement in by_hand:
        clickhouse.command(statement)
    with pytest.raises(SchemaConflictError, match=reason):
        upgrade(clickhouse, objects)
    assert State.ALTERED in states(clickhouse, objects).values(), "a conflict stays until somebody mends it"


def test_a_stored_column_that_changes_its_type_is_refused(clickhouse: Client) -> None:
    upgrade(clickhouse, wanted(Column("price", BigInteger)))
    with pytest.raises(
        SchemaConflictError, match=r"column price is Nullable\(Int64\) and should be Nullable\(String\)"
    ):
        upgrade(clickhouse, wanted(Column("price", Text)))


def test_a_table_that_is_sorted_otherwise_than_the_catalog_wants_is_refused(clickhouse: Client) -> None:
    upgrade(clickhouse, wanted())
    [latest] = [each for each in wanted() if each.name == "shop_store.goods_latest"]
    other = table(latest.name, latest.columns, "ENGINE = ReplacingMergeTree(_version) ORDER BY (number, _xid)")
    with pytest.raises(SchemaConflictError, match="was created otherwise"):
        upgrade(clickhouse, [other])


def test_a_view_that_the_catalog_wants_to_go_elsewhere_is_refused(clickhouse: Client) -> None:
    upgrade(clickhouse, wanted())
    clickhouse.command("CREATE TABLE shop_store.other AS shop_store.goods_history")
    with pytest.raises(
        SchemaConflictError, match=r"should go `TO shop_store\.other` but goes `TO shop_store\.goods_hist"
    ):
        upgrade(clickhouse, [materialized_view(TO_HISTORY, "shop_store.other", TYPED)])
