"""Running capture: a pipeline per service in a thread of its own, so that one's trouble leaves the others running."""

import logging
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Protocol

_log = logging.getLogger(__name__)


class Runnable(Protocol):
    """A pipeline, or whatever else goes on beside it: `run` returns once it is told to stop."""

    @property
    def run(self) -> Callable[[threading.Event], None]:
        """Go on until the event is set."""


def run_until_stopped(running: Sequence[Runnable]) -> None:
    """Run them all until SIGTERM or SIGINT; pipelines then store what was read and report it to PostgreSQL.

    An error that one of them does not know how to begin again from is a fault of the program: it stops them all and is
    raised, so that whoever started the process sees it end.
    """
    stopping = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda number, _frame: _stop(stopping, number))
    with ThreadPoolExecutor(len(running), thread_name_prefix="pipeline") as threads:
        runs = [threads.submit(each.run, stopping) for each in running]
        wait(runs, return_when=FIRST_EXCEPTION)
        stopping.set()
    for ended in runs:
        ended.result()


def _stop(stopping: threading.Event, number: int) -> None:
    _log.info("stopping on %s", signal.Signals(number).name)
    stopping.set()
