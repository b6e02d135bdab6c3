"""Documents are read in worker processes that can be killed: a bound on time and memory holds for any bytes."""

import asyncio
import logging
import multiprocessing
import resource
import signal
from abc import abstractmethod
from typing import Protocol

import structlog
from pebble import ProcessPool

from services.file_service.text_extraction.extraction import Verdict, judge_document
from services.file_service.text_extraction.kind import UNKNOWN_MEDIA_TYPE
from services.file_service.text_extraction.rejection import Rejection, ValidationCode

DOCUMENTS_PER_WORKER = 500
SECONDS_TO_STOP = 5.0

log = structlog.get_logger(__name__)


TOO_COMPLEX = Verdict(
    UNKNOWN_MEDIA_TYPE,
    Rejection(ValidationCode.TOO_COMPLEX, "reading the file took too much time or memory; simplify it and resend it"),
)


class DocumentReader(Protocol):
    """Reads documents that nobody has checked."""

    @abstractmethod
    async def judge(self, filename: str, content: bytes) -> Verdict:
        """Say whether the document's text is valid, and if not, why."""


class WorkerDocumentReader(DocumentReader):
    """Reads in `workers` processes, each document within `seconds` and `memory_bytes` of address space."""

    def __init__(self, workers: int, seconds: float, memory_bytes: int) -> None:
        self._seconds = seconds
        self._pool = ProcessPool(
            max_workers=workers,
            max_tasks=DOCUMENTS_PER_WORKER,
            initializer=_confine,
            initargs=[memory_bytes],
            context=multiprocessing.get_context("spawn"),
        )

    async def start(self) -> None:
        """Start a worker now: the first upload need not wait for it."""
        await self.judge("", b"")

    async def judge(self, filename: str, content: bytes) -> Verdict:
        """The verdict of a worker; a document that takes too long, or kills its worker, is TOO_COMPLEX."""
        task = asyncio.wrap_future(self._pool.submit(judge_document, self._seconds, filename, content))
        await asyncio.wait({task})
        error = task.exception()
        if error is None:
            return task.result()
        log.warning("document_reader_gave_up", reason=type(error).__name__)
        return TOO_COMPLEX

    async def close(self) -> None:
        """Stop the workers; what they were reading is given up."""
        await asyncio.to_thread(self._pool.stop)
        await asyncio.to_thread(self._pool.join, SECONDS_TO_STOP)


def _confine(memory_bytes: int) -> None:
    """In the worker: bound its memory, leave Ctrl-C to the service, and keep pypdf from reporting every oddity."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
