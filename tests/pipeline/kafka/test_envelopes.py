"""Messages of a topic into ClickHouse: whole where it takes them, one by one where it refuses some."""

from collections.abc import Iterator

import pytest

from cdc.dead_letters.landed import head_of
from cdc.dead_letters.letter import key_of, key_texts
from cdc.dead_letters.letter_box import Chosen, pages
from cdc.dead_letters.parking import Parking
from cdc.kafka import normalising
from cdc.kafka.envelopes import Envelopes
from cdc.kafka.lane import Record, Taken
from cdc.kafka.normalising import landed
from cdc.shapes.shapes import Shapes
from tests.pipeline.capture import Capture, file_ids
from tests.pipeline.dead_letters import POISON, parked, redriven, refusing
from tests.pipeline.kafka.messages import TOPIC, broken, change, truncate

ONE, TWO, THREE = file_ids(3)


@pytest.fixture(name="store")
def _store(capture: Capture) -> Envelopes:
    shapes = Shapes(capture.catalog, capture.database.cdc_url, capture.clickhouse, 1)
    shapes.compare_with_postgres()
    return Envelopes(capture.clickhouse, "file", shapes, Parking(capture.clickhouse, "file"))


def store_all(store: Envelopes, *messages: Record) -> None:
    store.store(TOPIC, Taken(messages, 0))


def files(capture: Capture) -> list[tuple[object, ...]]:
    return capture.select("SELECT toString(file_id), filename FROM file.files ORDER BY file_id")


def test_each_change_becomes_its_landing_row_in_order_whatever_the_size_of_a_query(
    capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(normalising, "_CHUNK_BYTES", 1500)
    changes = [change("c" if number % 2 else "d", key, number) for number, key in enumerate(file_ids(20), start=1)]
    rows = list(landed(capture.clickhouse, capture.table("files"), changes))
    assert [head_of(row.body).lsn for row in rows] == list(range(1, 21))
    assert [key_texts(row.key) for row in rows] == [(key,) for key in file_ids(20)]


def test_one_that_cannot_be_read_stands_alone_in_its_place_with_the_key_of_its_message(capture: Capture) -> None:
    changes = [change("c", ONE, 10), broken(TWO, 11), change("u", ONE, 12), change("c", THREE, 13)]
    first, unreadable, third, last = landed(capture.clickhouse, capture.table("files"), changes)
    assert [row.unreadable for row in (first, third, last)] == [None] * 3
    assert unreadable.key == key_of((TWO,))
    assert f"{TOPIC}-0 at 11 cannot be read" in (unreadable.unreadable or "")


def test_a_key_that_cannot_be_read_either_is_kept_as_it_came(capture: Capture) -> None:
    [row] = landed(capture.clickhouse, capture.table("files"), [broken(ONE, 1)._replace(key=b"\xfe")])
    assert key_texts(row.key) == ("\\xfe",)


def test_kafkas_tombstones_say_nothing(capture: Capture, store: Envelopes) -> None:
    store_all(store, change("c", ONE, 10), change("c", ONE, 10)._replace(value=None))
    assert files(capture) == [(ONE, "essay.txt")]


def test_a_truncate_among_refused_changes_is_not_lost(capture: Capture, store: Envelopes) -> None:
    with refusing(capture) as mend:
        store_all(
            store,
            change("c", ONE, 10),
            truncate(20),
            change("c", TWO, 30, filename=POISON),
            change("c", THREE, 40, user_id='"op":"t"'),
        )
        assert files(capture) == [(THREE, "essay.txt")]
        assert parked(capture) == [(TWO, "c", True)]
        mend()
        assert redriven(capture) == (1, [])
    assert files(capture) == [(TWO, POISON), (THREE, "essay.txt")]


def test_a_change_that_cannot_be_read_keeps_later_ones_of_its_key_behind_it(capture: Capture, store: Envelopes) -> None:
    store_all(store, change("c", ONE, 10), broken(ONE, 11), change("c", TWO, 12))
    store_all(store, change("u", ONE, 13, filename="behind"), change("u", TWO, 14, filename="flows on"))
    assert files(capture) == [(ONE, "essay.txt"), (TWO, "flows on")]
    [[unreadable, _]] = pages(capture.clickhouse, "file", "files", Chosen())
    assert unreadable.envelope == broken(ONE, 11).value
    assert "_envelope" in unreadable.texts


def test_what_is_stored_again_parks_nothing_twice(capture: Capture, store: Envelopes) -> None:
    for _ in range(3):
        store_all(store, broken(ONE, 11), change("u", ONE, 12), change("c", TWO, 13))
    assert parked(capture) == [(ONE, "?", True), (ONE, "u", False)]
    assert files(capture) == [(TWO, "essay.txt")]


@pytest.fixture(name="made_anew_for_others")
def _made_anew_for_others(capture: Capture) -> Iterator[None]:
    """The tables of the file service are as the models want them for the tests that come after."""
    yield
    for database in ("file", "file_store"):
        capture.clickhouse.command(f"DROP DATABASE {database} SYNC")


@pytest.mark.usefixtures("made_anew_for_others")
def test_a_field_that_no_column_is_for_is_kept_and_nothing_is_parked(capture: Capture, store: Envelopes) -> None:
    """PostgreSQL has no such column any more: it came and went before anybody looked."""
    store_all(store, change("c", ONE, 10, colour="red"), change("c", TWO, 11))
    found = capture.select("SELECT toString(file_id), colour FROM file.files_history ORDER BY file_id")
    assert found == [(ONE, "red"), (TWO, None)]
    assert parked(capture) == []
