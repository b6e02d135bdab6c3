"""A table with a column of each of many types, in a database that nobody modelled, and its values on either side."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager

import psycopg2

from cdc.catalog.clickhouse_ddl import canonical_text
from deploy.local.clickhouse.starter import ClickHouse
from deploy.local.postgres import Postgres
from tests.pipeline.capture import Capture
from tests.pipeline.foreign import foreign_database
from tests.pipeline.sample_values import DEFINED, VALUES, Sample
from tests.support.service_database import ServiceTemplates

Texts = dict[int, tuple[str | None, ...]]


@contextmanager
def sampled_table(
    server: Postgres, templates: ServiceTemplates, clickhouse: ClickHouse, types: Collection[str]
) -> Iterator[Capture]:
    """The table, adopted as a stranger's table is, and empty; its columns are called c0, c1 and so on."""
    with foreign_database(server, templates, clickhouse.url) as foreign:
        spelled = ", ".join(f"c{number} {name}" for number, name in enumerate(types))
        foreign.sql(*DEFINED, f"CREATE TABLE samples (number bigint PRIMARY KEY, {spelled})")
        adopted = foreign.adopt("--tables", "samples")
        assert adopted.exit_code == 0, adopted.output
        yield foreign.capture


def insert(capture: Capture, rows: Sequence[Sample], types: Collection[str] = VALUES) -> None:
    """Insert rows, whose texts are of these types, in one transaction."""
    places = ", ".join(["%s", *(f"%s::{name}" for name in types)])
    address = capture.database.migrator_url.replace("+asyncpg", "")
    with closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
        for row in rows:
            cursor.execute(f"INSERT INTO samples VALUES ({places})", (row.number, *row.texts))
        connection.commit()


def texts_in_postgres(capture: Capture) -> Texts:
    """What PostgreSQL's output functions write of each value: `concat` uses them, unlike a cast to text."""
    [table] = capture.catalog.tables
    written = (f"CASE num_nulls({column.name}) WHEN 0 THEN concat({column.name}) END" for column in table.columns)
    selected = ", ".join(written)
    pinned = "-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c extra_float_digits=1 -c lc_monetary=C"
    address = capture.database.superuser_dsn
    with closing(psycopg2.connect(address, options=pinned)) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT {selected} FROM samples")
        return {int(row[0]): row[1:] for row in cursor.fetchall()}


def texts_in_clickhouse(capture: Capture) -> Texts:
    """The text of each value that ClickHouse shows as the newest."""
    [table] = capture.catalog.tables
    selected = ", ".join(canonical_text(column) for column in table.columns)
    return {int(row[0]): row[1:] for row in capture.select(f"SELECT {selected} FROM {table.latest} FINAL")}


def differing(wanted: Texts, found: Texts, types: Collection[str]) -> list[tuple[str, str | None, str | None]]:
    """The values that are not the same on both sides, each with its type."""
    names = list(types)
    return [
        (names[place], left, right)
        for number, texts in wanted.items()
        for place, (left, right) in enumerate(zip(texts, found[number], strict=True))
        if left != right
    ]
