"""ClickHouse's HTTP interface as a plain HTTP client sees it."""

import base64
import json
import socket
import subprocess
import time
from collections.abc import Callable
from shutil import which
from typing import Any

import httpx
import pytest

from deploy.local.clickhouse.decompression import CODECS, Frame
from tests.deploy.conftest import PASSWORD, Endpoint, wait_until
from tests.support.parts import require_part


def ask(http: httpx.Client, statement: str, **parameters: str | int) -> str:
    """The answer's text; fails on an error."""
    answer = http.post("/", content=statement, params=http.params.merge(parameters))
    assert answer.status_code == 200, answer.text
    return answer.text


def refused(http: httpx.Client, statement: str, **parameters: str | int) -> tuple[int, int]:
    """HTTP status and ClickHouse's code of a statement that must fail."""
    answer = http.post("/", content=statement, params=http.params.merge(parameters))
    code = int(answer.headers["X-ClickHouse-Exception-Code"])
    assert answer.text.startswith(f"Code: {code}. DB::Exception: ")
    return answer.status_code, code


def utf8(headers: dict[str, str]) -> httpx.Headers:
    return httpx.Headers(headers, encoding="utf-8")


def test_ping_needs_no_password(endpoint: Endpoint) -> None:
    assert httpx.get(f"http://{endpoint.server.host}:{endpoint.server.port}/ping").text == "Ok.\n"


def test_unknown_path_is_named(http: httpx.Client) -> None:
    answer = http.get("/play")
    assert answer.status_code == 404
    assert "/play" in answer.text


@pytest.mark.parametrize(
    ("headers", "parameters"),
    [
        ({"Authorization": "Basic " + base64.b64encode(f"default:{PASSWORD}".encode()).decode()}, {}),
        ({}, {"user": "default", "password": PASSWORD}),
        ({"X-ClickHouse-User": "default", "X-ClickHouse-Key": PASSWORD}, {}),
    ],
)
def test_password_may_come_in_each_of_three_ways(
    endpoint: Endpoint, headers: dict[str, str], parameters: dict[str, str]
) -> None:
    address = f"http://{endpoint.server.host}:{endpoint.server.port}/"
    assert httpx.post(address, content="SELECT 7", headers=utf8(headers), params=parameters).text == "7\n"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-ClickHouse-Key": "wrong"},
        {"X-ClickHouse-User": "root", "X-ClickHouse-Key": PASSWORD},
        {"Authorization": "Basic !!!"},
    ],
)
def test_wrong_credentials_are_refused(endpoint: Endpoint, headers: dict[str, str]) -> None:
    answer = httpx.post(
        f"http://{endpoint.server.host}:{endpoint.server.port}/", content="SELECT 1", headers=utf8(headers)
    )
    assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (403, "516")


@pytest.mark.parametrize(
    ("statement", "status", "code"),
    [
        ("SELECT * FROM nowhere", 404, 60),
        ("SELEKT 1", 400, 62),
        ("SELECT nothing", 404, 47),
        ("SELECT 1; SELECT 2", 400, 62),
        ("CREATE TABLE k (a Int8) ENGINE = Kafka('h', 't', 'g', 'CSV')", 501, 48),
    ],
)
def test_error_has_clickhouse_code_and_a_fitting_status(
    http: httpx.Client, statement: str, status: int, code: int
) -> None:
    assert refused(http, statement) == (status, code)


def test_unknown_setting_is_an_error(http: httpx.Client) -> None:
    assert refused(http, "SELECT 1", no_such_setting=1) == (404, 115)
    assert refused(http, "SELECT 1", **{"a = 1, readonly": "0"}) == (404, 115)


def test_statement_in_the_url_is_joined_with_the_body(http: httpx.Client) -> None:
    assert http.get("/", params=http.params.merge({"query": "SELECT 5"})).text == "5\n"
    assert ask(http, "+ 2", query="SELECT 5") == "7\n"


def test_get_modifies_nothing(http: httpx.Client) -> None:
    answer = http.get("/", params=http.params.merge({"query": "CREATE TABLE t (a Int8) ENGINE = Memory"}))
    assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (403, "164")


def test_readonly_holds_for_its_request_alone(http: httpx.Client) -> None:
    create = "CREATE TABLE t (a Int8) ENGINE = Memory"
    assert refused(http, create, readonly=1, session_id="reader") == (403, 164)
    ask(http, create, session_id="reader")


def test_form_carries_query_and_parameters(http: httpx.Client) -> None:
    form = {
        "query": (None, "SELECT {a:String}, {b:Array(UInt8)}"),
        "param_a": (None, "é\\nü"),
        "param_b": (None, "[1,2]"),
    }
    assert http.post("/", files=form).text == "é\\nü\t[1,2]\n"


def test_form_with_an_external_table_is_refused(http: httpx.Client) -> None:
    answer = http.post("/", files={"t": ("t.tsv", b"1\n")})
    assert (answer.status_code, "External tables" in answer.text) == (501, True)


def test_settings_in_the_url_hold_for_the_statement(http: httpx.Client) -> None:
    assert ask(http, "SELECT getSetting('max_block_size')", max_block_size=77) == "77\n"
    assert ask(http, "SELECT getSetting('max_block_size')") != "77\n"


def test_format_is_chosen_by_statement_then_parameter_then_header(http: httpx.Client) -> None:
    headers = {"X-ClickHouse-Format": "CSV"}
    by_header = http.post("/", content="SELECT 'a'", headers=headers)
    assert (by_header.text, by_header.headers["X-ClickHouse-Format"]) == ('"a"\n', "CSV")
    assert ask(http, "SELECT 'a'", default_format="JSONEachRow") == '{"\'a\'":"a"}\n'
    assert ask(http, "SELECT 1 AS a FORMAT JSONEachRow", default_format="CSV") == '{"a":1}\n'


@pytest.mark.parametrize("name", ["CSVWithNames", "JSON", "TabSeparatedWithNamesAndTypes"])
def test_empty_answer_keeps_its_header(http: httpx.Client, name: str) -> None:
    assert "number" in ask(http, f"SELECT number FROM numbers(0) FORMAT {name}")


def test_session_keeps_temporary_tables_and_its_own_settings(http: httpx.Client) -> None:
    ask(http, "CREATE TEMPORARY TABLE kept (a Int8)", session_id="s1")
    ask(http, "SET max_threads = 3", session_id="s1", max_threads=2)
    assert ask(http, "SELECT count(), getSetting('max_threads') FROM kept", session_id="s1") == "0\t3\n"
    override = ask(
        http, "SELECT getSetting('max_threads'), currentDatabase()", session_id="s1", max_threads=5, database="system"
    )
    assert override == "5\tsystem\n"
    assert ask(http, "SELECT getSetting('max_threads')", session_id="s1") == "3\n"
    assert refused(http, "SELECT * FROM kept", session_id="s2") == (404, 60)


@pytest.mark.parametrize("beside", [{}, {"database": "system", "max_threads": 5}], ids=["nothing", "something"])
def test_what_a_refused_request_had_put_over_a_session_is_taken_away(
    http: httpx.Client, beside: dict[str, Any]
) -> None:
    in_force = "SELECT getSetting('max_threads'), currentDatabase()"
    before = ask(http, in_force, session_id="s4", **beside)
    assert "information_schema" not in before
    assert refused(http, "SELECT 1", session_id="s4", database="information_schema", max_threads="many")[0] == 400
    assert ask(http, in_force, session_id="s4", **beside) == before


def test_session_ends_when_its_time_is_over(http: httpx.Client) -> None:
    ask(http, "CREATE TEMPORARY TABLE kept (a Int8)", session_id="short", session_timeout=1)
    time.sleep(3)
    assert refused(http, "SELECT * FROM kept", session_id="short") == (404, 60)
    assert refused(http, "SELECT 1", session_id="never", session_check=1) == (404, 372)


def test_session_timeout_must_be_sensible(http: httpx.Client) -> None:
    assert refused(http, "SELECT 1", session_id="long", session_timeout=3601) == (400, 36)


def test_summary_counts_rows(http: httpx.Client) -> None:
    ask(http, "CREATE TABLE t (a UInt32) ENGINE = Memory")
    answer = http.post("/", content="INSERT INTO t SELECT number FROM numbers(10)")
    summary = json.loads(answer.headers["X-ClickHouse-Summary"])
    assert (summary["written_rows"], summary["read_rows"]) == ("10", "10")


LATE_ERROR = "SELECT throwIf(number = 900000) FROM numbers(1000000) SETTINGS max_block_size = 1000, max_threads = 1"


def read_late_error(http: httpx.Client, seen: bytearray, encoding: str = "identity") -> None:
    """Read the answer to LATE_ERROR into `seen`, its exception tag first; the connection breaks."""
    wishes, headers = http.params.set("enable_http_compression", 1), {"Accept-Encoding": encoding}
    with http.stream("POST", "/", content=LATE_ERROR, params=wishes, headers=headers) as answer:
        assert answer.status_code == 200
        seen += answer.headers["X-ClickHouse-Exception-Tag"].encode()
        for chunk in answer.iter_raw():
            seen += chunk


def test_error_in_mid_answer_breaks_the_stream_and_names_itself(http: httpx.Client) -> None:
    seen = bytearray()
    with pytest.raises(httpx.RemoteProtocolError):
        read_late_error(http, seen)
    tag, body = bytes(seen[:16]), bytes(seen[16:])
    assert body.startswith(b"0\n0\n")
    assert b"__exception__\r\n" + tag in body
    assert b"Code: 395." in body[-1000:]


DECODERS: dict[str, Callable[[], Frame]] = {name: decoder for name, (decoder, _) in CODECS.items()}


@pytest.mark.parametrize("encoding", DECODERS)
def test_error_in_mid_answer_leaves_a_compressed_one_without_its_end(http: httpx.Client, encoding: str) -> None:
    seen, decoder = bytearray(), DECODERS[encoding]()
    with pytest.raises(httpx.RemoteProtocolError):
        read_late_error(http, seen, encoding)
    assert b"Code: 395." in decoder.decompress(bytes(seen[16:]))[-1000:]
    assert not decoder.eof


def test_waiting_for_the_end_turns_a_late_error_into_a_status(http: httpx.Client) -> None:
    statement = "SELECT throwIf(number = 900000) FROM numbers(1000000) SETTINGS max_block_size = 1000"
    assert refused(http, statement, wait_end_of_query=1) == (400, 395)


def running(http: httpx.Client, marker: str) -> int:
    """How many statements with `marker` run, but for this one."""
    of_others = f"query LIKE '%{marker}%' AND query NOT LIKE '%system.processes%'"
    return int(ask(http, f"SELECT count() FROM system.processes WHERE {of_others}"))


@pytest.mark.parametrize("expression", ["sum(sipHash64(number))", "number"])
def test_query_ends_when_its_client_leaves(http: httpx.Client, expression: str) -> None:
    marker = f"left alone {expression}"
    statement = f"SELECT {expression} FROM numbers(1000000000000) /* {marker} */".encode()
    with socket.create_connection((http.base_url.host, http.base_url.port or 0)) as leaving:
        key = f"X-ClickHouse-Key: {PASSWORD}".encode()
        leaving.sendall(
            b"POST / HTTP/1.1\r\nHost: x\r\n%b\r\nContent-Length: %d\r\n\r\n%b" % (key, len(statement), statement)
        )
        wait_until(lambda: running(http, marker) == 1)
    wait_until(lambda: running(http, marker) == 0)


def test_curl_reads_and_writes(endpoint: Endpoint, http: httpx.Client) -> None:
    require_part("curl", which("curl") is not None, "install the package curl")

    def curl(*arguments: str, data: bytes) -> str:
        command = ["curl", "-sS", "--fail-with-body", "-u", f"default:{PASSWORD}", "--data-binary", "@-", *arguments]
        return subprocess.run(command, input=data, capture_output=True, check=True, timeout=30).stdout.decode()

    address = f"http://{endpoint.server.host}:{endpoint.server.port}/?database={http.params['database']}"
    curl(address, data=b"CREATE TABLE t (a Int32, b String) ENGINE = MergeTree ORDER BY a")
    curl(address + "&async_insert=0&query=INSERT%20INTO%20t%20FORMAT%20TSV", data=b"1\tone\n2\ttwo\n")
    assert curl(address, data=b"SELECT * FROM t ORDER BY a") == "1\tone\n2\ttwo\n"
