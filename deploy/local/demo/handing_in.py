"""First scene, the file service: everything a file can live through, by two teachers at the same time."""

import asyncio
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from deploy.local.demo.documents import Document, bad_documents
from deploy.local.demo.outcome import Stage
from deploy.local.demo.person import Person, UnexpectedAnswerError

# The last change of the file whose life the demo shows.
REASON_OF_RESTORATION = "deleted by mistake"
_FILES_A_REQUEST = 5
_UPLOADS_AT_ONCE = 4
_VERSIONS_AT_ONCE = 4
_NOT_VALID = HTTPStatus.UNPROCESSABLE_ENTITY


async def hand_in(owner: Person, other: Person, documents: list[Document], stage: Stage) -> None:
    """Upload the documents as one batch. UnexpectedAnswerError if the service does not behave as it should."""
    results = await _upload_all(owner, documents, stage)
    files = _accepted(results)
    if not files:
        raise UnexpectedAnswerError("none of the documents is valid, so there is nothing to go on with")
    stage.outcome.counts["documents stored as valid essays"] = len(files)
    stage.outcome.not_taken.extend(_not_taken(results))
    stage.outcome.eventful_file, stage.outcome.before_the_changes = files[0], datetime.now(UTC)
    await _refuse_bad_ones(other, stage)
    good = next(document for document in documents if document.name == results[0]["filename"])
    await _race_for_versions(owner, files[0], good, stage)
    await _delete_and_restore(owner, other, files, stage)


async def _upload(person: Person, batch: str, documents: Iterable[Document]) -> list[dict[str, Any]]:
    parts = [("files", (document.name, document.content)) for document in documents]
    answer = await person.ask("POST", f"/v1/batches/{batch}/files", files=parts, reason="hand-in")
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


async def _upload_all(person: Person, documents: list[Document], stage: Stage) -> list[dict[str, Any]]:
    """Upload documents a few at a time; what became of each, the valid ones first."""
    task = stage.progress.add_task("uploading documents", total=len(documents))
    turns, results = asyncio.Semaphore(_UPLOADS_AT_ONCE), list[dict[str, Any]]()

    async def upload(start: int) -> None:
        chunk = documents[start : start + _FILES_A_REQUEST]
        async with turns:
            results.extend(await _upload(person, stage.batch, chunk))
        stage.progress.advance(task, len(chunk))

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


async def _refuse_bad_ones(person: Person, stage: Stage) -> None:
    task = stage.progress.add_task("uploading bad files", total=1)
    results = await _upload(person, str(uuid.uuid4()), bad_documents())
    wrongly_taken = _accepted(results)
    if wrongly_taken:
        raise UnexpectedAnswerError(f"bad files were taken as valid essays: {', '.join(wrongly_taken)}")
    stage.outcome.counts["bad files told apart"] += len(results)
    stage.progress.advance(task)


async def _race_for_versions(person: Person, file_id: str, document: Document, stage: Stage) -> None:
    task = stage.progress.add_task("uploading new versions at once", total=_VERSIONS_AT_ONCE)

    async def one(_: int) -> None:
        part = [("file", (document.name, document.content))]
        await person.ask("POST", f"/v1/files/{file_id}/versions", files=part, reason="correction")
        stage.progress.advance(task)

    await asyncio.gather(*map(one, range(_VERSIONS_AT_ONCE)))
    answer = await person.ask("GET", f"/v1/files/{file_id}/versions")
    found = [entry["version"] for entry in answer.json()["versions"]]
    if found != list(range(1, _VERSIONS_AT_ONCE + 2)):
        raise UnexpectedAnswerError(f"versions uploaded at once have gaps or doubles: {found}")
    stage.outcome.counts["versions uploaded at the same time"] += _VERSIONS_AT_ONCE


async def _delete_and_restore(owner: Person, other: Person, files: list[str], stage: Stage) -> None:
    deleted = files[:: max(1, len(files) // 5)]
    task = stage.progress.add_task("deleting and restoring", total=len(deleted))
    for file_id in deleted:
        await other.ask("GET", f"/v1/files/{file_id}", wanted=HTTPStatus.NOT_FOUND)
        await owner.ask("DELETE", f"/v1/files/{file_id}", reason="handed in twice")
        stage.progress.advance(task)
    await owner.ask("POST", f"/v1/files/{files[0]}/restore", reason=REASON_OF_RESTORATION)
    stage.outcome.counts["files deleted"] += len(deleted)
    stage.outcome.counts["file restored"] += 1
