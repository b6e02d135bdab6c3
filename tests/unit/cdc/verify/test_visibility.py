"""What a PostgreSQL snapshot sees, as it is told to ClickHouse."""

from datetime import UTC, datetime

from cdc.verify.visibility import SeenBy

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_a_snapshot_is_read_with_what_was_in_progress() -> None:
    seen = SeenBy.parse(2, 0x1000, "740:745:740,743", NOON)
    assert (seen.epoch, seen.lsn, seen.next_xid, seen.in_progress) == (2, 0x1000, 745, (740, 743))


def test_a_snapshot_without_anything_in_progress_is_read() -> None:
    assert not SeenBy.parse(1, 0, "745:745:", NOON).in_progress


def test_xids_are_cut_to_the_32_bits_that_a_stream_carries() -> None:
    wrapped = 5 << 32
    seen = SeenBy.parse(1, 0, f"{wrapped - 1}:{wrapped + 3}:{wrapped - 1},{wrapped + 1}", NOON)
    assert (seen.next_xid, seen.in_progress) == (3, (2**32 - 1, 1))


def test_the_parameters_hold_the_snapshot_and_a_time_long_before_it() -> None:
    parameters = SeenBy.parse(1, 0, "740:745:740", NOON).parameters()
    assert parameters == {
        "epoch": 1,
        "next_xid": 745,
        "in_progress": [740],
        "long_ago": datetime(2026, 11, 21, 12, tzinfo=UTC),
        "settled": datetime(2026, 11, 22, 11, 59, tzinfo=UTC),
    }
