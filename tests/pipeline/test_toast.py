"""Large values that an update leaves alone: PostgreSQL does not send them again, and they stay, of whatever type."""

from collections.abc import Iterator

import pytest

from deploy.local.clickhouse.starter import ClickHouse
from deploy.local.postgres import Postgres
from tests.pipeline.foreign import Foreign, foreign_database
from tests.support.service_database import ServiceTemplates
from tests.support.sql import run

_WORDS = "SELECT string_agg(md5(number::text), ' ') FROM generate_series(1, 400) AS number"
_DIGITS = "SELECT string_agg(number::text, '') FROM generate_series(1, 5000) AS number"
_POINTS = "SELECT string_agg(point(number, 0)::text, ',') FROM generate_series(1, 1000) AS number"
# Each type that PostgreSQL keeps out of line, and an expression for a value too large for a row.
LARGE = {
    "text": f"({_WORDS})",
    "character varying": f"({_WORDS})",
    "bpchar": f"({_WORDS})",
    "character(13500)": f"({_WORDS})",
    "citext": f"({_WORDS})::citext",
    "refcursor": f"({_WORDS})::refcursor",
    "json": f"(SELECT to_json(({_WORDS})))",
    "jsonb": f"(SELECT to_jsonb(({_WORDS})))",
    "jsonpath": f"(SELECT to_json(({_WORDS}))::text::jsonpath)",
    "bytea": f"(SELECT convert_to(({_WORDS}), 'UTF8'))",
    "bit(80000)": "(SELECT string_agg('10110', '')::bit(80000) FROM generate_series(1, 16000))",
    "bit varying": "(SELECT string_agg('10110', '')::varbit FROM generate_series(1, 16000))",
    "numeric": f"({_DIGITS})::numeric",
    "numrange": f"(SELECT numrange(0, ({_DIGITS})::numeric))",
    "nummultirange": f"(SELECT nummultirange(numrange(0, ({_DIGITS})::numeric)))",
    "int4multirange": "(SELECT range_agg(int4range(3 * n, 3 * n + 1)) FROM generate_series(1, 2000) AS n)",
    "path": f"('[' || ({_POINTS}) || ']')::path",
    "polygon": f"('(' || ({_POINTS}) || ')')::polygon",
    "tsvector": f"(SELECT array_to_tsvector(string_to_array(({_WORDS}), ' ')))",
    "pg_snapshot": "(SELECT ('1:9999:' || string_agg(n::text, ','))::pg_snapshot FROM generate_series(2, 2000) AS n)",
    "text[]": f"(SELECT string_to_array(({_WORDS}), ' '))",
    "hstore": f"(SELECT hstore(string_to_array(({_WORDS}), ' ')))",
    "address": f"(SELECT ROW(({_WORDS}), NULL)::address)",
}


@pytest.fixture(name="archive")
def _archive(
    postgres_server: Postgres, service_templates: ServiceTemplates, clickhouse_server: ClickHouse
) -> Iterator[Foreign]:
    """An adopted table whose one row is large in every column, each kept out of line."""
    with foreign_database(postgres_server, service_templates, clickhouse_server.url) as foreign:
        columns = [f"c{number}" for number in range(len(LARGE))]
        spelled = ", ".join(f"{column} {name}" for column, name in zip(columns, LARGE, strict=True))
        foreign.sql(
            "CREATE EXTENSION citext",
            "CREATE EXTENSION hstore",
            "CREATE TYPE address AS (street text, number integer)",
            f"CREATE TABLE papers (id int PRIMARY KEY, note text, {spelled})",
            *(f"ALTER TABLE papers ALTER {column} SET STORAGE EXTERNAL" for column in columns),
            f"INSERT INTO papers VALUES (1, 'first', {', '.join(LARGE.values())})",
        )
        kept_inside = ", ".join(f"pg_column_toast_chunk_id({column}) IS NULL" for column in columns)
        [row] = run(foreign.dsn, f"SELECT {kept_inside} FROM papers")
        assert [name for name, inside in zip(LARGE, row, strict=True) if inside] == []
        adopted = foreign.adopt()
        assert adopted.exit_code == 0, adopted.output
        yield foreign


def test_what_an_update_leaves_alone_stays_whatever_its_type(archive: Foreign) -> None:
    capture = archive.capture
    with capture.streaming():
        archive.sql("UPDATE papers SET note = 'second'", "UPDATE papers SET id = 2", "UPDATE papers SET c0 = note")
        capture.catch_up()
        capture.assert_whole()
    changes = capture.select(
        f"SELECT _op, count(), countIf(c1 IS NULL) FROM {archive.name}.papers_history GROUP BY _op"
    )
    assert sorted(changes) == [("c", 1, 0), ("d", 1, 0), ("r", 1, 0), ("u", 2, 0)]
