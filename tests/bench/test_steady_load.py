"""A steady load keeps its rate, and says what was written."""

import time
from itertools import islice

from tests.bench.steady_load import SteadyLoad

_TICK_SECONDS = 0.05


def test_a_writer_that_was_late_is_not_late_any_more() -> None:
    load, began = SteadyLoad(_TICK_SECONDS), time.monotonic()
    ticks = load.ticks()
    next(ticks)
    time.sleep(20 * _TICK_SECONDS)
    asked = time.monotonic()
    assert list(islice(ticks, 19)) == list(range(1, 20))
    # None of these had to be waited for: they were due before they were asked for.
    assert time.monotonic() - asked < 19 * _TICK_SECONDS
    next(ticks)
    assert time.monotonic() - began >= 21 * _TICK_SECONDS


def test_what_was_written_beside_the_probes_is_told_in_rows_a_second() -> None:
    load = SteadyLoad(_TICK_SECONDS)
    load.committed(1_000_000)

    def probe() -> list[float]:
        began = time.monotonic()
        load.committed(100)
        time.sleep(0.1)
        return [time.monotonic() - began]

    found = load.measured(probe)
    # Of 100 rows, and not of those before; measured around the probe, never within it.
    assert 0 < found.rows_per_second <= 100 / found.milliseconds[0]


def test_a_load_that_ended_has_no_more_ticks() -> None:
    load = SteadyLoad(_TICK_SECONDS)
    load.stopping.set()
    assert not list(load.ticks())
