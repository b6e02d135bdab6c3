"""Restarts: whatever ends one stream ends neither it for good nor the others; everything begins again after a wait."""

import logging
import threading
import time
from collections.abc import Callable

import psycopg2
from psycopg2 import errorcodes, errors

from cdc.failures import EXPECTED, reason_of
from cdc.metrics import RESTARTS
from cdc.stopped import StoppedError
from services.kit.backoff import Backoff

_log = logging.getLogger(__name__)
_FIRST_WAIT_SECONDS = 0.2
_SLOT_IS_READ = errors.lookup(errorcodes.OBJECT_IN_USE)


def run_again(
    service: str,
    stream: Callable[[threading.Event], None],
    stopping: threading.Event,
    longest_wait_seconds: float,
    expected: tuple[type[Exception], ...] = (),
) -> None:
    """Run a service's stream until `stopping` is set. A failure is said, and it begins again after a growing wait.

    expected: further failures that say by themselves what is wrong.
    """
    backoff, waiting = Backoff(_FIRST_WAIT_SECONDS, longest_wait_seconds), False
    while not stopping.is_set():
        began = time.monotonic()
        try:
            stream(stopping)
        except StoppedError as error:
            _log.info("%s", error)
        except _SLOT_IS_READ as error:
            # It may last for days, and there is nothing to mend: said once, not at each try.
            if not waiting:
                _say_waiting(error, service)
            waiting = True
            stopping.wait(backoff.next_delay(time.monotonic() - began))
        except Exception as error:  # pylint: disable=broad-exception-caught
            # A defect of ours included.
            waiting = False
            RESTARTS.labels(service, reason_of(error)).inc()
            delay = backoff.next_delay(time.monotonic() - began)
            _say(error, service, delay, (*EXPECTED, *expected))
            stopping.wait(delay)


def _say(error: Exception, service: str, delay: float, expected: tuple[type[Exception], ...]) -> None:
    sentence = "%s: stopped, starting again in %.1f s: %s"
    if isinstance(error, expected):
        _log.error(sentence, service, delay, str(error).strip() or repr(error))
    else:
        _log.exception(sentence, service, delay, error)


def _say_waiting(error: psycopg2.Error, service: str) -> None:
    _log.warning(
        "%s: another `cdc run` reads the slot, and this one waits to take over (%s);"
        " `python -m deploy.local status` shows the one of the local stack",
        service,
        str(error).strip(),
    )
