"""What failed is left alone for a while, and then tried by one before all."""

from services.api_gateway_service.circuit import Circuit

REST = 5.0


class Clock:
    """Shows what a test sets it to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_closed_circuit_lets_everybody_try() -> None:
    circuit = Circuit(REST, Clock())
    assert all(circuit.may_try() for _ in range(3))
    assert not circuit.succeeded()


def test_an_open_circuit_lets_one_try_each_time_it_has_rested() -> None:
    clock = Clock()
    circuit = Circuit(REST, clock)
    assert circuit.failed()
    tries = []
    for clock.now in (100.0, 104.9, 105.0, 105.0, 109.9, 110.0, 110.1):
        tries.append(circuit.may_try())
    assert tries == [False, False, True, False, False, True, False]


def test_only_the_first_failure_and_the_first_success_after_it_are_news() -> None:
    clock = Clock()
    circuit = Circuit(REST, clock)
    assert [circuit.failed(), circuit.failed()] == [True, False]
    assert [circuit.succeeded(), circuit.succeeded()] == [True, False]
    assert circuit.may_try()


def test_a_try_that_fails_again_starts_another_rest() -> None:
    clock = Clock()
    circuit = Circuit(REST, clock)
    circuit.failed()
    clock.now = 105.0
    assert circuit.may_try()
    clock.now = 106.0
    circuit.failed()
    clock.now = 110.9
    assert not circuit.may_try()
    clock.now = 111.0
    assert circuit.may_try()
