"""Offsets: what may be committed, in whatever order batches end."""

from cdc.kafka.offsets import Offsets, Partition

GOODS = Partition("goods", 0)


def test_a_batch_that_ends_late_takes_nothing_back() -> None:
    offsets = Offsets([GOODS])
    offsets.read({GOODS: 10}, {GOODS: 10})
    offsets.stored({GOODS: 10})
    offsets.stored({GOODS: 5})
    assert offsets.due() == {GOODS: 10}


def test_what_was_read_before_a_seek_backwards_still_has_to_be_stored() -> None:
    offsets = Offsets([GOODS])
    offsets.read({GOODS: 10}, {GOODS: 12})
    offsets.read({GOODS: 3}, {GOODS: 3})
    offsets.stored({GOODS: 3})
    assert offsets.due() == {GOODS: 3}


def test_what_was_committed_is_not_due_again() -> None:
    offsets = Offsets([GOODS])
    offsets.read({GOODS: 2}, {GOODS: 2})
    offsets.stored({GOODS: 2})
    offsets.committed(offsets.due())
    assert offsets.due() == {}
