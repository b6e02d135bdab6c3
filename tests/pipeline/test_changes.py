"""Every kind of change, from the service's tables to what people read in ClickHouse."""

import pytest

from deploy.local.clickhouse.starter import ClickHouse
from deploy.local.postgres import Postgres
from tests.pipeline.amounts import FIRST, OPERATIONS, RESPELLED, SHOWN, amounts_shown, captured_amounts, operations
from tests.pipeline.capture import SOON, Capture, file_ids, new_file, new_version, wait_until
from tests.support.service_database import ServiceTemplates

ONE, TWO, THREE = file_ids(3)
ACTOR = (
    "SELECT pg_logical_emit_message(true, 'huleedu.actor',"
    """ '{"correlation_id":"c-1","reason":"wrong name","route":"PUT /files","user_id":"berta"}')"""
)


def names(capture: Capture) -> dict[str, str]:
    return {str(key): name for key, name in capture.select("SELECT file_id, filename FROM file.files")}


def history(capture: Capture, key: str, columns: str = "_op, filename") -> list[tuple[object, ...]]:
    return capture.select(f"SELECT {columns} FROM file.files_history WHERE file_id = '{key}' ORDER BY _version")


def test_rows_from_before_and_changes_from_after_the_start_are_there(capture: Capture) -> None:
    capture.write(new_file(ONE, "before"), new_file(TWO, "old"))
    with capture.streaming():
        capture.write(new_file(THREE, "after"))
        capture.write(f"UPDATE files SET filename = 'new' WHERE file_id = '{TWO}'")
        capture.catch_up()
        capture.assert_whole()
    assert names(capture) == {ONE: "before", TWO: "new", THREE: "after"}
    assert history(capture, TWO) == [("r", "old"), ("u", "new")]
    assert history(capture, THREE) == [("c", "after")]


def test_a_deleted_row_is_gone_and_its_history_ends_with_its_last_image(capture: Capture) -> None:
    with capture.streaming():
        capture.write(new_file(ONE, "essay"))
        capture.write(f"DELETE FROM files WHERE file_id = '{ONE}'")
        capture.catch_up()
        capture.assert_whole()
    assert names(capture) == {}
    assert history(capture, ONE)[-2:] == [("c", "essay"), ("d", "essay")]


def test_a_row_written_again_after_its_deletion_is_back(capture: Capture) -> None:
    with capture.streaming():
        for statement in (
            new_file(ONE, "first"),
            f"DELETE FROM files WHERE file_id = '{ONE}'",
            new_file(ONE, "second"),
        ):
            capture.write(statement)
        capture.catch_up()
        capture.assert_whole()
    assert history(capture, ONE) == [("c", "first"), ("d", "first"), ("c", "second")]


def test_what_was_rolled_back_was_never_there(capture: Capture) -> None:
    with capture.streaming():
        capture.write(new_file(ONE), commit=False)
        capture.write(
            new_file(TWO, "kept"),
            "SAVEPOINT here",
            new_file(THREE),
            f"UPDATE files SET filename = 'undone' WHERE file_id = '{TWO}'",
            "ROLLBACK TO SAVEPOINT here",
            "SAVEPOINT there",
            f"UPDATE files SET user_id = 'berta' WHERE file_id = '{TWO}'",
            "RELEASE SAVEPOINT there",
        )
        capture.catch_up()
        capture.assert_whole()
    assert names(capture) == {TWO: "kept"}
    assert history(capture, TWO, "_op, filename, user_id, _transaction_changes") == [
        ("c", "kept", "anna", 2),
        ("u", "kept", "berta", 2),
    ]


def test_a_key_change_ends_one_life_and_begins_another_in_one_transaction(capture: Capture) -> None:
    capture.write(new_file(ONE, "essay"))
    with capture.streaming():
        capture.write(f"UPDATE files SET file_id = '{TWO}' WHERE file_id = '{ONE}'")
        capture.catch_up()
        capture.assert_whole()
    assert names(capture) == {TWO: "essay"}
    [(deleted, gone)] = history(capture, ONE, "_op, _lsn")[1:]
    [(created, came, changes)] = history(capture, TWO, "_op, _lsn, _transaction_changes")
    assert (deleted, created, changes) == ("d", "c", 2)
    assert gone == came


def test_a_key_that_is_only_spelled_anew_ends_one_life_and_begins_another(
    postgres_server: Postgres, service_templates: ServiceTemplates, clickhouse_server: ClickHouse
) -> None:
    with captured_amounts(postgres_server, service_templates, clickhouse_server.url) as amounts:
        with amounts.streaming():
            amounts.write(FIRST)
            amounts.write(RESPELLED)
            amounts.catch_up()
            amounts.assert_whole()
        assert operations(amounts) == OPERATIONS
        assert amounts_shown(amounts) == SHOWN


def test_truncate_hides_all_rows_from_before_and_none_from_after(capture: Capture) -> None:
    with capture.streaming():
        capture.write(new_file(ONE, "gone"))
        capture.write("TRUNCATE files CASCADE", new_file(TWO, "after, in the same transaction"))
        capture.write(new_file(THREE, "later"))
        capture.catch_up()
        capture.assert_whole()
    assert set(names(capture)) == {TWO, THREE}
    assert history(capture, ONE)[-1] == ("c", "gone")


def test_a_large_value_is_whole_and_an_update_beside_it_keeps_it(capture: Capture) -> None:
    message = "".join(chr(0x4E00 + number % 5000) for number in range(300_000))
    with capture.streaming():
        capture.write(new_file(ONE), f"UPDATE files SET validation_error_message = '{message}'")
        capture.write("ALTER TABLE files ALTER validation_error_message SET STORAGE EXTERNAL")
        capture.write("UPDATE files SET row_version = row_version + 1")
        capture.catch_up()
        capture.assert_whole()
    assert capture.select("SELECT validation_error_message, row_version FROM file.files") == [(message, 2)]


def test_an_actor_stands_beside_the_changes_of_its_transaction_and_no_others(capture: Capture) -> None:
    with capture.streaming():
        capture.write(new_file(ONE))
        capture.write(ACTOR, f"UPDATE files SET filename = 'renamed' WHERE file_id = '{ONE}'", new_version(ONE, 1))
        capture.catch_up()
    actor = "_user_id, _correlation_id, _route, _reason"
    assert history(capture, ONE, f"_op, {actor}") == [
        ("c", "", "", "", ""),
        ("u", "berta", "c-1", "PUT /files", "wrong name"),
    ]
    assert capture.select(f"SELECT {actor} FROM file.file_versions_history") == [
        ("berta", "c-1", "PUT /files", "wrong name")
    ]


def test_two_tables_of_one_transaction_share_its_name_and_count(capture: Capture) -> None:
    with capture.streaming():
        capture.write(new_file(ONE), new_version(ONE, 1), new_version(ONE, 2))
        capture.catch_up()
        capture.assert_whole()
    transaction = "_epoch, _xid, _commit_time, _commit_lsn, _transaction_changes"
    [of_file] = history(capture, ONE, transaction)
    assert set(capture.select(f"SELECT {transaction} FROM file.file_versions_history")) == {of_file}
    assert of_file[-1] == 3


def test_a_table_as_of_an_earlier_instant_is_what_it_was_then(capture: Capture) -> None:
    with capture.streaming():
        for statement in (
            new_file(ONE, "first"),
            f"UPDATE files SET filename = 'second' WHERE file_id = '{ONE}'",
            f"DELETE FROM files WHERE file_id = '{ONE}'",
            new_file(TWO, "other"),
            "TRUNCATE files CASCADE",
        ):
            capture.write(statement)
        capture.catch_up()
    # Transactions are named by whole milliseconds.
    end = "toString(commit_time + INTERVAL 999 MICROSECOND)"
    times = [time for (time,) in capture.select(f"SELECT {end} FROM cdc.transactions ORDER BY commit_lsn")]
    as_of = "SELECT filename FROM file.files_as_of(at = '{}')"
    shown = [[name for (name,) in capture.select(as_of.format(time))] for time in times[-5:]]
    assert shown == [["first"], ["second"], [], ["other"], []]


@pytest.mark.parametrize("rows", [20_000])
def test_a_transaction_of_many_rows_is_whole_and_counted(capture: Capture, rows: int) -> None:
    with capture.streaming():
        capture.write(
            "INSERT INTO files (file_id, batch_id, user_id, filename)"
            f" SELECT gen_random_uuid(), gen_random_uuid(), 'u' || n, 'f' || n FROM generate_series(1, {rows}) n"
        )
        capture.catch_up()
        capture.assert_whole()
    assert capture.select("SELECT count() FROM file.files") == [(rows,)]
    assert capture.select("SELECT max(changes) FROM cdc.transactions") == [(rows,)]


def test_an_idle_database_moves_its_slot(capture: Capture) -> None:
    with capture.streaming():
        before = capture.confirmed_position()
        wait_until(lambda: capture.confirmed_position() > before, "the slot to move", SOON)
