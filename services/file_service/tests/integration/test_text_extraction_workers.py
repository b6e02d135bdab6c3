"""The bounds on time and memory, with real worker processes."""

import operator
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from services.file_service.tests.documents import ESSAY, docx_of, docx_of_many_elements
from services.file_service.text_extraction.rejection import ValidationCode
from services.file_service.text_extraction.workers import WorkerDocumentReader

GIBIBYTE = 1 << 30


@asynccontextmanager
async def reader(seconds: float = 30.0, memory_bytes: int = GIBIBYTE) -> AsyncIterator[WorkerDocumentReader]:
    made = WorkerDocumentReader(workers=1, seconds=seconds, memory_bytes=memory_bytes)
    try:
        yield made
    finally:
        await made.close()


async def test_a_worker_judges_like_the_function_it_runs() -> None:
    async with reader() as workers:
        assert (await workers.judge("essay.docx", docx_of(ESSAY))).rejection is None
        rejection = (await workers.judge("essay.txt", b"too short")).rejection
    assert rejection is not None
    assert rejection.code is ValidationCode.TOO_SHORT


async def test_a_document_that_takes_too_long_is_rejected_and_the_next_one_is_read() -> None:
    async with reader(seconds=0.5) as workers:
        rejection = (await workers.judge("essay.docx", docx_of_many_elements(300_000))).rejection
        assert rejection is not None
        assert rejection.code is ValidationCode.TOO_COMPLEX
        assert (await workers.judge("essay.txt", ESSAY.encode())).rejection is None


async def test_a_document_that_needs_too_much_memory_is_rejected_and_the_next_one_is_read() -> None:
    async with reader(memory_bytes=GIBIBYTE // 4) as workers:
        assert (await workers.judge("essay.docx", docx_of_many_elements(2_000_000))).rejection is not None
        assert (await workers.judge("essay.txt", ESSAY.encode())).rejection is None


async def test_a_defect_of_the_reader_is_not_the_documents_fault_and_keeps_it_from_starting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.file_service.text_extraction.workers.judge_document", operator.truediv)
    async with reader() as workers:
        with pytest.raises(TypeError, match="unsupported operand"):
            await workers.judge("essay.txt", b"")
        with pytest.raises(TypeError, match="unsupported operand"):
            await workers.start()
