"""Back-off: delays double up to a limit, vary, and begin again after a success."""

from cdc.backoff import Backoff


def test_delays_double_within_their_upper_half_up_to_the_longest() -> None:
    backoff = Backoff(first=1.0, longest=30.0)
    delays = [backoff.next_delay() for _ in range(100)]
    ceilings = [1, 2, 4, 8, 16, *[30] * 95]
    assert all(ceiling / 2 <= delay <= ceiling for delay, ceiling in zip(delays, ceilings, strict=True))
    assert len(set(delays[5:])) > 1


def test_a_success_brings_the_shortest_delay_back() -> None:
    backoff = Backoff(first=1.0, longest=30.0)
    for _ in range(10):
        backoff.next_delay()
    backoff.reset()
    assert backoff.next_delay() <= 1.0
