"""Things of one caller in each service, so that generated requests meet what exists and not only what doesn't."""

from collections.abc import Mapping
from uuid import uuid4

import httpx

from tests.support.platform import Platform

ESSAY = "A river is older than the town beside it, and in most yeers the more patient of the two. " * 3
TEXT = {"Content-Type": "text/plain; charset=utf-8"}


def seed_objects(platform: Platform, caller: Mapping[str, str]) -> dict[str, list[str]]:
    """The ids of what was made, by service."""
    with httpx.Client(headers=dict(caller), trust_env=False, timeout=60) as client:
        contents = [_content(client, platform.url("content"), number) for number in range(4)]
        return {
            "file": _files(client, platform.url("file")),
            "content": contents + _relations(client, platform.url("content"), contents),
            "spell_checker": [_job(client, platform.url("spell_checker"), content) for content in contents],
            "cj_assessment": _batch(client, platform.url("cj_assessment"), contents),
            "api_gateway": [str(uuid4())],
        }


def _made(answer: httpx.Response, name: str) -> str:
    assert answer.is_success, answer.text
    return str(answer.json()[name])


def _files(client: httpx.Client, url: str) -> list[str]:
    parts = [("files", (f"essay-{number}.txt", ESSAY.encode())) for number in range(4)]
    batch = str(uuid4())
    answer = client.post(f"{url}/v1/batches/{batch}/files", files=parts)
    assert answer.status_code == 201, answer.text
    return [batch, *(result["file"]["file_id"] for result in answer.json()["results"])]


def _content(client: httpx.Client, url: str, number: int) -> str:
    body = f"{ESSAY} {number}".encode()
    answer = client.post(f"{url}/v1/contents?content_type=original_essay", content=body, headers=TEXT)
    return _made(answer, "content_id")


def _relations(client: httpx.Client, url: str, contents: list[str]) -> list[str]:
    first, *others = contents
    tag = client.post(f"{url}/v1/contents/{first}/tags", json={"name": "river"})
    relations = [
        client.post(f"{url}/v1/contents/{other}/relations", json={"to_id": first, "kind": "derived_from"})
        for other in others
    ]
    return [_made(tag, "tag_id"), *(_made(relation, "relation_id") for relation in relations)]


def _job(client: httpx.Client, url: str, content: str) -> str:
    asked = {"batch_id": str(uuid4()), "essay_id": str(uuid4()), "language": "en", "original_storage_id": content}
    answer = client.post(f"{url}/v1/spellcheck/jobs", json=asked, headers={"Idempotency-Key": content})
    return _made(answer, "job_id")


def _batch(client: httpx.Client, url: str, contents: list[str]) -> list[str]:
    essays = [{"essay_id": str(uuid4()), "storage_id": content} for content in contents]
    asked = {"batch_id": str(uuid4()), "course_code": "EN1", "language": "en", "essays": essays}
    batch = _made(client.post(f"{url}/v1/cj/batches", json=asked, headers={"Idempotency-Key": "batch"}), "batch_id")
    path = f"{url}/v1/cj/batches/{batch}/comparisons"
    pairs = client.post(path, json={}, headers={"Idempotency-Key": "pairs"})
    asked_for = [pair["request_correlation_id"] for pair in pairs.json()["comparisons"]]
    return [batch, *asked_for, *(essay["essay_id"] for essay in essays)]
