"""Keys that ClickHouse's type cannot hold, from the stream and from a copy, and letters that are given up."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from clickhouse_connect.driver import Client

from cdc.catalog.clickhouse_schema import wanted_objects
from cdc.catalog.parked_sql import LetterState
from cdc.catalog.postgres_ddl import create_publication, grants, publish, replica_identity
from cdc.copies.resnapshot import copy_anew
from cdc.dead_letters.letter_box import Chosen, pages, write
from deploy.local.clickhouse.starter import ClickHouse
from migrations.clickhouse import upgrade
from services.registry import service_named
from tests.pipeline.capture import Capture, file_ids, new_file
from tests.pipeline.conftest import empty_storage
from tests.pipeline.days import TABLES, calendar_catalog
from tests.pipeline.dead_letters import POISON, parked, redriven, refusing, without_letters
from tests.support.postgres import CreateDatabase

ONE, TWO = file_ids(2)
BC = "0044-03-15 BC"


@pytest.fixture(name="calendar")
def _calendar(service_database: CreateDatabase, clickhouse_server: ClickHouse, clickhouse: Client) -> Iterator[Capture]:
    """Two tables with keys of time, captured, and empty."""
    catalog = calendar_catalog()
    upgrade(clickhouse, wanted_objects([catalog], durable=False))
    empty_storage(clickhouse)
    capture = Capture(service_database("file", migrated=False), catalog, clickhouse_server.url, clickhouse)
    role = service_named("file").cdc_role
    granted = [statement for table in catalog.tables for statement in grants(table, role)]
    whole = [replica_identity(table.in_postgres) for table in catalog.tables]
    capture.write(*TABLES, *whole, *granted, create_publication(), publish(catalog))
    yield capture
    for name in ("calendar", "calendar_store"):
        clickhouse.command(f"DROP DATABASE {name} SYNC")


def test_a_key_that_cannot_be_carried_is_parked_with_all_that_follows_of_it(calendar: Capture) -> None:
    with calendar.streaming():
        calendar.write("INSERT INTO days VALUES ('0044-03-15 BC', 'old'), ('2026-01-01', 'new')")
        calendar.write("INSERT INTO moments VALUES ('infinity', 'never'), ('2026-11-23 12:00+00', 'now')")
        calendar.write("UPDATE days SET name = 'older' WHERE day < '0001-01-01'")
        calendar.catch_up()
        assert parked(calendar) == [
            (BC, "c", True),
            ("infinity", "c", True),
            (BC, "u", False),
        ]
        assert calendar.select("SELECT name FROM calendar.days") == [("new",)]
        assert calendar.select("SELECT name FROM calendar.moments") == [("now",)]
        differences = calendar.differences()
        assert without_letters(differences) == []
        assert any("key column calendar.days.day cannot be carried" in each for each in differences)
        # Nothing heals such a key but to leave it: the deletion that does so waits, and is given up with the rest.
        calendar.write("UPDATE days SET day = '1901-01-01' WHERE day < '0001-01-01'")
        calendar.write("DELETE FROM moments WHERE at = 'infinity'")
        calendar.catch_up()
        assert calendar.select("SELECT name FROM calendar.days ORDER BY day") == [("older",), ("new",)]
        assert redriven(calendar, "days")[0] == 0
        give_up(calendar, "days")
        give_up(calendar, "moments")
        calendar.assert_whole()
    assert len(parked(calendar, "discarded")) == 5


def test_rows_of_a_copy_are_parked_alike(calendar: Capture) -> None:
    calendar.write("INSERT INTO days VALUES ('0044-03-15 BC', E'a\\tb\\\\c\\n'), ('2026-01-01', NULL)")
    with calendar.streaming():
        assert parked(calendar) == [(BC, "r", True)]
        [letter] = [letter for page in pages(calendar.clickhouse, "calendar", "days", Chosen()) for letter in page]
        assert letter.texts == {"day": "0044-03-15 BC", "name": "a\tb\\c\n"}
        assert calendar.select("SELECT toString(day), name FROM calendar.days") == [("2026-01-01", None)]
        assert without_letters(calendar.differences()) == []
        calendar.write("DELETE FROM days WHERE day < '0001-01-01'")
        calendar.catch_up()
        give_up(calendar, "days")
        calendar.assert_whole()


def give_up(capture: Capture, table: str) -> None:
    for page in pages(capture.clickhouse, capture.catalog.service, table, Chosen()):
        write(capture.clickhouse, [replace(each, state=LetterState.DISCARDED, note="not needed") for each in page])


def test_a_copied_row_that_was_refused_is_healed_in_order(capture: Capture) -> None:
    capture.write(new_file(ONE, POISON), new_file(TWO, "fine"))
    with refusing(capture) as mend, capture.streaming():
        assert parked(capture) == [(ONE, "r", True)]
        capture.write(f"UPDATE files SET filename = 'later' WHERE file_id = '{ONE}'")
        capture.catch_up()
        assert parked(capture) == [(ONE, "r", True), (ONE, "u", False)]
        mend()
        assert redriven(capture) == (2, [])
        capture.assert_whole()
    history = capture.select(f"SELECT _op, filename FROM file.files_history WHERE file_id = '{ONE}' ORDER BY _version")
    assert history == [("r", POISON), ("u", "later")]


def test_a_copy_does_not_take_a_key_for_gone_whose_changes_are_parked(capture: Capture) -> None:
    capture.write(new_file(ONE, "first"), new_file(TWO, "fine"))
    with capture.streaming(), refusing(capture) as mend:
        capture.write(f"UPDATE files SET filename = '{POISON}' WHERE file_id = '{ONE}'")
        capture.catch_up()
        copy_anew(capture.table("files"), capture.database.cdc_url, capture.clickhouse, print)
        assert capture.select(f"SELECT filename FROM file.files WHERE file_id = '{ONE}'") == [("first",)]
        assert parked(capture) == [(ONE, "u", True), (ONE, "r", False)]
        assert without_letters(capture.differences()) == []
        mend()
        assert redriven(capture) == (2, [])
        capture.assert_whole()


def test_what_is_discarded_lets_later_changes_of_its_key_through(capture: Capture) -> None:
    with refusing(capture), capture.streaming():
        capture.write(new_file(ONE, POISON))
        capture.write(f"UPDATE files SET filename = 'later' WHERE file_id = '{ONE}'")
        capture.catch_up()
        [letters] = pages(capture.clickhouse, "file", "files", Chosen())
        write(capture.clickhouse, [replace(letters[0], state=LetterState.DISCARDED, note="never mind")])
        assert redriven(capture) == (1, [])
        assert capture.differences() == [], "the newest is there, and what is missing before it is known"
        # Capture still takes the key for one that waits, until it looks.
        capture.write(f"UPDATE files SET filename = 'latest' WHERE file_id = '{ONE}'")
        capture.catch_up()
        assert parked(capture) == []
        assert capture.select("SELECT filename FROM file.files") == [("latest",)]
        capture.assert_whole()
