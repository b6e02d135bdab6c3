"""How `cdc lag` writes sizes and times."""

import pytest

from cdc.commands.lag import shown_bytes, shown_time


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536 * 1024, "1.5 MiB"),
        (3 << 30, "3.0 GiB"),
        (5 << 40, "5.0 TiB"),
        (5 << 50, "5120.0 TiB"),
    ],
)
def test_a_size_is_told_in_the_largest_unit_of_which_there_is_one(count: float, shown: str) -> None:
    assert shown_bytes(count) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.4, "0 s"), (59, "59 s"), (90, "1.5 min"), (7200, "2.0 h"), (36 * 3600, "1.5 d")]
)
def test_a_time_is_told_in_the_largest_unit_of_which_there_is_one(seconds: float, shown: str) -> None:
    assert shown_time(seconds) == shown
