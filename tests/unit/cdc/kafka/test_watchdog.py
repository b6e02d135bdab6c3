"""The watchdog barks where nothing is read although there is more, and at nothing else."""

import pytest

from cdc.kafka.offsets import Partition
from cdc.kafka.watchdog import StuckError, Watchdog

ONE, TWO = Partition("table", 0), Partition("table", 1)


def test_a_partition_that_stands_still_before_its_end_is_named_after_the_patience() -> None:
    watchdog = Watchdog(30.0)
    for now in (0.0, 10.0, 29.0):
        watchdog.look(now, {ONE: 5, TWO: int(now)}, {ONE: 9, TWO: 100}, ())
    with pytest.raises(StuckError, match=r"nothing was read of table-0 for 30 s: it ends at 9, and the reader is at 5"):
        watchdog.look(30.0, {ONE: 5, TWO: 30}, {ONE: 9, TWO: 100}, ())


def test_a_partition_that_was_never_begun_is_stuck_as_well() -> None:
    watchdog = Watchdog(30.0)
    watchdog.look(0.0, {ONE: None}, {ONE: 9}, ())
    with pytest.raises(StuckError, match="at no offset"):
        watchdog.look(31.0, {ONE: None}, {ONE: 9}, ())


@pytest.mark.parametrize(
    ("ends", "paused"),
    [({ONE: 5}, ()), ({ONE: 9}, (ONE,)), ({}, ())],
    ids=["nothing more is there", "we paused it", "Kafka does not say"],
)
def test_what_has_a_reason_to_stand_still_may(ends: dict[Partition, int], paused: tuple[Partition, ...]) -> None:
    watchdog = Watchdog(30.0)
    for now in (0.0, 100.0, 200.0):
        watchdog.look(now, {ONE: 5}, ends, paused)


def test_the_time_counts_from_when_the_last_reason_ended() -> None:
    watchdog = Watchdog(30.0)
    watchdog.look(0.0, {ONE: 5}, {ONE: 9}, (ONE,))
    watchdog.look(100.0, {ONE: 5}, {ONE: 9}, (ONE,))
    watchdog.look(129.0, {ONE: 5}, {ONE: 9}, ())
    with pytest.raises(StuckError):
        watchdog.look(130.0, {ONE: 5}, {ONE: 9}, ())


def test_what_is_assigned_no_more_is_forgotten() -> None:
    watchdog = Watchdog(30.0)
    watchdog.look(0.0, {ONE: 5}, {ONE: 9}, ())
    watchdog.look(20.0, {}, {}, ())
    watchdog.look(40.0, {ONE: 5}, {ONE: 9}, ())
