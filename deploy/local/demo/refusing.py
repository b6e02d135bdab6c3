"""Last scene, the gateway: what it does not let through, counted by why."""

import asyncio
import uuid
from http import HTTPStatus

from deploy.local.demo.outcome import Stage
from deploy.local.demo.person import Person, UnexpectedAnswerError

_BURST = 60
_ALLOWED = 20
_UNCOUNTED = "X-RateLimit-Status"
_LIMITED_ROUTE = "GET /v1/tags"
LIMITED_ROLE = "visitor"
_NOBODY = "00000000-0000-0000-0000-000000000000"
_BAD_REQUESTS = (
    ("POST", "/v1/contents?content_type=poem", b"words", HTTPStatus.BAD_REQUEST),
    ("POST", "/v1/contents?content_type=original_essay", b"", HTTPStatus.BAD_REQUEST),
    ("POST", "/v1/spellcheck/jobs", b"{", HTTPStatus.BAD_REQUEST),
    ("POST", "/v1/cj/judgements", b'{"winner": "me"}', HTTPStatus.BAD_REQUEST),
    ("GET", f"/v1/files/{_NOBODY}", b"", HTTPStatus.NOT_FOUND),
    ("GET", "/v1/nothing/of/the/kind", b"", HTTPStatus.NOT_FOUND),
)


async def refuse(person: Person, admin: Person, visitor: Person, stage: Stage) -> None:
    """Send what must be refused. UnexpectedAnswerError if anything of it gets through."""
    task = stage.progress.add_task("sending what must be refused", total=4)
    await _bad_tokens(person, stage)
    stage.progress.advance(task)
    await _bad_input(person, stage)
    stage.progress.advance(task)
    await _burst(admin, visitor, stage)
    stage.progress.advance(task)
    await _revoked_session(visitor, stage)
    stage.progress.advance(task)


async def _bad_tokens(person: Person, stage: Stage) -> None:
    head, payload, signature = person.token.split(".")
    forged = f"{head}.{payload}.{signature[::-1]}"
    for authorization in ("", "Bearer", "Bearer no.token.atall", "Basic YW5uYTphbm5h", f"Bearer {forged}"):
        await _expect(HTTPStatus.UNAUTHORIZED, person, "GET", "/v1/files", {"Authorization": authorization})
        stage.outcome.counts["tokens refused"] += 1


async def _bad_input(person: Person, stage: Stage) -> None:
    for method, path, body, wanted in _BAD_REQUESTS:
        kind = "application/json" if body.startswith(b"{") else "text/plain"
        headers = {"Content-Type": kind, "Idempotency-Key": str(uuid.uuid4())}
        await _expect(wanted, person, method, path, headers, body)
        stage.outcome.counts["bad requests refused"] += 1


async def _burst(admin: Person, visitor: Person, stage: Stage) -> None:
    rule = {"route": _LIMITED_ROUTE, "role": LIMITED_ROLE, "request_limit": _ALLOWED, "period_seconds": 3600}
    await admin.ask("PUT", "/v1/rate-limits", json=rule, reason="visitors may not search at will")
    answers = await asyncio.gather(*(visitor.ask_once("GET", "/v1/tags") for _ in range(_BURST)))
    # While the counters are away the gateway lets requests pass and says so: those are not held against it.
    counted = [answer for answer in answers if _UNCOUNTED not in answer.headers]
    held_back = [answer for answer in counted if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS]
    if len(counted) - len(held_back) > _ALLOWED or any("Retry-After" not in answer.headers for answer in held_back):
        raise UnexpectedAnswerError(
            f"of {len(counted)} requests {len(held_back)} were held back, though {_ALLOWED} are allowed"
        )
    stage.outcome.counts[f"requests held back in a burst of {_BURST}"] = len(held_back)


async def _revoked_session(person: Person, stage: Stage) -> None:
    session = (await person.ask("POST", "/v1/sessions")).json()["session_id"]
    await person.ask("DELETE", f"/v1/sessions/{session}", reason="signed out")
    await _expect(HTTPStatus.UNAUTHORIZED, person, "GET", "/v1/files")
    stage.outcome.counts["session revoked"] += 1


async def _expect(  # pylint: disable=too-many-arguments,too-many-positional-arguments  # a request, and its answer
    wanted: HTTPStatus,
    person: Person,
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> None:
    answer = await person.ask_once(method, path, headers, content=body)
    if answer.status_code != wanted:
        raise UnexpectedAnswerError(
            f"{method} {path} was answered {answer.status_code} and not {wanted}: {answer.text[:500]}"
        )
