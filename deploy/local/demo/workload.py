"""What the demo does to the file service: everything a file can live through, by two teachers at the same time."""

import asyncio
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import httpx
from rich.progress import Progress

from deploy.local.demo.documents import Document, bad_documents
from deploy.local.demo.teacher import Teacher, UnexpectedAnswerError

_FILES_A_REQUEST = 5
_UPLOADS_AT_ONCE = 4
_VERSIONS_AT_ONCE = 8
_NOT_VALID = HTTPStatus.UNPROCESSABLE_ENTITY


@dataclass
class Outcome:
    """What happened: the file whose life is worth showing, and an instant before it went on."""

    eventful_file: str
    before_the_changes: datetime
    counts: Counter[str] = field(default_factory=Counter)
    not_taken: list[str] = field(default_factory=list)


async def drive(base_url: str, documents: list[Document], progress: Progress) -> Outcome:
    """Drive the documents through the service. UnexpectedAnswerError if it does not behave as it should."""
    async with httpx.AsyncClient(base_url=base_url) as client:
        anna, bertil = Teacher(client, "teacher-anna"), Teacher(client, "teacher-bertil")
        counts = Counter[str]()
        results = await _upload_all(anna, documents, progress)
        files = _accepted(results)
        if not files:
            raise UnexpectedAnswerError("none of the documents is valid, so there is nothing to go on with")
        counts["documents stored as valid essays"] = len(files)
        outcome = Outcome(files[0], datetime.now(UTC), counts, list(_not_taken(results)))
        await _refuse_bad_ones(bertil, counts, progress)
        good = next(document for document in documents if document.name == results[0]["filename"])
        await _race_for_versions(anna, outcome.eventful_file, good, progress, counts)
        await _delete_and_restore(anna, bertil, files, progress, counts)
        return outcome


async def _upload_all(teacher: Teacher, documents: list[Document], progress: Progress) -> list[dict[str, Any]]:
    """Upload documents a few at a time; what became of each, the valid ones first."""
    task = progress.add_task("uploading documents", total=len(documents))
    turns, batch, results = asyncio.Semaphore(_UPLOADS_AT_ONCE), str(uuid.uuid4()), list[dict[str, Any]]()

    async def upload(start: int) -> None:
        chunk = documents[start : start + _FILES_A_REQUEST]
        async with turns:
            results.extend(await teacher.upload(batch, chunk))
        progress.advance(task, len(chunk))

    await asyncio.gather(*map(upload, range(0, len(documents), _FILES_A_REQUEST)))
    return sorted(results, key=lambda result: result["status"] != HTTPStatus.CREATED)


def _not_taken(results: list[dict[str, Any]]) -> Iterator[str]:
    for result in results:
        if result["status"] == _NOT_VALID:
            yield f"{result['filename']}: stored as failed, {result['file']['validation_error_code']}"
        elif result["status"] != HTTPStatus.CREATED:
            yield f"{result['filename']}: refused, {result['error']['message']}"


def _accepted(results: list[dict[str, Any]]) -> list[str]:
    return [result["file"]["file_id"] for result in results if result["status"] == HTTPStatus.CREATED]


async def _refuse_bad_ones(teacher: Teacher, counts: Counter[str], progress: Progress) -> None:
    task = progress.add_task("uploading bad files", total=1)
    results = await teacher.upload(str(uuid.uuid4()), bad_documents())
    wrongly_taken = _accepted(results)
    if wrongly_taken:
        raise UnexpectedAnswerError(f"bad files were taken as valid essays: {', '.join(wrongly_taken)}")
    counts["bad files told apart"] += len(results)
    progress.advance(task)


async def _race_for_versions(
    teacher: Teacher, file_id: str, document: Document, progress: Progress, counts: Counter[str]
) -> None:
    task = progress.add_task("uploading new versions at once", total=_VERSIONS_AT_ONCE)

    async def one(_: int) -> None:
        await teacher.new_version(file_id, document)
        progress.advance(task)

    await asyncio.gather(*map(one, range(_VERSIONS_AT_ONCE)))
    found = await teacher.versions(file_id)
    if found != list(range(1, _VERSIONS_AT_ONCE + 2)):
        raise UnexpectedAnswerError(f"versions uploaded at once have gaps or doubles: {found}")
    counts["versions uploaded at the same time"] += _VERSIONS_AT_ONCE


async def _delete_and_restore(
    owner: Teacher, other: Teacher, files: list[str], progress: Progress, counts: Counter[str]
) -> None:
    deleted = files[:: max(1, len(files) // 5)]
    task = progress.add_task("deleting and restoring", total=len(deleted))
    for file_id in deleted:
        await other.cannot_see(file_id)
        await owner.delete(file_id)
        progress.advance(task)
    await owner.restore(files[0])
    counts["files deleted"] += len(deleted)
    counts["files restored"] += 1
