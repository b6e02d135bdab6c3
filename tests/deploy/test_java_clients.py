"""ClickHouse's own client for Java and its JDBC driver, unmodified, against the endpoint, in each compression."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.clickhouse.starter import running_clickhouse
from tests.deploy.conftest import PASSWORD
from tests.deploy.java_report import java_report, require_java_clients

# Compiling, and what a JVM does at first, take long beside other tests.
pytestmark = pytest.mark.timeout(600)

TYPES = (
    "[-1, 18446744073709551615, -99999999999999999999999, 1.5, 12.3400, é\\t', ab, 2026-11-22,"
    " 2026-11-22 01:02:03.456789, 00000000-0000-0000-0000-000000000007, true, null, ['x', 'y'], {a=1}, b, low,"
    " 10.0.0.1, 5]"
)
ROWS = 300_000
Look = Callable[[str], str]


@pytest.fixture(scope="module", name="report")
def report_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    require_java_clients()
    directory: Path = tmp_path_factory.mktemp("java")
    with running_clickhouse(directory / "endpoint", password=PASSWORD) as server:
        yield java_report(server, "default", directory / "classes")


@pytest.fixture(name="client", params=["none", "lz4", "zstd", "http"])
def client_fixture(report: dict[str, str], request: pytest.FixtureRequest) -> Look:
    """What client-v2 saw, with one of its compressions."""
    return lambda name: report[f"client.{request.param}.{name}"]


@pytest.fixture(name="jdbc", params=["blocks", "plain"])
def jdbc_fixture(report: dict[str, str], request: pytest.FixtureRequest) -> Look:
    """What JDBC saw, with blocks both ways or without."""
    return lambda name: report[f"jdbc.{request.param}.{name}"]


def test_client_reads_values_of_every_kind(client: Look) -> None:
    assert client("ping") == "true"
    assert client("types") == TYPES
    assert client("parameters") == "it's é|7|00000000-0000-0000-0000-000000000009"


def test_client_reads_an_answer_without_rows_and_one_of_many_pieces(client: Look) -> None:
    assert client("no_rows") == "0"
    assert client("large") == str(ROWS * (ROWS - 1) // 2)


def test_client_writes_rows_in_each_of_three_formats(client: Look) -> None:
    assert client("create") == "created"
    assert client("schema") == "id UInt64, text String, note Nullable(Int32), "
    assert [client("row_binary"), client("tab_separated"), client("json")] == ["100000", "1", "1"]
    # As many rows, as many different ones, and what only some of them have.
    assert client("stored") == f'100002|100002|{sum(range(1, 100_000, 2)) + 7}|[js"on, tab\\ts]'


def test_client_is_told_clickhouse_code_of_an_error(client: Look) -> None:
    assert client("unknown_table").startswith("ServerException 60 Code: 60. DB::Exception: ")
    assert client("bad_rows").startswith("ServerException 27 ")


def test_client_never_takes_an_answer_that_broke_off_for_a_whole_one(client: Look) -> None:
    assert client("late_error").startswith("com.clickhouse.client.api.ClientException: Failed to read value")


def test_client_of_an_analyst_reads_and_is_refused_every_write(client: Look) -> None:
    assert client("reader_reads") == "100002"
    assert client("reader_inserts").startswith("ServerException 164 ")
    assert client("reader_drops").startswith("ServerException 164 ")


def test_jdbc_knows_the_tables_and_columns(jdbc: Look) -> None:
    assert [jdbc("valid"), jdbc("product"), jdbc("create")] == ["true", "ClickHouse", "0"]
    assert jdbc("tables") == "[jdbc_rows TABLE]"
    assert jdbc("columns") == "[id UInt64, text String, at DateTime64(3, 'UTC')]"


def test_jdbc_prepares_statements_and_reads_what_it_wrote(jdbc: Look) -> None:
    assert jdbc("prepared_insert") == "1000"
    assert jdbc("prepared_select") == "it's 501|1970-01-01T00:00:00.501Z"
    assert jdbc("large") == str(ROWS * (ROWS - 1) // 2)


def test_jdbc_is_told_clickhouse_code_of_an_error(jdbc: Look) -> None:
    assert jdbc("unknown_table").startswith("SQLException 60 ")
    assert jdbc("syntax_error").startswith("SQLException 62 ")
    assert jdbc("wrong_password").startswith("SQLException 516 ")


def test_jdbc_of_an_analyst_reads_and_is_refused_every_write(jdbc: Look) -> None:
    assert jdbc("analyst_reads") == "1000"
    assert jdbc("analyst_inserts").startswith("SQLException 164 ")
    assert jdbc("analyst_drops").startswith("SQLException 164 ")
    assert jdbc("misnamed_readonly") == "java.sql.SQLException: Failed to create connection"
    assert [jdbc("dropped"), jdbc("opened")] == ["false", "closed"]
