"""Things of one caller in each service, so that generated requests meet what exists and not only what doesn't."""

from collections.abc import Mapping
from uuid import uuid4

import httpx

from tests.support.platform import Platform

ESSAY = "A river is older than the town beside it, and in most yeers the more patient of the two. " * 3
TEXT = {"Content-Type": "text/plain; charset=utf-8"}


Ids = dict[str, str]


def seed_objects(platform: Platform, caller: Mapping[str, str]) -> dict[str, Ids]:
    """What was made, by service: ids by the names that paths have for them."""
    with httpx.Client(headers=dict(caller), trust_env=False, timeout=60) as client:
        content = _contents(client, platform.url("content"))
        return {
            "file": _file(client, platform.url("file")),
            "content": content,
            "spell_checker": _job(client, platform.url("spell_checker"), content["content_id"]),
            "cj_assessment": _batch(client, platform.url("cj_assessment"), content["content_id"]),
        }


def _made(answer: httpx.Response, name: str) -> str:
    assert answer.is_success, answer.text
    return str(answer.json()[name])


def _file(client: httpx.Client, url: str) -> Ids:
    batch = str(uuid4())
    answer = client.post(f"{url}/v1/batches/{batch}/files", files={"files": ("essay.txt", ESSAY.encode())})
    assert answer.status_code == 201, answer.text
    return {"batch_id": batch, "file_id": answer.json()["results"][0]["file"]["file_id"], "version": "1"}


def _contents(client: httpx.Client, url: str) -> Ids:
    path = f"{url}/v1/contents"
    first, second = (
        _made(client.post(f"{path}?content_type=original_essay", content=body.encode(), headers=TEXT), "content_id")
        for body in (f"{ESSAY}{uuid4()}", f"{ESSAY}{uuid4()}")
    )
    tag = client.post(f"{path}/{first}/tags", json={"name": f"river {first}"})
    relation = client.post(f"{path}/{first}/relations", json={"to_id": second, "kind": "derived_from"})
    return {
        "content_id": first,
        "other_content_id": second,
        "tag_id": _made(tag, "tag_id"),
        "relation_id": _made(relation, "relation_id"),
    }


def _job(client: httpx.Client, url: str, content: str) -> Ids:
    asked = {"batch_id": str(uuid4()), "essay_id": str(uuid4()), "language": "en", "original_storage_id": content}
    answer = client.post(f"{url}/v1/spellcheck/jobs", json=asked, headers={"Idempotency-Key": content})
    return {"job_id": _made(answer, "job_id")}


def _batch(client: httpx.Client, url: str, content: str) -> Ids:
    assignment = str(uuid4())
    anchor = {"assignment_id": assignment, "label": "good", "grade": "A", "grade_scale": "A-F", "storage_id": content}
    config = {"assignment_id": assignment, "instructions": "Read both.", "grades": ["F", "A"], "grade_scale": "A-F"}
    essays = [{"essay_id": str(uuid4()), "storage_id": content} for _ in range(4)]
    asked = {"batch_id": str(uuid4()), "course_code": "EN1", "language": "en", "essays": essays}
    key = {"Idempotency-Key": content}
    batch = _made(client.post(f"{url}/v1/cj/batches", json=asked, headers=key), "batch_id")
    pairs = client.post(f"{url}/v1/cj/batches/{batch}/comparisons", json={}, headers={"Idempotency-Key": batch})
    return {
        "batch_id": batch,
        "request_correlation_id": pairs.json()["comparisons"][0]["request_correlation_id"],
        "anchor_id": _made(client.post(f"{url}/v1/cj/anchor-essays", json=anchor), "anchor_id"),
        "config_id": _made(client.post(f"{url}/v1/cj/assessment-configs", json=config), "config_id"),
    }
