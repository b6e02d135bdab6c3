"""`python -m cdc lag`: how late the copy is, what slots hold back, and when there is no more room for it."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from clickhouse_connect.driver import Client
from rich.console import Console

from cdc.bookkeeping.copies import TableCopy, record_copy
from cdc.bookkeeping.epochs import Epoch, record_epoch
from cdc.captured import captured as captured_catalogs
from cdc.catalog.lookup import Catalogs
from cdc.catalog.postgres_ddl import debezium_slot_name
from deploy.local.ports import free_port
from tests.chaos.link import link_to
from tests.pipeline.capture import Capture, file_ids, new_file
from tests.pipeline.commands import TABLES, captured, cdc, set_addresses
from tests.support.silent_server import silent_server
from tests.support.sql import run

FAILED = 1
MUCH_LONGER_THAN_PATIENCE = 30.0


@pytest.fixture(autouse=True)
def _settings(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    set_addresses(capture, monkeypatch)


def test_lag_tells_how_far_behind_the_copy_is_and_what_the_slot_holds(capture: Capture) -> None:
    captured(capture)
    with capture.running():
        capture.catch_up()
        lines = [json.loads(line) for line in cdc("lag", "file", "--json").stdout.splitlines()]
    service, *tables, standing = lines
    assert (standing["epoch"], standing["reason"], standing["copies"]) == (1, "first start", {})
    assert service["service"] == "file"
    assert service["delay_seconds"] >= 0
    assert (service["slot"]["active"], service["slot"]["wal_status"]) == (True, "reserved")
    assert {table["table"]: (table["changes"], table["raw_values"]) for table in tables} == {
        "file.files": (2, 0),
        "file.file_versions": (1, 0),
    }


def test_lag_tells_the_epoch_why_it_began_and_which_copies_are_under_way(
    capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    captured(capture)
    monkeypatch.setattr("cdc.commands.lag.PATIENCE_SECONDS", 0.1)
    record_epoch(capture.clickhouse, "file", Epoch(2, 1, 1, "the replication slot was gone"))
    record_copy(capture.clickhouse, "file", TableCopy("files", 2, 100, "new epoch", xid=7, row_count=30))
    told = cdc("lag", "file").stdout
    assert "the replication slot was gone" in told
    assert "file.files: copying, 30 rows so far (new epoch)" in told
    assert "file.file_versions: not begun" in told
    *_, standing = [json.loads(line) for line in cdc("lag", "file", "--json").stdout.splitlines()]
    assert (standing["epoch"], set(standing["copies"])) == (2, set(TABLES))


def test_lag_fits_a_screen_of_80_columns_in_one_line_a_row(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    captured(capture)
    monkeypatch.setattr("cdc.commands.lag.PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr("services.kit.command_output.output", Console(width=80))
    lines = [line.strip("│ ") for line in cdc("lag", "file").stdout.splitlines()]
    lines = [line for line in lines if line.startswith("file")]
    assert [line.split()[0] for line in lines] == ["file", "file", "file.files", "file.file_versions", "file"]
    assert "not read, reserved" in lines[0]


def test_lag_before_the_first_start_says_that_nothing_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdc.commands.lag.PATIENCE_SECONDS", 0.1)
    service, *_ = [json.loads(line) for line in cdc("lag", "file", "--json").stdout.splitlines()]
    nothing = dict.fromkeys(("delay_seconds", "newest_commit", "slot", "forecast"))
    assert service == nothing | {"service": "file", "other_slots": {}}


def test_lag_names_the_slot_of_the_other_source_which_nobody_reads(capture: Capture) -> None:
    captured(capture)
    name = debezium_slot_name("file")
    run(capture.database.superuser_dsn, f"SELECT pg_create_logical_replication_slot('{name}', 'pgoutput')")
    capture.write(new_file(file_ids(3)[2]))
    service, *_ = [json.loads(line) for line in cdc("lag", "file", "--json").stdout.splitlines()]
    assert list(service["other_slots"]) == [name]
    assert not service["other_slots"][name]["active"]
    assert service["other_slots"][name]["unconfirmed_bytes"] > 0
    [told] = [line for line in cdc("lag", "file").stdout.splitlines() if name in line]
    assert "not read, reserved" in told


def test_lag_tells_when_the_slot_is_lost_if_nothing_is_stored_any_more(capture: Capture) -> None:
    captured(capture)
    time.sleep(1.1)
    capture.write(*(new_file(each) for each in file_ids(202)[2:]))
    service, *_ = [json.loads(line) for line in cdc("lag", "file", "--json").stdout.splitlines()]
    told, slot = service["forecast"], service["slot"]
    assert (told["limit"], told["bytes_left"]) == ("slot is lost", slot["bytes_until_lost"])
    assert told["bytes_per_second"] > 0
    assert told["seconds_left"] == pytest.approx(told["bytes_left"] / told["bytes_per_second"])


class _Disk(NamedTuple):
    free: int


def test_lag_tells_the_room_on_the_disk_where_that_is_less(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    captured(capture)
    monkeypatch.setenv("CDC_WAL_DIRECTORY", os.fspath(os.sep))
    monkeypatch.setattr("cdc.lag.measure.disk_usage", lambda _directory: _Disk(free=1000))
    service, *_ = [json.loads(line) for line in cdc("lag", "file", "--json").stdout.splitlines()]
    assert (service["forecast"]["limit"], service["forecast"]["bytes_left"]) == ("disk is full", 1000)


def test_lag_tells_what_slots_hold_back_while_clickhouse_is_away(
    capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    captured(capture)
    monkeypatch.setattr("cdc.lag.measure._SAMPLE_SECONDS", 1.0)
    monkeypatch.setenv("CDC_CLICKHOUSE_URL", f"http://127.0.0.1:{free_port()}")
    capture.write(new_file(file_ids(3)[2]))
    result = cdc("lag", "file", "--json")
    assert result.exit_code == FAILED
    [service] = [json.loads(line) for line in result.stdout.splitlines()]
    assert service["delay_seconds"] is None
    assert service["slot"]["unconfirmed_bytes"] > 0
    assert service["forecast"]["bytes_left"] > 0
    assert "does not answer: start it" in result.stderr
    assert "WAL that each replication slot holds back" in cdc("lag", "file").stdout


@contextmanager
def silent_clickhouse() -> Iterator[str]:
    with silent_server() as address:
        yield f"http://{address}"


@contextmanager
def falls_silent(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The way to ClickHouse on which no answer comes any more once the catalogs are known."""
    target = urlsplit(capture.clickhouse_url)
    with link_to(str(target.hostname), int(target.port or 0)) as link:

        def captured_at_last(opened: Client) -> Catalogs:
            found = captured_catalogs(opened)
            link.delay_seconds = 60.0
            return found

        monkeypatch.setattr("cdc.commands.lag.captured", captured_at_last)
        yield capture.clickhouse_url.replace(f":{target.port}", f":{link.port}")


@pytest.mark.parametrize("when", ["from the first", "later"])
def test_lag_tells_what_slots_hold_back_while_clickhouse_hangs(
    capture: Capture, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    captured(capture)
    monkeypatch.setattr("cdc.lag.measure._SAMPLE_SECONDS", 0.1)
    monkeypatch.setattr("cdc.commands.lag.LONGEST_SILENCE_SECONDS", 1)
    with silent_clickhouse() if when == "from the first" else falls_silent(capture, monkeypatch) as url:
        monkeypatch.setenv("CDC_CLICKHOUSE_URL", url)
        result = cdc("lag", "file", "--json")
    assert result.exit_code == FAILED, result.output
    [service] = [json.loads(line) for line in result.stdout.splitlines()]
    assert service["delay_seconds"] is None
    assert service["slot"]["retained_bytes"] > 0
    assert result.stderr


@pytest.fixture(name="debezium")
def _debezium(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> str:
    """The slot of a service that comes by way of Kafka; nobody reads it."""
    captured(capture)
    name = debezium_slot_name("file")
    run(capture.database.superuser_dsn, f"SELECT pg_create_logical_replication_slot('{name}', 'pgoutput')")
    capture.write(new_file(file_ids(3)[2]))
    monkeypatch.setattr("cdc.commands.lag.PATIENCE_SECONDS", 0.1)
    monkeypatch.setenv("CDC_SOURCE", "kafka")
    return name


def kafka_away() -> AbstractContextManager[str]:
    return nullcontext(f"127.0.0.1:{free_port()}")


@pytest.mark.usefixtures("debezium")
@pytest.mark.parametrize("address", [kafka_away, silent_server], ids=["away", "hangs"])
def test_lag_tells_all_but_the_messages_while_kafka_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, address: Callable[[], AbstractContextManager[str]]
) -> None:
    monkeypatch.setattr("cdc.kafka.lag._PATIENCE_SECONDS", 1.0)
    with address() as bootstrap:
        monkeypatch.setenv("CDC_KAFKA_BOOTSTRAP", bootstrap)
        began = time.monotonic()
        result = cdc("lag", "file", "--json")
        took = time.monotonic() - began
    assert result.exit_code == FAILED
    service, *tables, standing = [json.loads(line) for line in result.stdout.splitlines()]
    assert service["slot"]["unconfirmed_bytes"] > 0
    assert service["forecast"]["bytes_left"] > 0
    assert [table["table"] for table in tables] == ["file.files", "file.file_versions"]
    assert standing["epoch"] == 1
    [note] = [line for line in result.stderr.splitlines() if bootstrap in line and "CDC_KAFKA_BOOTSTRAP" in line]
    assert f"Kafka at {bootstrap} does not answer for file (" in note
    assert took < MUCH_LONGER_THAN_PATIENCE


def test_lag_in_words_shows_the_slot_that_fills_the_disk_while_kafka_and_clickhouse_are_away(
    debezium: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cdc.lag.measure._SAMPLE_SECONDS", 0.1)
    monkeypatch.setenv("CDC_KAFKA_BOOTSTRAP", f"127.0.0.1:{free_port()}")
    monkeypatch.setenv("CDC_CLICKHOUSE_URL", f"http://127.0.0.1:{free_port()}")
    result = cdc("lag", "file")
    assert result.exit_code == FAILED
    _, _, of_slots = result.stdout.partition("WAL that each replication slot holds back")
    assert "file" in of_slots
    assert debezium not in of_slots, "the slot that changes come by is not one of the others"
    assert "messages in Kafka" not in result.stdout
    assert "does not answer for file" in result.stderr
    assert "ClickHouse at" in result.stderr
