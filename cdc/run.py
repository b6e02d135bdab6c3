"""Running capture: a pipeline per service in a thread of its own, so that one's trouble leaves the others running."""

import logging
import signal
import threading
from collections.abc import Sequence

from cdc.pipeline import Pipeline

_log = logging.getLogger(__name__)


def run_until_stopped(pipelines: Sequence[Pipeline]) -> None:
    """Run the pipelines until SIGTERM or SIGINT; then store what was read, report it to PostgreSQL, and return."""
    stopping = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda number, _frame: _stop(stopping, number))
    threads = [
        threading.Thread(target=pipeline.run, args=(stopping,), name=pipeline.catalog.service) for pipeline in pipelines
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _stop(stopping: threading.Event, number: int) -> None:
    _log.info("stopping on %s", signal.Signals(number).name)
    stopping.set()
