"""How long something that failed has to wait."""

from services.kit.backoff import Backoff


def test_waits_grow_with_each_failure_up_to_the_longest() -> None:
    backoff = Backoff(first=1.0, longest=8.0, stable=60.0)
    waits = [backoff.next_delay(ran_seconds=0.0) for _ in range(40)]
    for number, wait in enumerate(waits):
        ceiling = min(8.0, 2.0**number)
        assert ceiling / 2 <= wait <= ceiling


def test_those_that_failed_together_do_not_wait_alike() -> None:
    assert len({Backoff().next_delay(0.0) for _ in range(20)}) > 1


def test_a_stable_run_starts_the_waits_anew() -> None:
    backoff = Backoff(first=1.0, longest=60.0, stable=10.0)
    for _ in range(5):
        backoff.next_delay(ran_seconds=9.9)
    assert backoff.next_delay(ran_seconds=10.0) <= 1.0
    assert backoff.failures == 1
