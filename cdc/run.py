"""Running capture: a pipeline per service in a thread of its own, so that one's trouble leaves the others running."""

import logging
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from cdc.pipeline import Pipeline

_log = logging.getLogger(__name__)


def run_until_stopped(pipelines: Sequence[Pipeline]) -> None:
    """Run the pipelines until SIGTERM or SIGINT; then store what was read, report it to PostgreSQL, and return.

    An error that a pipeline does not know how to begin again from is a fault of the program: it stops them all and is
    raised, so that whoever started the process sees it end.
    """
    stopping = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda number, _frame: _stop(stopping, number))
    with ThreadPoolExecutor(len(pipelines), thread_name_prefix="pipeline") as threads:
        running = [threads.submit(pipeline.run, stopping) for pipeline in pipelines]
        wait(running, return_when=FIRST_EXCEPTION)
        stopping.set()
    for ended in running:
        ended.result()


def _stop(stopping: threading.Event, number: int) -> None:
    _log.info("stopping on %s", signal.Signals(number).name)
    stopping.set()
