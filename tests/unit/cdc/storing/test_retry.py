"""Trying again: as long as it may go well, somebody has patience, and nobody says stop."""

import threading
from collections.abc import Callable

import pytest
from clickhouse_connect.driver.exceptions import OperationalError
from prometheus_client import REGISTRY

from cdc.clickhouse import InsertRefusedError
from cdc.storing.retry import Retry

LOST = OperationalError("connection lost")


class Store:
    """Fails with each of these errors in turn, the last one again and again if it is told so; then it goes well."""

    def __init__(self, *errors: Exception, for_ever: bool = False, then: Callable[[], None] = lambda: None) -> None:
        self.tries, self._errors, self._for_ever, self._then = 0, list(errors), for_ever, then

    def __call__(self) -> None:
        self.tries += 1
        if self._errors:
            error = self._errors[0] if self._for_ever else self._errors.pop(0)
            self._then()
            raise error


def tried_again() -> float:
    return REGISTRY.get_sample_value("huleedu_cdc_inserts_tried_again_total", {"service": "library"}) or 0.0


def test_it_tries_until_it_is_stored_and_counts_the_tries_after_the_first() -> None:
    store, before = Store(LOST, ConnectionResetError()), tried_again()
    Retry("library", threading.Event()).until_stored(store)
    assert store.tries == 3
    assert tried_again() - before == 2


def test_what_can_never_go_well_is_raised_at_once_and_after_what_may() -> None:
    for errors in ([InsertRefusedError("never")], [LOST, InsertRefusedError("never")]):
        store = Store(*errors)
        with pytest.raises(InsertRefusedError):
            Retry("library", threading.Event()).until_stored(store)
        assert store.tries == len(errors)


def test_patience_ends() -> None:
    store = Store(LOST, for_ever=True)
    with pytest.raises(OperationalError):
        Retry("library", threading.Event(), patience_seconds=0.05).until_stored(store)
    assert store.tries >= 2


def test_who_is_told_to_stop_gives_up() -> None:
    stopping = threading.Event()
    with pytest.raises(OperationalError):
        Retry("library", stopping).until_stored(Store(LOST, for_ever=True, then=stopping.set))
