"""What capture needs of a database: every drift from it is found, mended by an upgrade, and then left alone."""

import pytest

from cdc.catalog.declared import service_catalog
from cdc.catalog.model import ServiceCatalog
from migrations import capture
from services.registry import service_named
from tests.support.postgres import CreateDatabase
from tests.support.service_database import ServiceDatabase
from tests.support.sql import run

FILE = service_named("file")
FILES, VERSIONS = '"public"."files"', '"public"."file_versions"'
KINDS = "publish = 'insert, update, delete, truncate', publish_via_partition_root = true"
SET_ALL_TABLES = f"ALTER PUBLICATION huleedu_cdc SET TABLE {FILES}, {VERSIONS}"
READABLE_COLUMNS = (
    "SELECT attname FROM pg_attribute WHERE attrelid = 'files'::regclass AND attnum > 0 AND NOT attisdropped"
    " AND has_column_privilege('file_cdc', attrelid, attnum, 'SELECT')"
)


@pytest.fixture(name="catalog", scope="module")
def _catalog() -> ServiceCatalog:
    return service_catalog("file")


@pytest.fixture(name="captured")
def _captured(service_database: CreateDatabase, catalog: ServiceCatalog) -> ServiceDatabase:
    """A database that has all that capture needs."""
    database = service_database("file")
    capture.upgrade(FILE, catalog, database.migrator_url)
    return database


def test_a_database_without_anything_gets_it_all_and_a_second_upgrade_does_nothing(
    service_database: CreateDatabase, catalog: ServiceCatalog
) -> None:
    url = service_database("file").migrator_url
    expected = capture.missing(FILE, catalog, url)
    assert f"ALTER TABLE {FILES} REPLICA IDENTITY FULL" in expected
    assert f"CREATE PUBLICATION huleedu_cdc WITH ({KINDS})" in expected
    assert capture.missing(FILE, catalog, url) == expected, "to look changed something"
    assert capture.upgrade(FILE, catalog, url) == expected
    assert not capture.missing(FILE, catalog, url)
    assert not capture.upgrade(FILE, catalog, url)


DRIFTS = {
    "grant taken back": ("REVOKE SELECT ON files FROM file_cdc", "GRANT SELECT ("),
    "grant of one column taken back": ("REVOKE SELECT (filename) ON files FROM file_cdc", "GRANT SELECT ("),
    "replica identity": ("ALTER TABLE files REPLICA IDENTITY DEFAULT", f"ALTER TABLE {FILES} REPLICA IDENTITY FULL"),
    "no replica identity": ("ALTER TABLE files REPLICA IDENTITY NOTHING", f"ALTER TABLE {FILES} REPLICA IDENTITY FULL"),
    "no publication": ("DROP PUBLICATION huleedu_cdc", f"CREATE PUBLICATION huleedu_cdc WITH ({KINDS})"),
    "unpublished table": ("ALTER PUBLICATION huleedu_cdc DROP TABLE files", "ALTER PUBLICATION huleedu_cdc SET TABLE"),
    "too much published": (
        "CREATE TABLE other (id int PRIMARY KEY); ALTER PUBLICATION huleedu_cdc ADD TABLE other",
        "ALTER PUBLICATION huleedu_cdc SET TABLE",
    ),
    "inserts only": (
        "ALTER PUBLICATION huleedu_cdc SET (publish = 'insert')",
        f"ALTER PUBLICATION huleedu_cdc SET ({KINDS})",
    ),
    "not through the root": (
        "ALTER PUBLICATION huleedu_cdc SET (publish_via_partition_root = false)",
        f"ALTER PUBLICATION huleedu_cdc SET ({KINDS})",
    ),
    "row filter": (
        f"ALTER PUBLICATION huleedu_cdc SET TABLE files WHERE (user_id = 'anna'), {VERSIONS}",
        "ALTER PUBLICATION huleedu_cdc SET TABLE",
    ),
    "column list": (
        f"ALTER PUBLICATION huleedu_cdc SET TABLE files (file_id, user_id), {VERSIONS}",
        "ALTER PUBLICATION huleedu_cdc SET TABLE",
    ),
}


@pytest.mark.parametrize(("drift", "mending"), DRIFTS.values(), ids=DRIFTS)
def test_a_drift_is_found_and_mended_by_its_statement_alone(
    captured: ServiceDatabase, catalog: ServiceCatalog, drift: str, mending: str
) -> None:
    run(captured.migrator_url, drift)
    found = capture.missing(FILE, catalog, captured.migrator_url)
    assert any(statement.startswith(mending) for statement in found)
    assert capture.upgrade(FILE, catalog, captured.migrator_url) == found
    assert not capture.missing(FILE, catalog, captured.migrator_url)
    assert not capture.upgrade(FILE, catalog, captured.migrator_url)
    assert_published_whole(captured)


def assert_published_whole(captured: ServiceDatabase) -> None:
    """Every captured table with every row and column, and no other table."""
    published = run(
        captured.superuser_dsn,
        "SELECT relname::text, prattrs IS NULL, prqual IS NULL FROM pg_publication_rel"
        " JOIN pg_class c ON c.oid = prrelid ORDER BY relname",
    )
    assert published == [("file_versions", True, True), ("files", True, True)]


OUTBOX_DRIFTS = {
    "no publication": "DROP PUBLICATION huleedu_outbox",
    "no table": "ALTER PUBLICATION huleedu_outbox DROP TABLE outbox",
    "too much": "ALTER PUBLICATION huleedu_outbox ADD TABLE processed_messages",
    "what is purged": "ALTER PUBLICATION huleedu_outbox SET (publish = 'insert, delete')",
    "no inserts": "ALTER PUBLICATION huleedu_outbox SET (publish = 'truncate')",
    "row filter": "ALTER PUBLICATION huleedu_outbox SET TABLE outbox WHERE (user_id = 'anna')",
}


@pytest.mark.parametrize("drift", OUTBOX_DRIFTS.values(), ids=OUTBOX_DRIFTS)
def test_a_drift_of_what_publishes_results_is_found_and_mended(service_database: CreateDatabase, drift: str) -> None:
    service, catalog = service_named("spell_checker"), service_catalog("spell_checker")
    database = service_database("spell_checker")
    capture.upgrade(service, catalog, database.migrator_url)
    run(database.migrator_url, drift)
    found = capture.missing(service, catalog, database.migrator_url)
    assert found
    assert all("PUBLICATION huleedu_outbox" in statement for statement in found)
    assert capture.upgrade(service, catalog, database.migrator_url) == found
    assert not capture.missing(service, catalog, database.migrator_url)
    kinds = "pubinsert, pubupdate, pubdelete, pubtruncate"
    published = run(
        database.superuser_dsn,
        f"SELECT tablename::text, {kinds} FROM pg_publication_tables t JOIN pg_publication p ON p.pubname = t.pubname"
        " WHERE t.pubname = 'huleedu_outbox' AND rowfilter IS NULL",
    )
    assert published == [("outbox", True, False, False, False)]


def test_a_column_more_than_the_catalog_has_is_taken_from_the_reader(
    captured: ServiceDatabase, catalog: ServiceCatalog
) -> None:
    run(captured.migrator_url, "ALTER TABLE files ADD COLUMN secret text; GRANT SELECT ON files TO file_cdc")
    assert ("secret",) in run(captured.superuser_dsn, READABLE_COLUMNS)
    capture.upgrade(FILE, catalog, captured.migrator_url)
    assert {name for (name,) in run(captured.superuser_dsn, READABLE_COLUMNS)} == {
        column.name for column in catalog.by_name["public", "files"].columns
    }
