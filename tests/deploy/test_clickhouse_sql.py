"""How the endpoint reads a statement: where data begins, which format answers, and what never reaches the engine."""

import pytest

from deploy.local.clickhouse.errors import ClickHouseError
from deploy.local.clickhouse.refusals import refuse_unsafe
from deploy.local.clickhouse.statement import insert_head, query_of

INSERTS = [
    (b"INSERT INTO t (a, b) FORMAT RowBinary\n\x01'", b"INSERT INTO t (a, b) ", b"", "RowBinary", b"\n\x01'"),
    (b"insert into t values (1)", b"insert into t ", b"", "Values", b" (1)"),
    (
        b"INSERT INTO t SETTINGS a = 1, b = 'x' FORMAT CSV\n1",
        b"INSERT INTO t ",
        b"SETTINGS a = 1, b = 'x' ",
        "CSV",
        b"\n1",
    ),
    (
        b"/* a /* b */ FORMAT */ INSERT INTO d.`format` FORMAT TSV\n",
        b"/* a /* b */ FORMAT */ INSERT INTO d.`format` ",
        b"",
        "TSV",
        b"\n",
    ),
    (b"INSERT INTO format FORMAT TSV x", b"INSERT INTO format ", b"", "TSV", b" x"),
    (b"INSERT INTO db.values VALUES (1)", b"INSERT INTO db.values ", b"", "Values", b" (1)"),
    (
        b"INSERT INTO t (`VALUES`, format) -- FORMAT x\n FORMAT CSV\n",
        b"INSERT INTO t (`VALUES`, format) -- FORMAT x\n ",
        b"",
        "CSV",
        b"\n",
    ),
    (b"INSERT INTO FUNCTION null('a Int8') FORMAT CSV\n", b"INSERT INTO FUNCTION null('a Int8') ", b"", "CSV", b"\n"),
]


@pytest.mark.parametrize(("text", "target", "settings", "name", "data"), INSERTS)
def test_head_of_an_insert_ends_where_its_data_begins(
    text: bytes, target: bytes, settings: bytes, name: str, data: bytes
) -> None:
    head = insert_head(text, complete=True)
    assert head is not None
    assert (head.target, head.settings, head.format, text[head.data_start :]) == (target, settings, name, data)


@pytest.mark.parametrize("text", [row[0] for row in INSERTS])
def test_beginning_of_an_insert_is_never_taken_for_another_one(text: bytes) -> None:
    whole = insert_head(text, complete=True)
    assert {insert_head(text[:cut], complete=False) for cut in range(len(text))} <= {None, whole}


@pytest.mark.parametrize(
    "text",
    [
        b"INSERT INTO t SELECT * FROM s FORMAT CSV",
        b"INSERT INTO t WITH 1 AS x SELECT x",
        b"INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV",
        b"SELECT 'INSERT INTO t VALUES (1)'",
        b"INSERT INTO t",
        b"INSERT INTO t ('unclosed FORMAT CSV\n",
        b"",
    ],
)
def test_statement_without_data_has_no_head(text: bytes) -> None:
    assert insert_head(text, complete=True) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (b"SELECT 1 FORMAT JSON", "JSON"),
        (b"SELECT 1 format CSV; -- FORMAT TSV", "CSV"),
        (b"SELECT 1 FORMAT JSON SETTINGS max_threads = 1", "JSON"),
        (b"SELECT format FROM t", None),
        (b"SELECT ' FORMAT JSON'", None),
        (b"SELECT $x$ FORMAT JSON$x$", None),
        (b"SELECT $x FORMAT JSON", "JSON"),
        (b"SELECT 1 /* FORMAT JSON */", None),
    ],
)
def test_format_is_the_one_that_ends_the_statement(text: bytes, name: str | None) -> None:
    assert query_of(text).format == name


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        (b"SELECT 1", True),
        (b"(SELECT 1) UNION ALL (SELECT 2)", True),
        (b" /* x */ show tables", True),
        (b"DROP TABLE t", False),
        (b"INSERT INTO t SELECT 1", False),
        (b"WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", False),
        (b"", False),
    ],
)
def test_only_statements_that_write_nothing_count_as_reading(text: bytes, reads: bool) -> None:
    assert query_of(text).reads is reads


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE k (a Int8) ENGINE = Kafka('h', 't', 'g', 'CSV')",
        "create table k (a Int8) engine=kafka settings kafka_broker_list = 'h'",
        "CREATE TABLE k (a Int8) ENGINE /* = Memory */ = -- Memory\n `Kafka`",
        'CREATE TABLE k (a Int8) ENGINE "K\\x61fka"',
        "CREATE TABLE k (a Int8) ENGINE = “Kafka”",
        "CREATE TABLE k (a Int8) ENGINE\u00a0=\u2003Kafka",
        "CREATE TABLE k (a String DEFAULT 'ENGINE = Memory''') ENGINE = RabbitMQ",
        "CREATE TABLE k (a String DEFAULT $$'$$) ENGINE = Kafka",
        "CREATE TABLE k ENGINE = NATS AS SELECT 1",
        "CREATE OR REPLACE TABLE k (a Int8) ENGINE = S3Queue('u', 'CSV')",
        "ATTACH TABLE k (a Int8) ENGINE = Kafka",
        "CREATE DATABASE k ENGINE = MaterializedPostgreSQL('h', 'd', 'u', 'p')",
        "TRUNCATE TABLE t PARALLEL WITH CREATE TABLE k (a Int8) ENGINE = Kafka",
        "CREATE TABLE k (a Int8) // ENGINE = Memory\n ENGINE = Kafka",
        "SELECT 1; DROP TABLE t",
        "INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV",
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "INSERT INTO t SELECT * FROM input('a Int8') FORMAT CSV\n1",
    ],
)
def test_statement_that_would_do_harm_is_refused(text: str) -> None:
    with pytest.raises(ClickHouseError):
        refuse_unsafe(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a COMMENT 'ENGINE = Kafka'",
        "CREATE TABLE t (a Int8) /* ENGINE = Kafka */ ENGINE = Memory",
        "CREATE TABLE kafka (engine String) ENGINE = Memory",
        "SELECT * FROM system.tables WHERE engine = 'Kafka'",
        "SELECT ';', $$;$$, `;` FROM t;",
        "INSERT INTO input (infile) SELECT 1 -- ; DROP TABLE t",
    ],
)
def test_statement_that_only_looks_harmful_is_let_through(text: str) -> None:
    refuse_unsafe(text.encode())
