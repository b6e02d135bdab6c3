"""All services captured at once: every table of each is written to, and ClickHouse holds what PostgreSQL holds."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from analytics.as_of import AsOf
from analytics.timeline import timeline
from services.registry import SERVICES
from tests.pipeline.capture import Capture
from tests.support.declared_tables import table_named
from tests.support.generated_writes import DAY, TODAY, identifier, insert_rows, write_and_delete
from tests.support.sql import run

# Five databases, their templates and all of ClickHouse's tables may have to be made first.
pytestmark = pytest.mark.timeout(400)
COPIED, STREAMED, DELETED = [1, 2], [3, 4, 5, 6], [5, 6]
WRITTEN = len(COPIED) + len(STREAMED) - len(DELETED)


@contextmanager
def all_streaming(captures: dict[str, Capture]) -> Iterator[None]:
    with ExitStack() as opened:
        for capture in captures.values():
            opened.enter_context(capture.running())
        for capture in captures.values():
            capture.catch_up()
        yield


def assert_all_whole(captures: dict[str, Capture]) -> None:
    for capture in captures.values():
        capture.catch_up()
        capture.assert_whole()


def test_every_captured_table_of_every_service_is_carried_whole(captures: dict[str, Capture]) -> None:
    for service in SERVICES:
        insert_rows(service, captures[service.name].database.migrator_url, COPIED)
    with all_streaming(captures):
        for service in SERVICES:
            write_and_delete(service, captures[service.name].database.migrator_url, STREAMED, DELETED)
        gateway = captures["api_gateway"]
        old = (
            f'INSERT INTO api_requests SELECT (jsonb_populate_record(r, \'{{"requested_at": "{TODAY - 3 * DAY}"}}\')).*'
        )
        gateway.write(f"{old} FROM api_requests AS r LIMIT 1")
        gateway.catch_up()
        run(gateway.database.app_url, f"SELECT drop_api_request_partitions('{TODAY - 2 * DAY}')")
        assert_all_whole(captures)
    for capture in captures.values():
        for table in capture.catalog.tables:
            [(in_postgres,)] = run(capture.database.superuser_dsn, f"SELECT count(*) FROM {table.name}")
            dropped = int(str(table) == "api_gateway.api_requests")
            assert int(str(in_postgres)) >= WRITTEN
            assert capture.select(f"SELECT count() FROM {table}") == [(int(str(in_postgres)) + dropped,)], table
            ops = {op for (op,) in capture.select(f"SELECT _op FROM {table}_history")}
            assert ops == set("rcud"), table


def test_arrays_are_told_as_postgresql_writes_them(captures: dict[str, Capture]) -> None:
    spell_checker = captures["spell_checker"]
    database, clickhouse = spell_checker.database, spell_checker.clickhouse
    words = '{plain,"with, comma","with \\"quotes\\"","{braces}","back\\\\slash","NULL",""}'
    table = table_named("spell_checker.spellcheck_corrections")
    with spell_checker.streaming():
        insert_rows(database.service, database.migrator_url, COPIED)
        spell_checker.write("UPDATE spellcheck_corrections SET suggestions = '{}'")
        spell_checker.catch_up()
        created, updated = timeline(clickhouse, table, str(identifier(1)))
    assert {each.column: each.new for each in created.columns}["suggestions"] == words
    assert [(each.column, each.old, each.new) for each in updated.columns] == [("suggestions", words, "{}")]
    then = AsOf(table, created.version.commit_time, {"suggestions": words}, 10).texts(clickhouse)
    assert len(then.rows) == len(COPIED)


def test_a_partition_that_the_gateway_made_tells_its_truncate(captures: dict[str, Capture]) -> None:
    gateway = captures["api_gateway"]
    with gateway.streaming():
        insert_rows(gateway.database.service, gateway.database.app_url, COPIED)
        gateway.catch_up()
        [(rows,)] = gateway.select("SELECT count() FROM api_gateway.api_requests")
        assert rows > 0
        run(gateway.database.migrator_url, f"TRUNCATE api_requests_{TODAY:%Y%m%d}")
        gateway.catch_up()
        gateway.assert_whole()
        assert gateway.select("SELECT count() FROM api_gateway.api_requests") == [(0,)]
