"""Speeds are told from what sinks report: from when all of them had partitions until the last one was done."""

from tests.bench.sink_reports import Report, cpu_per_change, speed, stored

_FIRST = (Report(10.0, 0, 1.0), Report(10.5, 300, 1.1), Report(11.0, 200, 1.2))
_SECOND = (Report(10.2, 0, 3.0), Report(12.2, 500, 3.3))


def test_one_sink_is_measured_from_its_partitions_to_its_last_batch() -> None:
    assert stored(_FIRST) == 500
    assert speed([_FIRST]) == 500.0


def test_several_sinks_are_as_fast_as_the_last_of_them() -> None:
    assert speed([_FIRST, _SECOND]) == 500.0
    assert speed([_SECOND, _FIRST]) == 500.0


def test_what_a_sink_took_to_start_is_no_cost_of_a_change() -> None:
    assert round(cpu_per_change([_FIRST, _SECOND]) * 1000, 9) == 0.5
