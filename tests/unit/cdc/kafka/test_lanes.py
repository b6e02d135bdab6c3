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
def test_everything_is_taken_once_in_order_while_more_is_added(chunks: list[list[int]]) -> None:
    lane, added, offsets = Lane("table", LaneLimits(rows=3, bytes=1 << 20)), list[Message](), {0: 0, 1: 0, 2: 0}
    taken = list[Record]()
    done = threading.Event()

    def take() -> None:
        while not done.is_set() or len(lane):
            taken.extend(lane.take().records)

    taker = threading.Thread(target=take)
    taker.start()
    for chunk in chunks:
        messages = []
        for partition in chunk:
            messages.append(Message("table", partition, offsets[partition]))
            offsets[partition] += 1
        lane.add(messages)
        added += messages
    done.set()
    taker.join()
    assert taken == added
    assert (len(lane), lane.size) == (0, 0)


@given(st.lists(st.binary(max_size=8), min_size=1), st.integers(1, 5), st.integers(1, 20))
@example([b"xx", b""], 2, 2)
def test_what_is_taken_at_once_is_no_more_than_a_batch_and_one_record_at_least(
    values: list[bytes], rows: int, size: int
) -> None:
    lane = lane_of("table", *values, limits=LaneLimits(rows, size))
    batches = list[list[bytes]]()
    while lane:
        taken = lane.take()
        assert taken.size == sum(map(len, taken.values))
        batches.append(taken.values)
    assert [value for batch in batches for value in batch] == values
    for batch in batches:
        assert 1 <= len(batch) <= rows
        # The last record may be too large for what is left.
        assert sum(map(len, batch)) <= size or sum(map(len, batch[:-1])) < size
    assert lane.size == 0


def test_a_lane_is_full_at_two_batches_of_rows_or_bytes_and_the_others_go_on() -> None:
    limits = LaneLimits(rows=1, bytes=5)
    lanes = [lane_of("rows", b"1", b"2"), lane_of("bytes", b"1234567890"), lane_of("room", b"1"), lane_of("empty")]
    assert full(lanes, limits) == {"rows", "bytes"}


def test_when_all_together_hold_too_much_only_empty_lanes_are_filled() -> None:
    lanes = [lane_of("a", b"123456789"), lane_of("b", b"123456789"), lane_of("c", b"123"), lane_of("empty")]
    assert full(lanes, LaneLimits(rows=100, bytes=7)) == {"a", "b", "c"}
