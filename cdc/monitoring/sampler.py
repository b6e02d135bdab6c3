"""A sampler: asks one server about one service again and again, in a thread that nobody has to wait for."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum

from aiokafka.errors import KafkaError

from cdc.connect.rest import ConnectError
from cdc.failures import OF_SERVERS
from cdc.metrics import SAMPLE_AGE_SECONDS, SAMPLES_FAILED

_log = logging.getLogger(__name__)
# What a server may take for one answer.
ANSWER_SECONDS = 5
_OF_WHO_IS_ASKED = (*OF_SERVERS, KafkaError, ConnectError)

Sample = Callable[[], None]


class Server(StrEnum):
    """Who is asked."""

    POSTGRESQL = "postgresql"
    CLICKHOUSE = "clickhouse"
    KAFKA = "kafka"
    CONNECT = "connect"


@dataclass(frozen=True)
class Question:
    """What is asked, of whom, about which service; `opened` is a connection that each sample is taken over."""

    service: str
    of: Server
    opened: Callable[[], AbstractContextManager[Sample]]


class Sampler:
    """Takes a sample every so many seconds until `stopping` is set; one that fails leaves the metrics and their age."""

    def __init__(self, question: Question, every_seconds: float, stopping: threading.Event) -> None:
        self._question, self._every_seconds, self._stopping = question, every_seconds, stopping
        self._told_at, self._failing = time.monotonic(), False
        self._labels = question.service, question.of

    def start(self) -> threading.Thread:
        """Begin, in a thread that ends with the process at the latest."""
        SAMPLE_AGE_SECONDS.labels(*self._labels).set_function(lambda: time.monotonic() - self._told_at)
        name = f"sample-{self._question.of}-{self._question.service}"
        thread = threading.Thread(target=self._run, name=name, daemon=True)
        thread.start()
        return thread

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._take_over_one_connection()
            except _OF_WHO_IS_ASKED as error:
                # A timeout may say nothing more.
                self._failed(str(error).strip() or repr(error))
            except Exception as error:  # pylint: disable=broad-exception-caught
                # A defect here is no reason to watch nothing any more.
                self._failed(repr(error))
            self._stopping.wait(self._every_seconds)

    def _take_over_one_connection(self) -> None:
        with self._question.opened() as sample:
            while not self._stopping.is_set():
                sample()
                self._told_at, self._failing = time.monotonic(), False
                self._stopping.wait(self._every_seconds)

    def _failed(self, why: str) -> None:
        SAMPLES_FAILED.labels(*self._labels).inc()
        if not self._failing:
            _log.warning("%s: %s does not tell what metrics say of it: %s", *self._labels, why)
        self._failing = True
