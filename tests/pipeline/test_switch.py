"""From one source to the other: refused where a gap would lie between, and without one by `python -m cdc switch`."""

from collections.abc import Iterator
from unittest.mock import Mock

import pytest
from typer.testing import CliRunner

from cdc.bookkeeping.copies import copies
from cdc.catalog.model import CatalogError
from cdc.catalog.sources import Source
from cdc.commands.app import app
from cdc.postgres import session
from cdc.source.epochs import ensure_epoch
from cdc.source.slot_setup import NotReadyError
from tests.pipeline.capture import Capture, file_ids, new_file, wait_until
from tests.support.sql import run

SLOT, DEBEZIUM = "huleedu_file_slot", "huleedu_file_debezium"
COPIED, STREAMED, *BETWEEN = file_ids(7)


@pytest.fixture(autouse=True)
def _addresses(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDC_FILE_DATABASE_URL", capture.database.cdc_url)
    monkeypatch.setenv("CDC_CLICKHOUSE_URL", capture.clickhouse_url)


@pytest.fixture(name="carried")
def _carried(capture: Capture) -> Iterator[Capture]:
    """A capture by way of the slot that has copied its tables, and was stopped; at the end nothing was copied anew."""
    with capture.streaming():
        capture.write(new_file(COPIED))
        capture.catch_up()
    made = copies(capture.clickhouse, "file", 1)
    yield capture
    assert copies(capture.clickhouse, "file", 1) == made
    assert [number for (number,) in capture.select("SELECT epoch FROM cdc.epochs FINAL")] == [1]


def switch(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["switch", *arguments, "file"], env={"COLUMNS": "300"})
    return result.exit_code, result.output


def set_up(capture: Capture, source: Source) -> int:
    with session(capture.database.cdc_url) as connection:
        return ensure_epoch(connection, capture.database.cdc_url, capture.clickhouse, capture.catalog, source=source)


def deliver(capture: Capture) -> None:
    """Have PostgreSQL believe that the connector has delivered all there is."""
    run(capture.database.superuser_dsn, f"SELECT pg_replication_slot_advance('{DEBEZIUM}', pg_current_wal_lsn())")


def test_the_other_source_is_refused_until_it_was_switched_to_and_begins_where_the_first_one_ended(
    carried: Capture,
) -> None:
    with pytest.raises(NotReadyError, match="`python -m cdc switch kafka file` goes over without a gap"):
        set_up(carried, Source.KAFKA)
    reached = carried.confirmed_position()
    code, said = switch("kafka")
    assert (code, "file: its changes come by way of kafka, from " in said) == (0, True), said
    assert carried.slots() == {DEBEZIUM}
    assert carried.confirmed_by_debezium() == reached
    assert set_up(carried, Source.KAFKA) == 1


def test_what_is_written_between_two_sources_comes_by_way_of_the_second(
    carried: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    assert switch("kafka")[0] == 0
    carried.write(*(new_file(key) for key in BETWEEN))
    with carried.running():
        wait_until(lambda: "`python -m cdc switch slot file` goes over" in caplog.text, "the refusal")
    code, said = switch("slot")
    assert (code, carried.slots()) == (0, {SLOT}), said
    with carried.streaming():
        carried.write(new_file(STREAMED))
        carried.catch_up()
        carried.assert_whole()
        assert carried.select("SELECT count() FROM file.files") == [(7,)]


def test_a_slot_that_is_still_read_is_named_and_dropped_once_it_is_not(carried: Capture) -> None:
    with carried.running():
        carried.write(new_file(BETWEEN[0]))
        carried.catch_up()
        code, said = switch("kafka")
        assert (code, f"somebody still reads {SLOT}" in said) == (0, True), said
        assert carried.slots() == {SLOT, DEBEZIUM}
        carried.write(new_file(STREAMED))
        carried.catch_up()
    code, said = switch("kafka")
    assert (code, carried.slots()) == (0, {DEBEZIUM}), said


def test_what_was_delivered_to_kafka_must_be_stored_before_the_slot_is_read_again(carried: Capture) -> None:
    assert switch("kafka")[0] == 0
    carried.write(new_file(STREAMED))
    deliver(carried)
    code, said = switch("slot", "--timeout", "0.5")
    assert (code, "file: what was delivered up to" in said) == (1, True), said
    assert carried.slots() == {DEBEZIUM}
    assert set_up(carried, Source.KAFKA) == 1


def test_a_deployment_from_before_sources_were_recorded_goes_on_by_its_own(carried: Capture) -> None:
    carried.clickhouse.command("TRUNCATE TABLE cdc.sources")
    with pytest.raises(NotReadyError, match="its changes come by way of slot"):
        set_up(carried, Source.KAFKA)
    assert switch("slot")[0] == 0
    assert set_up(carried, Source.SLOT) == 1
    assert carried.slots() == {SLOT}


def test_where_both_slots_are_there_and_no_source_was_recorded_somebody_must_say_which(carried: Capture) -> None:
    carried.clickhouse.command("TRUNCATE TABLE cdc.sources")
    run(carried.database.superuser_dsn, f"SELECT pg_copy_logical_replication_slot('{SLOT}', '{DEBEZIUM}')")
    code, said = switch("kafka")
    assert (code, "start `python -m cdc run` once as it was" in said) == (1, True), said
    assert carried.slots() == {SLOT, DEBEZIUM}
    assert set_up(carried, Source.SLOT) == 1
    assert switch("kafka")[0] == 0


def test_nobody_goes_over_to_kafka_with_a_column_that_debezium_does_not_carry(
    carried: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = CatalogError("file cannot be captured through Kafka")
    monkeypatch.setattr("cdc.commands.switch.require_carried", Mock(side_effect=refused))
    code, said = switch("kafka")
    assert (code, str(refused) in said) == (2, True), said
    assert carried.slots() == {SLOT}


def test_nothing_goes_over_from_a_slot_that_is_gone(carried: Capture) -> None:
    run(carried.database.superuser_dsn, f"SELECT pg_drop_replication_slot('{SLOT}')")
    code, said = switch("kafka")
    assert (code, f"{SLOT} is gone" in said, "`python -m cdc recover file --source kafka`" in said) == (1, True, True)


def test_what_was_never_captured_begins_by_way_of_either(capture: Capture) -> None:
    assert switch("kafka")[0] == 0
    assert set_up(capture, Source.SLOT) == 1
    assert capture.slots() == {SLOT}


def test_nobody_recovers_by_one_source_while_the_other_one_is_read(carried: Capture) -> None:
    run(carried.database.superuser_dsn, f"SELECT pg_copy_logical_replication_slot('{SLOT}', '{DEBEZIUM}')")
    with carried.running():
        carried.write(new_file(STREAMED))
        carried.catch_up()
        result = CliRunner().invoke(app, ["recover", "file", "--source", "kafka", "--yes"], env={"COLUMNS": "300"})
        assert (result.exit_code, f"somebody reads its slot {SLOT}" in result.output) == (1, True), result.output
    assert carried.slots() == {SLOT, DEBEZIUM}
