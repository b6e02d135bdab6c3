"""History kept for a time only: what leaves, what stays, and that nothing else notices."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from clickhouse_connect.driver import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from cdc.catalog.clickhouse_schema import wanted_objects
from cdc.catalog.declared import service_catalog
from cdc.catalog.model import ServiceCatalog
from cdc.postgres import session
from cdc.retention import Retention, thin
from cdc.source.heartbeat import beat
from cdc.verify import proof
from deploy.local.clickhouse.starter import ClickHouse
from migrations import capture as capture_migration
from migrations.clickhouse import upgrade
from tests.pipeline.capture import Capture, file_ids, going_on, new_file, wait_until
from tests.pipeline.recorded_changes import FILE, OTHER_FILE, START, RecordedChanges, file_image
from tests.pipeline.short_memory import NO_TIME, keeping
from tests.pipeline.visits import TABLE, new_day, visit, visits_catalog
from tests.support.postgres import CreateDatabase

ONE, TWO, THREE, FOUR = file_ids(4)
FILES = "file.files"


@pytest.fixture(autouse=True)
def _settle_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "_SETTLE_SECONDS", 0.2)


@pytest.fixture(name="forgetful")
def _forgetful(capture: Capture) -> Capture:
    """The file service, captured, with history that is kept for no time."""
    return replace(capture, catalog=keeping(capture.catalog, NO_TIME))


def thin_all(capture: Capture) -> int:
    """Thin all that was written before; how many versions left."""
    with session(capture.database.cdc_url) as connection:
        beat(connection)  # what is thinned is older than the newest stored commit, so that one must be none of those
    capture.catch_up()
    return sum(done.versions for done in thin(capture.catalog, capture.database.cdc_url, capture.clickhouse))


def stored(capture: Capture, where: str, columns: str = "_op, filename") -> list[tuple[object, ...]]:
    return capture.select(f"SELECT {columns} FROM file_store.files_{where} FINAL ORDER BY _version")


def days_ago(days: float) -> float:
    """So long before now, as RecordedChanges counts: in seconds from its start."""
    return (datetime.now(UTC) - timedelta(days=days) - START).total_seconds()


@pytest.fixture(name="monthly")
def _monthly() -> ServiceCatalog:
    return keeping(service_catalog("file"), timedelta(days=30))


def thin_recorded(catalog: ServiceCatalog, capture: Capture) -> int:
    return sum(done.versions for done in thin(catalog, capture.database.cdc_url, capture.clickhouse))


def test_a_version_leaves_once_it_was_superseded_for_long_enough(monthly: ServiceCatalog, capture: Capture) -> None:
    recorded = RecordedChanges(capture.clickhouse)
    for days, name in ((90, "first"), (40, "second"), (20, "third"), (10, "fourth")):
        recorded.commit(days_ago(days), (FILES, "u", file_image(filename=name)))
    assert thin_recorded(monthly, capture) == 1
    assert stored(capture, "history") == [("u", "second"), ("u", "third"), ("u", "fourth")]
    assert thin_recorded(monthly, capture) == 0


def test_the_newest_version_of_a_living_key_stays_however_old(monthly: ServiceCatalog, capture: Capture) -> None:
    recorded = RecordedChanges(capture.clickhouse)
    recorded.commit(days_ago(900), (FILES, "c", file_image(filename="only")))
    recorded.commit(days_ago(1), (FILES, "c", file_image(OTHER_FILE, filename="new")))
    assert thin_recorded(monthly, capture) == 0
    assert stored(capture, "latest") == [("c", "only"), ("c", "new")]


def test_a_deleted_key_leaves_wholly_and_one_that_came_back_keeps_its_new_life(
    monthly: ServiceCatalog, capture: Capture
) -> None:
    recorded = RecordedChanges(capture.clickhouse)
    for file_id in (FILE, OTHER_FILE):
        recorded.commit(days_ago(50), (FILES, "c", file_image(file_id, filename="old")))
        recorded.commit(days_ago(40), (FILES, "d", file_image(file_id, filename="old")))
    recorded.commit(days_ago(5), (FILES, "c", file_image(OTHER_FILE, filename="again")))
    assert thin_recorded(monthly, capture) == 4
    assert stored(capture, "history") == stored(capture, "latest") == [("c", "again")]


def test_a_deletion_within_the_time_keeps_what_it_deleted(monthly: ServiceCatalog, capture: Capture) -> None:
    recorded = RecordedChanges(capture.clickhouse)
    recorded.commit(days_ago(50), (FILES, "c", file_image(filename="old")))
    recorded.commit(days_ago(20), (FILES, "d", file_image(filename="old")))
    assert thin_recorded(monthly, capture) == 0
    assert stored(capture, "latest") == [("d", "old")]


def test_rows_of_a_truncate_long_ago_leave(monthly: ServiceCatalog, capture: Capture) -> None:
    recorded = RecordedChanges(capture.clickhouse)
    recorded.commit(days_ago(50), (FILES, "c", file_image(filename="old")))
    recorded.commit(days_ago(40), (FILES, "c", file_image(OTHER_FILE, filename="new")), emptied=[FILES])
    recorded.commit(days_ago(1), emptied=["file.file_versions"])
    assert thin_recorded(monthly, capture) == 1
    assert stored(capture, "history") == stored(capture, "latest") == [("c", "new")]


def test_nothing_leaves_before_the_stream_has_come_so_far(monthly: ServiceCatalog, capture: Capture) -> None:
    assert thin_recorded(monthly, capture) == 0
    recorded = RecordedChanges(capture.clickhouse)
    for days in (90, 80, 70):
        recorded.commit(days_ago(days), (FILES, "u", file_image(filename=f"{days} days ago")))
    assert thin_recorded(monthly, capture) == 1
    assert stored(capture, "history") == [("u", "80 days ago"), ("u", "70 days ago")]


def test_a_table_that_keeps_everything_is_left_alone(capture: Capture) -> None:
    recorded = RecordedChanges(capture.clickhouse)
    for days in (900, 800, 1):
        recorded.commit(days_ago(days), (FILES, "u", file_image(filename=f"{days} days ago")))
    assert thin_recorded(capture.catalog, capture) == 0
    assert capture.select("SELECT count() FROM cdc.retention") == [(0,)]


def test_every_instant_within_the_time_is_answered_as_before_and_an_earlier_one_refused(
    monthly: ServiceCatalog, capture: Capture
) -> None:
    recorded = RecordedChanges(capture.clickhouse)
    recorded.commit(days_ago(90), (FILES, "c", file_image(filename="first")))
    recorded.commit(days_ago(60), (FILES, "u", file_image(filename="second")))
    recorded.commit(days_ago(50), (FILES, "c", file_image(OTHER_FILE, filename="another")))
    recorded.commit(days_ago(40), (FILES, "d", file_image(OTHER_FILE, filename="another")))
    recorded.commit(days_ago(10), (FILES, "u", file_image(filename="third")))

    def as_of(days: float) -> list[tuple[object, ...]]:
        at = f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d %H:%M:%S}"
        return capture.select(f"SELECT filename FROM file.files_as_of(at = '{at}') ORDER BY filename")

    before = [as_of(days) for days in (29, 11, 9, 0)]
    assert as_of(45) == [("another",), ("second",)]
    assert thin_recorded(monthly, capture) == 3
    assert (
        [as_of(days) for days in (29, 11, 9, 0)] == before == [[("second",)], [("second",)], [("third",)], [("third",)]]
    )
    with pytest.raises(DatabaseError, match="history of this table is not kept for so long: ask for a later instant"):
        as_of(45)


def test_verify_finds_nothing_amiss_after_thinning(forgetful: Capture) -> None:
    forgetful.write(*(new_file(key) for key in (ONE, TWO, THREE)))
    with forgetful.streaming():
        for name in ("second", "third"):
            forgetful.write(f"UPDATE files SET filename = '{name}'")
        forgetful.write(f"DELETE FROM files WHERE file_id = '{TWO}'")
        forgetful.write(f"DELETE FROM files WHERE file_id = '{THREE}'", new_file(FOUR))
        assert thin_all(forgetful) == 8 + 2
        assert stored(forgetful, "history", "filename") == [("third",), ("essay.txt",)]
        assert forgetful.differences() == []
        forgetful.write(f"UPDATE files SET filename = 'fourth' WHERE file_id = '{FOUR}'")
        forgetful.catch_up()
        assert forgetful.differences() == []


def test_what_was_cut_off_between_latest_and_history_is_no_difference_and_is_finished_later(
    forgetful: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgetful.write(new_file(ONE), new_file(TWO))
    with forgetful.streaming():
        forgetful.write(f"DELETE FROM files WHERE file_id = '{ONE}'", "UPDATE files SET filename = 'second'")
        with monkeypatch.context() as cut_off:
            cut_off.setattr("cdc.retention.leaving_history", lambda *_: ())
            assert thin_all(forgetful) == 0
        assert stored(forgetful, "latest") == [("u", "second")]
        assert len(stored(forgetful, "history")) == 4
        assert forgetful.differences() == []
        assert thin_all(forgetful) == 3
        assert forgetful.differences() == []


def test_what_is_lost_after_thinning_is_named(forgetful: Capture) -> None:
    with forgetful.streaming():
        forgetful.write(new_file(ONE), new_file(TWO))
        forgetful.write("UPDATE files SET filename = 'second'")
        thin_all(forgetful)
        forgetful.write("UPDATE files SET filename = 'third'")
        forgetful.write("UPDATE files SET filename = 'fourth'")
        forgetful.catch_up()
        lost = f"DELETE WHERE file_id = '{ONE}' AND filename = 'third' SETTINGS mutations_sync = 2"
        forgetful.clickhouse.command(f"ALTER TABLE file_store.files_history {lost}")
        [difference] = forgetful.differences()
    assert "2 rows came of it, and history holds 1" in difference


def test_a_copy_of_thinned_history_is_whole_again(forgetful: Capture) -> None:
    with forgetful.streaming():
        forgetful.write(new_file(ONE))
        forgetful.write("UPDATE files SET filename = 'second'")
        thin_all(forgetful)
    forgetful.clickhouse.command("TRUNCATE TABLE cdc.snapshots")
    with forgetful.streaming():
        assert forgetful.differences() == []
        assert thin_all(forgetful) == 1
        assert forgetful.differences() == []


def holds_only(capture: Capture, name: str) -> bool:
    return stored(capture, "history", "filename") == [(name,)]


def test_history_is_thinned_again_and_again_beside_the_stream(forgetful: Capture) -> None:
    retention = Retention(forgetful.catalog, forgetful.database.cdc_url, forgetful.clickhouse_url, every_seconds=0.05)
    with forgetful.streaming(), going_on(retention.run, "retention"):
        forgetful.write(new_file(ONE))
        for number in range(3):
            forgetful.write(f"UPDATE files SET filename = 'name {number}'")
            wait_until(partial(holds_only, forgetful, f"name {number}"), "the older version to leave")
        assert forgetful.differences() == []


def test_a_failure_to_thin_is_said_and_tried_again(
    forgetful: Capture, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def failing(catalog: ServiceCatalog, *_: object) -> None:
        tried.append(catalog.service)
        raise OSError("no route") if len(tried) == 1 else ZeroDivisionError("a defect")

    monkeypatch.setattr("cdc.retention.thin", failing)
    retention = Retention(forgetful.catalog, "", forgetful.clickhouse_url, every_seconds=0.01)
    with going_on(retention.run, "retention"):
        wait_until(lambda: len(tried) > 2, "several attempts")
    assert "file: history could not be thinned, which is tried again later: no route" in caplog.text
    assert "ZeroDivisionError: a defect" in caplog.text


@pytest.fixture(name="museum")
def _museum(service_database: CreateDatabase, clickhouse_server: ClickHouse, clickhouse: Client) -> Iterator[Capture]:
    """A table partitioned by day, captured, with history that is kept for no time."""
    database, catalog = service_database("file", migrated=False), visits_catalog(NO_TIME)
    upgrade(clickhouse, wanted_objects([catalog], durable=False))
    capture = Capture(database, catalog, clickhouse_server.url, clickhouse)
    capture.write(TABLE, new_day(0, whole=False), new_day(1, whole=False))
    capture_migration.upgrade(database.service, catalog, database.migrator_url)
    yield capture
    for name in ("museum", "museum_store"):
        clickhouse.command(f"DROP DATABASE {name} SYNC")


def test_rows_of_a_dropped_partition_leave_and_those_of_the_others_stay(museum: Capture) -> None:
    with museum.streaming():
        museum.write(visit(0, 1), visit(1, 2))
        assert thin_all(museum) == 0
        museum.write("DROP TABLE visits_0")
        assert museum.differences() == []
        assert thin_all(museum) == 1
        assert museum.differences() == []
    assert museum.select("SELECT number FROM museum.visits") == [(2,)]
    assert museum.select("SELECT number FROM museum.visits_history") == [(2,)]
