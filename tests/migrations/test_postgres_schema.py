"""Each service's migrations lead up, down and up again, and end at what the models say."""

import pytest

from migrations import postgres
from migrations.postgres import AdoptionError, UnversionedDatabaseError
from services.registry import SERVICES, Service
from tests.support.postgres import CreateDatabase
from tests.support.service_database import ServiceDatabase
from tests.support.sql import run

ONE_FILE = (
    "INSERT INTO files (file_id, batch_id, user_id, filename)"
    " VALUES (gen_random_uuid(), gen_random_uuid(), 'teacher-1', 'essay.txt')"
)


@pytest.fixture(name="empty", params=SERVICES, ids=lambda service: service.name)
def _empty(request: pytest.FixtureRequest, service_database: CreateDatabase) -> ServiceDatabase:
    service: Service = request.param
    return service_database(service.name, migrated=False)


@pytest.fixture(name="file")
def _file(service_database: CreateDatabase) -> ServiceDatabase:
    return service_database("file")


def _tables(place: ServiceDatabase) -> list[object]:
    query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    return [name for (name,) in run(place.migrator_url, query)]


def test_an_empty_database_ends_at_what_the_models_say(empty: ServiceDatabase) -> None:
    assert postgres.differences(empty.service, empty.migrator_url) != []
    postgres.upgrade(empty.service, empty.migrator_url)
    assert postgres.differences(empty.service, empty.migrator_url) == []
    assert (postgres.current(empty.migrator_url),) == postgres.heads(empty.service)


def test_up_down_and_up_again_leaves_nothing_behind_and_nothing_out(empty: ServiceDatabase) -> None:
    postgres.upgrade(empty.service, empty.migrator_url)
    postgres.downgrade(empty.service, empty.migrator_url, "base")
    assert _tables(empty) == []
    assert postgres.current(empty.migrator_url) is None
    postgres.upgrade(empty.service, empty.migrator_url)
    assert postgres.differences(empty.service, empty.migrator_url) == []


def test_each_step_back_can_be_taken_forward_again(empty: ServiceDatabase) -> None:
    postgres.upgrade(empty.service, empty.migrator_url)
    while postgres.current(empty.migrator_url) is not None:
        here = postgres.current(empty.migrator_url)
        postgres.downgrade(empty.service, empty.migrator_url, "-1")
        postgres.upgrade(empty.service, empty.migrator_url, "+1")
        assert postgres.current(empty.migrator_url) == here
        postgres.downgrade(empty.service, empty.migrator_url, "-1")


def test_the_app_role_writes_rows_and_changes_no_schema(file: ServiceDatabase) -> None:
    run(file.app_url, ONE_FILE)
    assert len(run(file.app_url, "DELETE FROM files RETURNING file_id")) == 1
    for forbidden in ("DROP TABLE files", "CREATE TABLE mine ()", "TRUNCATE files"):
        with pytest.raises(Exception, match=r"must be owner|permission denied"):
            run(file.app_url, forbidden)


def test_a_database_made_before_these_migrations_is_refused_with_advice(file: ServiceDatabase) -> None:
    run(file.migrator_url, "DROP TABLE alembic_version")
    with pytest.raises(UnversionedDatabaseError, match=r"files.*python -m migrations adopt file"):
        postgres.upgrade(file.service, file.migrator_url)


def test_a_database_that_differs_is_not_adopted_and_not_touched(file: ServiceDatabase) -> None:
    run(file.migrator_url, "DROP TABLE alembic_version; ALTER TABLE files DROP COLUMN assignment_id")
    with pytest.raises(AdoptionError, match="assignment_id"):
        postgres.adopt(file.service, file.migrator_url)
    assert postgres.current(file.migrator_url) is None


def test_nothing_is_adopted_twice_or_from_nothing(file: ServiceDatabase, service_database: CreateDatabase) -> None:
    empty = service_database("file", migrated=False)
    for place in (file, empty):
        with pytest.raises(AdoptionError, match="under migration already, or empty"):
            postgres.adopt(place.service, place.migrator_url)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("ALTER TABLE files ADD COLUMN colour text", "op.drop_column('files', 'colour')"),
        ("ALTER TABLE files ALTER COLUMN filename TYPE text", "'filename'"),
        ("ALTER TABLE files ALTER COLUMN current_version DROP DEFAULT", "'current_version'"),
        ("ALTER TABLE files ALTER COLUMN user_id DROP NOT NULL", "'user_id'"),
        ("DROP INDEX ix_files_deleted", "ix_files_deleted"),
        ("ALTER TABLE file_versions DROP CONSTRAINT uq_file_versions_storage_key", "uq_file_versions_storage_key"),
        ("ALTER TABLE file_versions DROP CONSTRAINT fk_file_versions_file_id_files", "fk_file_versions_file_id_files"),
        ("ALTER TABLE files DROP CONSTRAINT ck_files_status", "ck_files_status"),
        (
            "ALTER TABLE files DROP CONSTRAINT ck_files_status, ADD CONSTRAINT ck_files_status CHECK (status = 'done')",
            "check constraint ck_files_status on files is CHECK",
        ),
    ],
)
def test_every_kind_of_difference_is_told(file: ServiceDatabase, change: str, told: str) -> None:
    run(file.migrator_url, change)
    (difference,) = postgres.differences(file.service, file.migrator_url)
    assert told in difference
