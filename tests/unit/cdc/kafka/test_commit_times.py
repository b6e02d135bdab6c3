"""The commit times of a batch, read past rows that say whatever they like, and past what is no message at all."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdc.kafka.commit_times import commit_us, oldest_and_newest_us
from cdc.kafka.lane import Taken
from tests.unit.cdc.kafka.consumed import Consumed

TOPIC = "huleedu.library.public.books"
TIMES = st.integers(1, 2**63 - 1)
TEXTS = st.text() | st.sampled_from(['"source":{"ts_us":1}', '"source":{', "\\", '\\"source\\":{', "å"])
VALUES = TEXTS | st.integers() | st.none() | st.booleans()
ROWS = st.none() | st.dictionaries(TEXTS | st.just("source"), VALUES | st.dictionaries(TEXTS, VALUES, max_size=2))


def message(us: object, before: object = None, after: object = None, database: str = "library") -> bytes:
    """A change as the connector writes it: the rows, then where it was, then what else is said of it."""
    source = {
        "connector": "postgresql",
        "db": database,
        "sequence": '["1","2"]',
        "ts_us": us,
        "table": "books",
        "lsn": 1,
    }
    said = {"before": before, "after": after, "source": source, "op": "u", "ts_ms": 1, "epoch": 1}
    return json.dumps(said, separators=(",", ":")).encode()


@given(TIMES, ROWS, ROWS, TEXTS)
def test_the_time_is_read_whatever_rows_and_names_say(us: int, before: object, after: object, database: str) -> None:
    assert commit_us(message(us, before, after, database)) == us


@given(st.binary() | st.binary().map(lambda rest: b'{"source":{' + rest))
def test_what_is_no_message_has_no_time_and_does_no_harm(value: bytes) -> None:
    found = commit_us(value)
    assert found is None or found > 0


@pytest.mark.parametrize("us", ["7", None, 7.5, -1, 0, 2**63, {}])
def test_a_time_that_is_none_is_not_taken_for_one(us: object) -> None:
    assert commit_us(message(us)) is None


def test_a_source_that_is_nested_without_end_has_no_time() -> None:
    assert commit_us(b'"source":{"a":' + b'{"a":' * 100_000) is None


@given(st.lists(st.tuples(st.integers(0, 2), TIMES), min_size=1))
def test_the_oldest_and_the_newest_of_a_batch_are_found_whatever_partitions_they_are_of(
    changes: list[tuple[int, int]],
) -> None:
    in_order = sorted(changes, key=lambda change: change[1])
    records = [Consumed(TOPIC, offset, message(us), partition) for offset, (partition, us) in enumerate(in_order)]
    records.sort(key=lambda record: record.partition)
    times = [us for _, us in changes]
    assert oldest_and_newest_us(Taken(records, 0)) == (min(times), max(times))


def test_what_comes_once_more_within_a_batch_makes_it_no_later_and_no_newer() -> None:
    records = [Consumed(TOPIC, offset, message(us)) for offset, us in enumerate([5, 6, 7, 5, 6, 7, 8])]
    assert oldest_and_newest_us(Taken(records, 0)) == (5, 8)


def test_a_batch_without_a_message_that_says_a_time_has_none() -> None:
    assert oldest_and_newest_us(Taken([Consumed(TOPIC, 0, None), Consumed(TOPIC, 0, b"{}", partition=1)], 0)) is None
