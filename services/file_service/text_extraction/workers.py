"""Documents are read in worker processes that can be killed: a bound on time and memory holds for any bytes."""

import logging
from abc import abstractmethod
from typing import Protocol

from services.file_service.text_extraction.extraction import Verdict, judge_document
from services.file_service.text_extraction.kind import UNKNOWN_MEDIA_TYPE
from services.file_service.text_extraction.rejection import Rejection, ValidationCode
from services.kit.worker_processes import WorkerGaveUpError, WorkerProcesses

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
        self._workers = WorkerProcesses(workers, seconds, memory_bytes, prepare=_quieten_pypdf)

    async def start(self) -> None:
        """Start a worker now, so that the first upload need not wait for it; WorkerGaveUpError if none can work."""
        await self._workers.run(judge_document, "", b"")

    async def judge(self, filename: str, content: bytes) -> Verdict:
        """The verdict of a worker; a document that takes more than a worker has, or ends it, is TOO_COMPLEX."""
        try:
            return await self._workers.run(judge_document, filename, content)
        except WorkerGaveUpError:
            return TOO_COMPLEX

    async def close(self) -> None:
        """Stop the workers; what they were reading is given up."""
        await self._workers.close()


def _quieten_pypdf() -> None:
    """In the worker: keep pypdf from reporting every oddity."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
