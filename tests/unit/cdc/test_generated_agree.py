"""Everything generated from the catalog agrees: a column or table is in all of it or, left out, in none."""

import re
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, MetaData, Table, Text

from cdc.catalog import comparison_sql
from cdc.catalog.clickhouse_ddl import LANDING_HEAD, STORED_TAIL, landing_columns, table_objects
from cdc.catalog.clickhouse_object import Kind
from cdc.catalog.clickhouse_schema import wanted_objects
from cdc.catalog.declared import all_catalogs, catalog_of_metadata
from cdc.catalog.model import CapturedTable, ServiceCatalog
from cdc.catalog.postgres_ddl import grants, publish, replica_identity
from cdc.source.pgoutput import Decoder
from services.kit.capture import Capture
from tests.unit.cdc import pgoutput_encoder as sent
from tests.unit.cdc.landed_rows import landed_rows
from tests.unit.cdc.tables import shelf_catalog

CATALOGS = [shelf_catalog(), *all_catalogs()]
TABLES = [table for catalog in CATALOGS for table in catalog.tables]
KEY, VALUE, OPTIONAL = "zq_key", "zq_value", "zq_optional"
OBJECT_NAMES = (
    "_store.zq_things_landing", "_store.zq_things_history", "_store.zq_things_latest",
    "_store.zq_things_history_to_latest", "_store.zq_things_landing_to_history",
    ".zq_things", ".zq_things_history", ".zq_things_as_of",
)  # fmt: skip


def things(capture: Capture) -> CapturedTable:
    metadata = MetaData()
    columns: list[Column[Any]] = [
        Column(KEY, BigInteger, primary_key=True),
        Column(VALUE, Text),
        Column(OPTIONAL, BigInteger),
    ]
    Table("zq_things", metadata, *columns, info=capture.info())
    return catalog_of_metadata("library", metadata).tables[0]


def generated(table: CapturedTable) -> dict[str, str]:
    """Every text generated for a table that names its columns."""
    texts = {each.name: each.create for each in table_objects(table, {})}
    for compare in ("postgres_buckets", "clickhouse_buckets", "postgres_rows", "clickhouse_rows"):
        texts[compare] = getattr(comparison_sql, compare)(table)
    texts["latest against history"] = comparison_sql.latest_against_history(table)
    texts["grants"] = " ".join(grants(table, "reader"))
    texts["sink columns"] = " ".join(landing_columns(table))
    return texts


def naming(column: str, texts: dict[str, str]) -> set[str]:
    return {name for name, text in texts.items() if re.search(rf"\b{column}\b", text)}


@pytest.mark.parametrize("column", [KEY, VALUE, OPTIONAL])
def test_a_captured_column_is_in_everything_that_is_generated(column: str) -> None:
    texts = generated(things(Capture()))
    assert naming(column, texts) == set(texts)


def test_an_excluded_column_is_in_nothing_that_is_generated() -> None:
    texts = generated(things(Capture(exclude=frozenset({OPTIONAL}))))
    assert naming(OPTIONAL, texts) == set()
    assert naming(VALUE, texts) == set(texts)


def test_a_table_has_all_its_objects_in_an_order_that_can_be_created() -> None:
    objects = table_objects(things(Capture()), {})
    assert tuple(each.name.removeprefix("library") for each in objects) == OBJECT_NAMES
    seen: set[str] = set()
    for each in objects:
        named = {other.name for other in objects if re.search(rf"\b{other.name}(?![\w.])", each.select + each.tail)}
        assert named <= seen, each.name
        seen.add(each.name)


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_stored_columns_are_the_captured_ones_and_the_same_in_history_and_latest(table: CapturedTable) -> None:
    objects = {each.name: each for each in table_objects(table, {})}
    names = [column.name for column in table.columns]
    assert list(objects[table.landing].columns) == [*LANDING_HEAD, *names]
    assert list(objects[table.history].columns) == [*names, *STORED_TAIL]
    assert objects[table.latest].columns == objects[table.history].columns


@pytest.mark.parametrize("catalog", CATALOGS, ids=lambda catalog: catalog.service)
def test_the_publication_holds_the_captured_tables_whole(catalog: ServiceCatalog) -> None:
    statement = publish(catalog)
    listed = statement.removeprefix("ALTER PUBLICATION huleedu_cdc SET TABLE ").split(", ")
    assert listed == [table.in_postgres for table in catalog.tables]
    assert "(" not in statement, "a column list beside REPLICA IDENTITY FULL makes the service's updates fail"


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_every_published_table_has_its_whole_old_rows(table: CapturedTable) -> None:
    assert replica_identity(table.in_postgres) == f'ALTER TABLE "{table.schema}"."{table.name}" REPLICA IDENTITY FULL'


@pytest.mark.parametrize("catalog", CATALOGS, ids=lambda catalog: catalog.service)
def test_a_decoded_row_has_its_values_in_the_landing_tables_order(catalog: ServiceCatalog) -> None:
    for table in catalog.tables:
        decoder = Decoder(catalog, 1, lambda table, *_: table)
        shuffled = sorted([*(column.name for column in table.columns), *table.excluded])
        decoder.feed(0, sent.relation(1, table.name, shuffled))
        decoder.feed(1, sent.begin(9, 0, 5))
        decoder.feed(2, sent.insert(1, [f"value of {name}" for name in shuffled]))
        [row] = landed_rows(b"".join(decoder.batch.rows[table]), len(table.columns))
        landing = list(landing_columns(table))[len(LANDING_HEAD) :]
        assert list(row.values) == [f"value of {name}" for name in landing]


def test_storage_is_durable_when_asked_for_and_only_then() -> None:
    def told(durable: bool) -> list[dict[str, int]]:
        stored = (each for each in wanted_objects(CATALOGS, durable=durable) if "MergeTree" in each.tail)
        return [dict(each.settings) for each in stored]

    always = {"min_bytes_for_full_part_storage": 10 << 20}
    durable = always | {"fsync_after_insert": 1, "fsync_part_directory": 1, "old_parts_lifetime": 60}
    assert all(settings == durable for settings in told(durable=True))
    assert all(settings == always for settings in told(durable=False))
    assert told(durable=True)


def test_every_name_is_wanted_once() -> None:
    names = [each.name for each in wanted_objects(CATALOGS, durable=False)]
    assert len(names) == len(set(names))


def test_views_that_people_read_set_how_final_merges_themselves() -> None:
    views = [each for each in wanted_objects(CATALOGS, durable=False) if each.kind is Kind.VIEW]
    final = [each for each in views if " FINAL" in each.select]
    assert len(final) == 2 * len(TABLES)
    assert all("SETTINGS do_not_merge_across_partitions_select_final = 0" in each.select for each in final)
