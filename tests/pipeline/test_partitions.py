"""A partitioned table, captured through its root: partitions come, change and go, and verify tells what is gone."""

from collections.abc import Iterator

import pytest
from clickhouse_connect.driver import Client

from cdc.catalog.partition_truncates import create_trigger
from cdc.postgres import session
from cdc.source.slot_setup import NotReadyError, require_published
from cdc.verify import proof
from deploy.local.clickhouse.starter import ClickHouse
from migrations import capture as capture_migration
from tests.pipeline.capture import Capture, wait_until
from tests.pipeline.visits import DAYS, captured_museum, new_day, truncated_away, visit, visits
from tests.support.postgres import CreateDatabase


@pytest.fixture(name="museum")
def _museum(service_database: CreateDatabase, clickhouse_server: ClickHouse, clickhouse: Client) -> Iterator[Capture]:
    with captured_museum(service_database("file", migrated=False), clickhouse_server.url, clickhouse) as museum:
        yield museum


@pytest.fixture(autouse=True)
def _settle_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "_SETTLE_SECONDS", 0.2)


def test_rows_of_all_partitions_are_the_roots_whether_copied_or_streamed(museum: Capture) -> None:
    museum.write(*(visit(day, day) for day in DAYS))
    with museum.streaming():
        museum.write(new_day(9), visit(9, 9))
        museum.write("UPDATE visits SET who = 'berta' WHERE number IN (1, 9)", "DELETE FROM visits WHERE number = 2")
        museum.catch_up()
        museum.assert_whole()
    assert visits(museum) == [(0, "anna"), (1, "berta"), (3, "anna"), (9, "berta")]
    assert museum.select("SELECT who FROM museum.visits_history WHERE _op = 'd'") == [("anna",)]


def test_a_row_that_moves_to_another_partition_is_deleted_there_and_created_here(museum: Capture) -> None:
    with museum.streaming():
        museum.write(visit(0, 1))
        museum.write("UPDATE visits SET at = at + interval '1 day'")
        museum.catch_up()
        museum.assert_whole()
    assert museum.select("SELECT _op FROM museum.visits_history ORDER BY _version") == [("c",), ("d",), ("c",)]


def test_a_truncate_of_the_root_empties_it(museum: Capture) -> None:
    with museum.streaming():
        museum.write(visit(0, 1), visit(1, 2))
        museum.write("TRUNCATE visits", visit(1, 3))
        museum.catch_up()
        museum.assert_whole()
    assert visits(museum) == [(3, "anna")]


def wanted(museum: Capture) -> list[str]:
    """Why copies were wanted beside the first one."""
    found = museum.select("SELECT reason FROM cdc.snapshots FINAL WHERE reason != 'first copy' ORDER BY lsn")
    return [reason for (reason,) in found]


def test_a_truncate_of_a_partition_alone_deletes_its_rows_and_no_others(museum: Capture) -> None:
    with museum.streaming():
        museum.write(visit(0, 1), visit(1, 2), visit(1, 3))
        museum.write("TRUNCATE visits_1", visit(1, 4))
        museum.catch_up()
        museum.assert_whole()
    assert visits(museum) == [(1, "anna"), (4, "anna")]
    assert truncated_away(museum) == [(2, "anna"), (3, "anna")]


def test_a_truncate_of_the_root_and_of_nothing_needs_no_copy(museum: Capture) -> None:
    with museum.streaming():
        museum.write(visit(0, 1), visit(1, 2))
        museum.write("TRUNCATE visits", visit(1, 3))
        museum.write("TRUNCATE visits_0", commit=False)
        museum.catch_up()
        museum.assert_whole()
    assert wanted(museum) == []


def test_a_partition_truncated_after_the_root_in_one_transaction_is_emptied_too(museum: Capture) -> None:
    with museum.streaming():
        museum.write(visit(0, 1))
        museum.write("TRUNCATE visits", visit(1, 2), visit(0, 3), "TRUNCATE visits_1")
        museum.catch_up()
        museum.assert_whole()
    assert visits(museum) == [(3, "anna")]


def test_a_partition_that_was_dropped_before_a_copy_keeps_its_rows_in_clickhouse(museum: Capture) -> None:
    with museum.streaming():
        museum.write(*(visit(day, day) for day in DAYS))
        museum.write("DROP TABLE visits_1", "TRUNCATE visits_2")
        museum.catch_up()
        museum.assert_whole()
    assert [number for number, _ in visits(museum)] == [0, 1, 3]


@pytest.mark.parametrize("goes", ["DROP TABLE visits_1", "ALTER TABLE visits DETACH PARTITION visits_1"])
def test_a_partition_that_goes_takes_nothing_from_clickhouse_and_is_no_difference(museum: Capture, goes: str) -> None:
    with museum.streaming():
        museum.write(*(visit(day, day) for day in DAYS))
        museum.write(goes)
        museum.write(visit(2, 7))
        museum.catch_up()
        museum.assert_whole()
    assert [number for number, _ in visits(museum)] == [0, 1, 2, 3, 7]


def in_clickhouse(museum: Capture, command: str) -> None:
    """Change what is stored behind capture's back, in history and in latest alike."""
    for stored in ("history", "latest"):
        museum.clickhouse.command(command.format(f"museum_store.visits_{stored}"))


def test_a_row_missing_within_a_kept_range_is_named_beside_a_dropped_one(museum: Capture) -> None:
    with museum.streaming():
        museum.write(*(visit(day, day) for day in DAYS))
        museum.write("DROP TABLE visits_1")
        museum.catch_up()
        in_clickhouse(museum, "ALTER TABLE {} DELETE WHERE number = 2 SETTINGS mutations_sync = 2")
        found = museum.differences()
    assert any("number=2: PostgreSQL and ClickHouse: the row is missing in ClickHouse" in each for each in found)
    assert not any("number=1:" in each for each in found)


def test_a_forged_value_is_named_in_a_kept_range_and_cannot_be_told_in_a_dropped_one(museum: Capture) -> None:
    with museum.streaming():
        museum.write(*(visit(day, day) for day in DAYS))
        museum.write("DROP TABLE visits_1")
        museum.catch_up()
        in_clickhouse(museum, "ALTER TABLE {} UPDATE who = 'forged' WHERE number IN (1, 2) SETTINGS mutations_sync = 2")
        [difference] = museum.differences()
    assert "number=2: PostgreSQL and ClickHouse: who is 'anna' in PostgreSQL and 'forged' in ClickHouse" in difference


def test_beside_a_default_partition_no_range_is_dropped(museum: Capture) -> None:
    with museum.streaming():
        museum.write("CREATE TABLE visits_rest PARTITION OF visits DEFAULT")
        museum.write(visit(1, 1), "DROP TABLE visits_1")
        museum.catch_up()
        [difference] = museum.differences()
    assert "number=1: PostgreSQL and ClickHouse: ClickHouse has a row that PostgreSQL has not" in difference


IDENTITY = 'ALTER TABLE "public"."visits_8" REPLICA IDENTITY FULL'
TRIGGER = create_trigger('"public"."visits_8"')


@pytest.mark.parametrize(
    ("lacks", "named", "mending"),
    [
        ("SELECT", "without REPLICA IDENTITY FULL", [IDENTITY, TRIGGER]),
        (TRIGGER, "without REPLICA IDENTITY FULL", [IDENTITY]),
        (IDENTITY, "without the trigger that tells its TRUNCATE", [TRIGGER]),
        (f"{IDENTITY}; {TRIGGER}; ALTER TABLE visits_8 DISABLE TRIGGER ALL", "without the trigger", [TRIGGER]),
    ],
    ids=["both", "replica identity", "trigger", "trigger enabled"],
)
def test_what_a_partition_lacks_is_named_before_the_start_and_mended_by_an_upgrade(
    museum: Capture, lacks: str, named: str, mending: list[str]
) -> None:
    museum.write(new_day(8, whole=False), lacks)
    with session(museum.database.cdc_url) as connection:
        with pytest.raises(NotReadyError, match=rf"museum: public\.visits_8 {named}.*; run"):
            require_published(connection, museum.catalog)
        service, url = museum.database.service, museum.database.migrator_url
        assert capture_migration.missing(service, museum.catalog, url) == mending
        assert capture_migration.upgrade(service, museum.catalog, url) == mending
        require_published(connection, museum.catalog)


def test_a_partition_without_its_whole_old_rows_stops_the_stream_at_its_first_deletion(
    museum: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    with museum.streaming():
        museum.write(new_day(8, whole=False), visit(8, 8))
        museum.catch_up()
        assert visits(museum) == [(8, "anna")]
        museum.write("DELETE FROM visits")
        wait_until(
            lambda: "had not REPLICA IDENTITY FULL: public.visits_8" in caplog.text, "the deletion to be refused"
        )
    assert visits(museum) == [(8, "anna")]
