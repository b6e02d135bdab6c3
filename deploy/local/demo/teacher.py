"""One user of the file service over HTTP, who checks that every answer is the one to expect."""

import uuid
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import httpx

from deploy.local.demo.documents import Document

# The last change of the file whose life the demo shows.
REASON_OF_RESTORATION = "deleted by mistake"
_SECONDS = 60.0


class UnexpectedAnswerError(RuntimeError):
    """The service answered otherwise than the demo counts on; the message has the request and the answer."""


class Teacher:
    """Uploads, replaces, deletes and restores files under one user id; every request has its own correlation id."""

    def __init__(self, client: httpx.AsyncClient, user_id: str) -> None:
        self.user_id, self._client = user_id, client

    async def upload(self, batch_id: str, documents: Iterable[Document]) -> list[dict[str, Any]]:
        """Upload documents in one request; what became of each."""
        parts = [("files", (document.name, document.content)) for document in documents]
        answer = await self._ask("POST", f"/v1/batches/{batch_id}/files", files=parts, reason="hand-in")
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    async def new_version(self, file_id: str, document: Document) -> int:
        """Store a file's next version; its number."""
        parts = [("file", (document.name, document.content))]
        answer = await self._ask("POST", f"/v1/files/{file_id}/versions", files=parts, reason="correction")
        return int(answer.json()["version"]["version"])

    async def delete(self, file_id: str) -> None:
        """Delete a file softly."""
        await self._ask("DELETE", f"/v1/files/{file_id}", reason="handed in twice")

    async def restore(self, file_id: str) -> None:
        """Bring a deleted file back."""
        await self._ask("POST", f"/v1/files/{file_id}/restore", reason=REASON_OF_RESTORATION)

    async def versions(self, file_id: str) -> list[int]:
        """The numbers of a file's versions."""
        answer = await self._ask("GET", f"/v1/files/{file_id}/versions")
        return [entry["version"] for entry in answer.json()["versions"]]

    async def cannot_see(self, file_id: str) -> None:
        """Check that another user's file is not there for this one."""
        await self._ask("GET", f"/v1/files/{file_id}", wanted=HTTPStatus.NOT_FOUND)

    async def _ask(
        self, method: str, path: str, *, wanted: HTTPStatus | None = None, reason: str = "", **content: Any
    ) -> httpx.Response:
        headers = {"X-User-ID": self.user_id, "X-Correlation-ID": str(uuid.uuid4())}
        if reason:
            headers["X-Change-Reason"] = reason
        answer = await self._client.request(method, path, headers=headers, timeout=_SECONDS, **content)
        if not (answer.is_success if wanted is None else answer.status_code == wanted):
            raise UnexpectedAnswerError(f"{method} {path} was answered {answer.status_code}: {answer.text[:500]}")
        return answer
