"""Second scene, content service and spell checker: texts are stored, checked, and found again by how they relate."""

import asyncio
import uuid
from dataclasses import dataclass
from typing import Any

from deploy.local.demo.documents import Document
from deploy.local.demo.outcome import Stage
from deploy.local.demo.person import Person, UnexpectedAnswerError

_CHECKS_AT_ONCE = 4
_TEXT = {"Content-Type": "text/plain; charset=utf-8"}


@dataclass(frozen=True)
class CheckedEssay:
    """An essay whose text is stored and checked. corrections: how many words were wrong."""

    essay_id: str
    name: str
    language: str
    storage_id: str
    words: int
    corrections: int


async def check_spelling(person: Person, documents: list[Document], stage: Stage) -> list[CheckedEssay]:
    """Check the documents that are plain text. UnexpectedAnswerError if a service does not behave as it should."""
    texts = [document for document in documents if document.text is not None]
    task = stage.progress.add_task("checking spelling", total=len(texts))
    turns = asyncio.Semaphore(_CHECKS_AT_ONCE)

    async def check(document: Document) -> CheckedEssay:
        async with turns:
            essay = await _check(person, stage.batch, document)
        stage.progress.advance(task)
        return essay

    essays = list(await asyncio.gather(*map(check, texts)))
    stage.outcome.counts["essays checked for spelling"] = len(essays)
    stage.outcome.counts["words corrected"] = sum(essay.corrections for essay in essays)
    return essays


async def _check(person: Person, batch: str, document: Document) -> CheckedEssay:
    storage_id = await _store(person, document)
    essay_id = str(uuid.uuid4())
    asked = {
        "batch_id": batch,
        "essay_id": essay_id,
        "language": document.language,
        "original_storage_id": storage_id,
    }
    # Asked twice at once under one key, as an impatient client does: the work is done once.
    key = str(uuid.uuid4())
    first, second = await asyncio.gather(*(_ask_for_check(person, asked, key) for _ in range(2)))
    if first != second:
        raise UnexpectedAnswerError(f"a spell check asked for twice was answered differently: {first}, {second}")
    await _find_original(person, first["corrected_storage_id"], storage_id)
    return CheckedEssay(
        essay_id, document.name, document.language, storage_id, first["total_words"], first["total_corrections"]
    )


async def _ask_for_check(person: Person, asked: dict[str, str], key: str) -> dict[str, Any]:
    answer = await person.ask("POST", "/v1/spellcheck/jobs", json=asked, key=key, reason="hand-in")
    job: dict[str, Any] = answer.json()
    return job


async def _store(person: Person, document: Document) -> str:
    path = "/v1/contents?content_type=original_essay"
    stored = (await person.ask("POST", path, content=document.content, headers=_TEXT, reason="hand-in")).json()
    content_id: str = stored["content_id"]
    await person.ask("POST", f"/v1/contents/{content_id}/tags", json={"name": f"language {document.language}"})
    read = await person.ask("GET", f"/v1/contents/{content_id}/bytes")
    if read.content != document.content:
        raise UnexpectedAnswerError(f"{document.name} is not read as it was stored")
    return content_id


async def _find_original(person: Person, corrected: str, original: str) -> None:
    """What was corrected leads back to what was handed in; where nothing was wrong they are the same text."""
    if corrected == original:
        return
    answer = await person.ask("GET", f"/v1/contents/{corrected}/ancestors?kind=corrects")
    found = {content["content_id"] for content in answer.json()["contents"]}
    if original not in found:
        raise UnexpectedAnswerError(f"content {corrected} does not lead back to {original}, only to {found}")
