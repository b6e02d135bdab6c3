"""Rows outlive migrations, and databases that were made before them: for every service, and at every revision of it.

Most services have one revision so far: another is put after the newest, so that each has rows that an upgrade meets.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from migrations import postgres
from services.registry import SERVICES, Service
from tests.support.generated_writes import TODAY, captured_tables, insert_rows
from tests.support.made_up_revision import put_revision
from tests.support.postgres import CreateDatabase
from tests.support.service_database import ServiceDatabase
from tests.support.sql import run

ROWS = [1, 2]
NEXT, ADDED = "9999_made_up", "made_up"


@pytest.fixture(name="empty", params=SERVICES, ids=lambda service: service.name)
def _empty(
    request: pytest.FixtureRequest,
    service_database: CreateDatabase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> ServiceDatabase:
    service: Service = request.param
    put_revision(service, NEXT, _adding_columns(service), tmp_path, monkeypatch)
    return service_database(service.name, migrated=False)


def _adding_columns(service: Service) -> str:
    tables = [table.name for table in captured_tables(service)]
    column = f'sa.Column("{ADDED}", sa.Text(), server_default="new", nullable=False)'
    return f"for table in {tables}:\n    op.add_column(table, {column})"


def _tables(place: ServiceDatabase) -> list[str]:
    """The tables with rows of their own: partitions are part of theirs."""
    query = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    found = run(place.migrator_url, f"{query} AND NOT relispartition AND relname <> 'alembic_version' ORDER BY 1")
    return [str(name) for (name,) in found]


@dataclass(frozen=True)
class Stored:
    """What was in a table: its columns of then, and its rows."""

    table: str
    columns: str
    rows: list[tuple[object, ...]]

    def is_still_in(self, place: ServiceDatabase) -> bool:
        return _rows(place, self.table, self.columns) == self.rows


def _rows(place: ServiceDatabase, table: str, columns: str) -> list[tuple[object, ...]]:
    return run(place.migrator_url, f"SELECT ({columns})::text FROM {table} ORDER BY 1")


def _columns(place: ServiceDatabase, table: str) -> str:
    query = f"SELECT quote_ident(column_name) FROM information_schema.columns WHERE table_name = '{table}'"
    return ", ".join(str(name) for (name,) in run(place.migrator_url, query))


def _populate(place: ServiceDatabase) -> list[Stored]:
    """Put rows into every captured table that is there; what is in all of them."""
    tables = _tables(place)
    if "api_requests" in tables:
        run(place.migrator_url, f"SELECT create_api_request_partitions('{TODAY}', '{TODAY}')")
    insert_rows(place.service, place.migrator_url, ROWS, only=tables)
    columns = {table: _columns(place, table) for table in tables}
    stored = [Stored(table, named, _rows(place, table, named)) for table, named in columns.items()]
    assert any(len(each.rows) == len(ROWS) for each in stored)
    return stored


def _revisions(place: ServiceDatabase) -> Iterator[str]:
    """Each revision of the service, the first one first, with the empty database at it; not the one put after them."""
    for steps in count(1):
        postgres.downgrade(place.service, place.migrator_url, "base")
        postgres.upgrade(place.service, place.migrator_url, f"+{steps}")
        revision = postgres.current(place.migrator_url)
        assert revision is not None
        if revision == NEXT:
            return
        yield revision


def _assert_kept(stored: list[Stored], place: ServiceDatabase, revision: str) -> None:
    captured = {table.name for table in captured_tables(place.service)}
    for each in stored:
        assert each.is_still_in(place), f"{each.table}, of {revision}"
        assert (ADDED in _columns(place, each.table)) == (each.table in captured)


def test_rows_of_every_revision_are_kept_by_the_upgrade_to_the_newest(empty: ServiceDatabase) -> None:
    for revision in _revisions(empty):
        stored = _populate(empty)
        postgres.upgrade(empty.service, empty.migrator_url)
        _assert_kept(stored, empty, revision)


def test_a_database_made_before_these_migrations_is_stamped_at_any_revision_and_upgraded(
    empty: ServiceDatabase,
) -> None:
    for revision in _revisions(empty):
        stored = _populate(empty)
        run(empty.migrator_url, "DROP TABLE alembic_version")
        postgres.adopt(empty.service, empty.migrator_url, revision)
        postgres.upgrade(empty.service, empty.migrator_url)
        _assert_kept(stored, empty, revision)
        assert (postgres.current(empty.migrator_url),) == postgres.heads(empty.service)
        differing = postgres.differences(empty.service, empty.migrator_url)
        assert len(differing) == len(captured_tables(empty.service))
        assert all(f"'{ADDED}'" in each for each in differing), differing
