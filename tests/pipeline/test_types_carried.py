"""Every type, through a copy and through the stream: the text stays, the value is right or NULL, as DESIGN.md says."""

import random
import re
from collections.abc import Iterator

import pytest

from cdc.catalog.types import REFUSED
from deploy.local.clickhouse.starter import ClickHouse
from deploy.local.postgres import Postgres
from tests.pipeline.capture import Capture
from tests.pipeline.sample_values import NOT_TRIED, VALUES, Sample, samples
from tests.pipeline.sampled import differing, insert, sampled_table, texts_in_clickhouse, texts_in_postgres
from tests.support.service_database import ServiceTemplates
from tests.support.sql import run

ROUNDED = {"real", "double precision"}


@pytest.fixture(name="sampled")
def sampled_capture(
    postgres_server: Postgres, service_templates: ServiceTemplates, clickhouse_server: ClickHouse
) -> Iterator[Capture]:
    """A table with a column of every type that is carried, adopted as a stranger's table is, and empty."""
    with sampled_table(postgres_server, service_templates, clickhouse_server, VALUES) as capture:
        yield capture


@pytest.mark.parametrize("copied", [True, False], ids=["through a copy", "through the stream"])
def test_the_text_of_every_value_is_kept(sampled: Capture, copied: bool) -> None:
    print(f"seed {(seed := random.randrange(2**32))}")
    rows = samples(seed)
    insert(sampled, rows if copied else [])
    with sampled.streaming():
        insert(sampled, [] if copied else rows)
        sampled.catch_up()
        assert sampled.differences() == []
    wanted, found = texts_in_postgres(sampled), texts_in_clickhouse(sampled)
    assert differing(wanted, found, VALUES) == []
    assert wanted.keys() == found.keys() == {row.number for row in rows}
    assert_values_are_right_or_null(sampled)


def assert_values_are_right_or_null(sampled: Capture) -> None:
    """A typed value is NULL exactly where the value was, or where its text is kept beside it; floats keep both."""
    [table] = sampled.catalog.tables
    for column in table.value_columns:
        if column.rule.is_text:
            continue
        kept = f"mapContains(_raw, '{column.name}')"
        of_type = dict(zip([each.name for each in table.value_columns], VALUES, strict=True))[column.name]
        wrong = f"isNotNull({column.name}) AND {kept}" if of_type not in ROUNDED else "0"
        assert sampled.select(f"SELECT {column.name}, _raw FROM {table.latest} FINAL WHERE {wrong}") == [], of_type


def test_known_values_are_what_they_say_and_a_text_that_its_cast_would_change_is_kept(sampled: Capture) -> None:
    known = {
        "boolean": ("true", True),
        "numeric(12,2)": ("-0.01", "-0.01"),
        "bigint": ("-9223372036854775808", -(2**63)),
        "double precision": ("1e+20", 1e20),
        "date": ("1900-01-01", "1900-01-01"),
        "timestamp with time zone": ("2026-11-22 22:30:20.5+13:45", "2026-11-22 08:45:20.500000"),
        "timestamp without time zone": ("infinity", None),
        "uuid": ("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        "bytea": ("abc", "\\x616263"),
        "money": ("-1234.5", "-$1,234.50"),
        "mood": ("glad", "glad"),
    }
    with sampled.streaming():
        insert(sampled, [Sample(1, tuple(known.get(name, (None, None))[0] for name in VALUES))])
        sampled.catch_up()
    place = {name: f"c{number}" for number, name in enumerate(VALUES)}
    [table] = sampled.catalog.tables
    for name, (_, value) in known.items():
        wanted = place[name] if isinstance(value, bool | int | float) else f"toString({place[name]})"
        assert sampled.select(f"SELECT {wanted} FROM {table}") == [(value,)], name
    raw = sampled.select(f"SELECT _raw FROM {table.history}")[0][0]
    assert raw == {place["double precision"]: "1e+20", place["timestamp without time zone"]: "infinity"}
    assert_a_changed_text_is_kept(sampled, place)


def assert_a_changed_text_is_kept(sampled: Capture, place: dict[str, str]) -> None:
    """PostgreSQL sends no such text today; should it ever, no other value is shown in its place."""
    changed = {"integer": "007", "numeric(12,2)": "1.999", "date": "2026-1-5", "boolean": "true"}
    [table] = sampled.catalog.tables
    names = ["_op", "_lsn", "_epoch", "_xid", "_commit_us", "number", *(place[name] for name in changed)]
    row = ["c", 10, 1, 7, 0, "2", *changed.values()]
    sampled.clickhouse.insert(table.landing, [row], column_names=names)
    shown = ", ".join(place[name] for name in changed)
    [(*values, raw)] = sampled.select(f"SELECT {shown}, _raw FROM {table.latest} WHERE number = 2")
    assert values == [None] * len(changed)
    assert raw == {place[name]: text for name, text in changed.items()}


def test_every_type_of_postgresql_has_samples_or_is_refused_with_a_reason(postgres_server: Postgres) -> None:
    query = (
        "SELECT format_type(oid, NULL) FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace"
        " AND typtype IN ('b', 'r', 'm') AND NOT (typcategory = 'A' AND typlen = -1 AND typelem NOT IN (21, 26))"
    )
    tried = {re.sub(r"\(.*?\)", "", name) for name in VALUES}
    assert {str(name) for (name,) in run(postgres_server.dsn(), query)} - tried - NOT_TRIED == REFUSED.keys()
