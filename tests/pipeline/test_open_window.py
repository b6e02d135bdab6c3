"""The one window in the order of a key's changes: an insert that is logged before the deletion it comes after.

PostgreSQL logs a row before it asks the unique indexes, and asks these in the order in which they were made. So an
insert that waits at another one has its LSN, and its key is free to be deleted.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.pipeline.capture import Capture, file_ids, new_file, new_version, wait_until
from tests.pipeline.commands import cdc, set_addresses
from tests.pipeline.first_start import open_transaction
from tests.support.sql import run

[FILE] = file_ids(1)
TABLE = "file.file_versions"
DELETE = f"DELETE FROM file_versions WHERE file_id = '{FILE}' AND version = 1"
# An index that is made again is asked after all others.
KEY_ASKED_LAST = (
    "ALTER TABLE file_versions DROP CONSTRAINT pk_file_versions,"
    " ADD CONSTRAINT pk_file_versions PRIMARY KEY (file_id, version)"
)
WAITING = (
    "SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE datname = current_database() AND NOT granted"
    " AND locktype = 'transactionid' AND query LIKE 'INSERT INTO file_versions%'"
)


@pytest.fixture(name="versions")
def _versions(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> Capture:
    set_addresses(capture, monkeypatch)
    capture.write(KEY_ASKED_LAST, new_file(FILE), new_version(FILE, 1, "first"))
    return capture


@contextmanager
def insert_that_waits(capture: Capture, storage_key: str) -> Iterator[None]:
    """Within, the key is inserted again, and waits at the storage key, which a transaction that ends in nothing has."""
    with ThreadPoolExecutor() as threads, open_transaction(capture) as holder:
        with holder.cursor() as session:
            session.execute(new_version(FILE, 2, storage_key))
        inserted = threads.submit(capture.write, new_version(FILE, 1, storage_key))
        try:
            wait_until(lambda: bool(run(capture.database.superuser_dsn, WAITING)), "the insert to wait")
            yield
        finally:
            holder.rollback()
        inserted.result()


def changes(capture: Capture) -> list[tuple[object, ...]]:
    """What came of the key, by version, with the place of its transaction among all that committed."""
    query = (
        f"SELECT _op, storage_key, dense_rank() OVER (ORDER BY _commit_lsn) FROM {TABLE}_history"
        f" WHERE file_id = '{FILE}' AND version = 1 AND _op != 'r' ORDER BY _version"
    )
    return capture.select(query)


def test_a_row_inserted_while_its_key_was_being_deleted_is_hidden_named_by_verify_and_brought_by_resnapshot(
    versions: Capture,
) -> None:
    with versions.streaming():
        with insert_that_waits(versions, "second"):
            versions.write(DELETE)
        versions.catch_up()
        assert changes(versions) == [("c", "second", 2), ("d", "first", 1)]
        assert versions.select(f"SELECT storage_key FROM {TABLE}") == []
        verified = cdc("verify", TABLE)
        assert verified.exit_code == 1
        missing = "PostgreSQL and ClickHouse: the row is missing in ClickHouse"
        assert f"{TABLE} file_id={FILE}, version=1: {missing}" in verified.stdout
        assert cdc("resnapshot", TABLE).exit_code == 0
        assert cdc("verify", TABLE).exit_code == 0
        assert versions.select(f"SELECT storage_key FROM {TABLE}") == [("second",)]


def test_the_next_change_of_a_row_that_was_hidden_shows_it(versions: Capture) -> None:
    with versions.streaming():
        with insert_that_waits(versions, "second"):
            versions.write(DELETE)
        versions.write("UPDATE file_versions SET content_type = 'text/html'")
        versions.catch_up()
        assert versions.select(f"SELECT storage_key, content_type FROM {TABLE}") == [("second", "text/html")]
        versions.assert_whole()
