"""Comparing a database with models: a partitioned table is compared, its partitions are not."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Connection, DateTime, MetaData, Table

from migrations.comparison import differences
from migrations.sync_engine import sync_engine
from tests.support.postgres import CreateDatabase

PARTITIONED = (
    "CREATE TABLE readings (taken_at timestamptz PRIMARY KEY) PARTITION BY RANGE (taken_at)",
    "CREATE TABLE readings_old PARTITION OF readings FOR VALUES FROM (MINVALUE) TO ('2026-11-23')",
)
MODELS = MetaData()
Table("readings", MODELS, Column("taken_at", DateTime(timezone=True), primary_key=True))


@pytest.fixture(name="connection")
def _connection(service_database: CreateDatabase) -> Iterator[Connection]:
    """A database with nothing but a partitioned table and one partition."""
    database = service_database("file", migrated=False)
    with sync_engine(database.migrator_url) as engine, engine.connect() as connection:
        for statement in PARTITIONED:
            connection.exec_driver_sql(statement)
        yield connection


def test_partitions_are_no_difference(connection: Connection) -> None:
    assert differences(connection, MODELS) == []


def test_a_partitioned_table_is_compared_as_any_other(connection: Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE readings ADD COLUMN celsius double precision")
    (difference,) = differences(connection, MODELS)
    assert difference == "op.drop_column('readings', 'celsius')"


def test_a_table_that_no_model_declares_is_told(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE stray (id integer)")
    (difference,) = differences(connection, MODELS)
    assert difference == "op.drop_table('stray')"
