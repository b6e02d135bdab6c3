"""Lanes: what was added is taken once, with its ends, and the full ones are named."""

import threading
from typing import NamedTuple

from hypothesis import example, given
from hypothesis import strategies as st

from cdc.kafka.lane import Lane, LaneLimits, Record, full
from cdc.kafka.offsets import Partition


class Message(NamedTuple):
    topic: str
    partition: int
    offset: int
    key: bytes | None = None
    value: bytes | None = b"{}"


ROOMY = LaneLimits(rows=1000, bytes=1 << 20)


def lane_of(topic: str, *values: bytes | None, limits: LaneLimits = ROOMY) -> Lane:
    lane = Lane(topic, limits)
    lane.add([Message(topic, 0, offset, value=value) for offset, value in enumerate(values)])
    return lane


def test_kafkas_tombstones_are_no_values_and_have_offsets_all_the_same() -> None:
    taken = lane_of("table", b"{1}", None).take()
    assert taken.values == [b"{1}"]
    assert taken.ends == {Partition("table", 0): 2}


@given(st.lists(st.lists(st.integers(0, 2), max_size=5), max_size=20))
def test_everything_is_taken_once_and_each_partition_in_order_while_more_is_added(chunks: list[list[int]]) -> None:
    lane, added = (
        Lane("table", LaneLimits(rows=3, bytes=1 << 20)),
        {partition: list[Message]() for partition in range(3)},
    )
    taken = {partition: list[Record]() for partition in added}
    done = threading.Event()

    def take() -> None:
        while not done.is_set() or len(lane):
            batch = lane.take()
            for record in batch.records:
                taken[record.partition].append(record)
            lane.stored(batch)

    takers = [threading.Thread(target=take) for _ in range(2)]
    for taker in takers:
        taker.start()
    for chunk in chunks:
        for partition in chunk:
            message = Message("table", partition, len(added[partition]))
            lane.add([message])
            added[partition].append(message)
    done.set()
    for taker in takers:
        taker.join()
    assert taken == added
    assert (len(lane), lane.size) == (0, 0)


def test_nothing_more_of_a_partition_is_taken_until_what_was_taken_is_stored() -> None:
    lane = lane_of("table", b"1", b"2", b"3", limits=LaneLimits(rows=2, bytes=100))
    first = lane.take()
    assert (first.values, lane.is_ready, lane.is_being_stored) == ([b"1", b"2"], False, True)
    assert lane.take().values == []
    lane.add([Message("table", 1, 0, value=b"other")])
    other = lane.take()
    assert other.values == [b"other"]
    lane.stored(other)
    assert not lane.is_ready
    lane.stored(first)
    assert lane.take().values == [b"3"]


def test_what_is_left_of_a_partition_waits_behind_the_others() -> None:
    lane = lane_of("table", b"1", b"2", b"3", b"4", limits=LaneLimits(rows=2, bytes=100))
    lane.add([Message("table", 1, 0, value=b"other")])
    lane.stored(lane.take())
    assert lane.take().values == [b"other", b"3"]


def test_half_a_batch_of_rows_or_bytes_is_worth_an_insert_unless_its_partition_is_being_stored() -> None:
    limits = LaneLimits(rows=4, bytes=10)
    assert not lane_of("table", b"1", limits=limits).is_worth_an_insert
    assert lane_of("table", b"12345", limits=limits).is_worth_an_insert
    lane = lane_of("table", *[b"1"] * 6, limits=limits)
    assert lane.is_worth_an_insert
    lane.take()
    assert not lane.is_worth_an_insert


@given(st.lists(st.binary(max_size=8), min_size=1), st.integers(1, 5), st.integers(1, 20), st.integers(1, 3))
@example([b"xx", b""], 2, 2, 1)
@example([b"x", b"x"], 2, 1, 2)
def test_what_is_taken_at_once_is_no_more_than_a_batch_and_one_record_at_least(
    values: list[bytes], rows: int, size: int, partitions: int
) -> None:
    lane = Lane("table", LaneLimits(rows, size))
    for offset, value in enumerate(values):
        lane.add([Message("table", offset % partitions, offset, value=value)])
    batches = list[list[bytes]]()
    while lane:
        taken = lane.take()
        assert taken.size == sum(map(len, taken.values))
        batches.append(taken.values)
        lane.stored(taken)
    assert sorted(value for batch in batches for value in batch) == sorted(values)
    for batch in batches:
        assert 1 <= len(batch) <= rows
        # The last record may be too large for what is left.
        assert sum(map(len, batch)) <= size or sum(map(len, batch[:-1])) < size
    assert (lane.size, lane.size_held) == (0, 0)


def test_a_lane_is_full_at_two_batches_of_rows_or_bytes_and_the_others_go_on() -> None:
    limits = LaneLimits(rows=1, bytes=5)
    lanes = [lane_of("rows", b"1", b"2"), lane_of("bytes", b"1234567890"), lane_of("room", b"1"), lane_of("empty")]
    assert full(lanes, limits) == {"rows", "bytes"}


def test_when_all_together_hold_too_much_only_empty_lanes_are_filled() -> None:
    lanes = [lane_of("a", b"123456789"), lane_of("b", b"123456789"), lane_of("c", b"123"), lane_of("empty")]
    assert full(lanes, LaneLimits(rows=100, bytes=5)) == {"a", "b", "c"}


def test_what_is_being_stored_counts_among_what_all_hold() -> None:
    stored, waits = lane_of("stored", b"123456789"), lane_of("waits", b"1")
    limits = LaneLimits(rows=100, bytes=2)
    taken = stored.take()
    assert full([stored, waits], limits) == {"waits"}
    stored.stored(taken)
    assert full([stored, waits], limits) == set()
