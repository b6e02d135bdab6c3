"""Two replicas of every service on its one database: nothing that matters is done twice, nothing is left undone."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.registry import SERVICES
from tests.support.callers import ANNA
from tests.support.platform import Platform, issued_token
from tests.support.sql import run
from tests.support.waiting import eventually

# Ten processes may have to start first.
pytestmark = pytest.mark.timeout(400)
ESSAY = "A river is older than the town beside it, and in most yeers the more patient of the two. " * 3
TEXT = {"Content-Type": "text/plain; charset=utf-8"}
REPLICAS = 2


@pytest.fixture(name="client")
async def _client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(headers=dict(ANNA), trust_env=False, timeout=60) as client:
        yield client


async def _at_both(
    client: httpx.AsyncClient, platform: Platform, service: str, method: str, path: str, **content: Any
) -> list[httpx.Response]:
    """The answers of both replicas to the same request at the same time."""
    urls = (platform.url(service, replica) for replica in range(REPLICAS))
    return list(await asyncio.gather(*(client.request(method, f"{url}{path}", **content) for url in urls)))


async def _stored_text(client: httpx.AsyncClient, platform: Platform) -> str:
    path = f"{platform.url('content')}/v1/contents?content_type=original_essay"
    answer = await client.post(path, content=f"{ESSAY}{uuid4()}".encode(), headers=TEXT)
    return str(answer.json()["content_id"])


async def test_versions_sent_to_both_count_without_a_gap(platform: Platform, client: httpx.AsyncClient) -> None:
    part = {"files": ("essay.txt", ESSAY.encode())}
    created = await client.post(f"{platform.url('file')}/v1/batches/{uuid4()}/files", files=part)
    path = f"/v1/files/{created.json()['results'][0]['file']['file_id']}/versions"
    part = {"file": ("essay.txt", ESSAY.encode())}
    for answer in await asyncio.gather(
        *(client.post(f"{platform.url('file', number % REPLICAS)}{path}", files=part) for number in range(8))
    ):
        assert answer.status_code == 201, answer.text
    listed = [answer.json() for answer in await _at_both(client, platform, "file", "GET", path)]
    assert [version["version"] for version in listed[0]["versions"]] == list(range(1, 10))
    assert listed[0] == listed[1]


async def test_the_same_bytes_sent_to_both_are_one_content(platform: Platform, client: httpx.AsyncClient) -> None:
    path = "/v1/contents?content_type=original_essay"
    body = f"{ESSAY}{uuid4()}".encode()
    answers = await _at_both(client, platform, "content", "POST", path, content=body, headers=TEXT)
    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert len({answer.json()["content_id"] for answer in answers}) == 1


async def test_a_spell_check_asked_of_both_is_done_once(platform: Platform, client: httpx.AsyncClient) -> None:
    content, essay = await _stored_text(client, platform), str(uuid4())
    asked = {"batch_id": str(uuid4()), "essay_id": essay, "language": "en", "original_storage_id": content}
    first, second = await _at_both(
        client, platform, "spell_checker", "POST", "/v1/spellcheck/jobs", json=asked, headers={"Idempotency-Key": essay}
    )
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    database = platform.databases["spell_checker"]
    jobs = run(database.superuser_dsn, f"SELECT count(*) FROM spellcheck_jobs WHERE essay_id = '{essay}'")
    assert jobs == [(1,)]


async def test_a_judges_answer_sent_to_both_is_counted_once(platform: Platform, client: httpx.AsyncClient) -> None:
    content = await _stored_text(client, platform)
    essays = [{"essay_id": str(uuid4()), "storage_id": content} for _ in range(4)]
    asked = {"batch_id": str(uuid4()), "course_code": "EN1", "language": "en", "essays": essays}
    first, second = ({"Idempotency-Key": str(uuid4())} for _ in range(2))
    made = await _at_both(client, platform, "cj_assessment", "POST", "/v1/cj/batches", json=asked, headers=first)
    assert sorted(answer.status_code for answer in made) == [200, 201]
    path = f"/v1/cj/batches/{asked['batch_id']}"
    pairs = await _at_both(client, platform, "cj_assessment", "POST", f"{path}/comparisons", json={}, headers=second)
    assert pairs[0].json() == pairs[1].json()
    comparisons = pairs[0].json()["comparisons"]
    for pair in comparisons:
        answer = {"request_correlation_id": pair["request_correlation_id"], "winner": "essay_a"}
        decided = await _at_both(client, platform, "cj_assessment", "POST", "/v1/cj/judgements", json=answer)
        assert sorted(each.json()["repeated"] for each in decided) == [False, True]
    batch = (await client.get(f"{platform.url('cj_assessment', 1)}{path}")).json()
    assert batch["comparisons_completed"] == len(comparisons)


async def test_a_session_revoked_at_one_gateway_is_refused_at_the_other(
    platform: Platform, client: httpx.AsyncClient
) -> None:
    bearer = {"Authorization": f"Bearer {issued_token(platform, 'revoked-anna', 'teacher')}"}
    opened = await _at_both(client, platform, "api_gateway", "POST", "/v1/sessions", headers=bearer)
    assert len({answer.json()["session_id"] for answer in opened}) == 1
    session = opened[0].json()["session_id"]
    revoked = await client.delete(f"{platform.url('api_gateway')}/v1/sessions/{session}", headers=bearer)
    assert revoked.status_code == 200
    refused = await client.get(f"{platform.url('api_gateway', 1)}/v1/files", headers=bearer)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "token_revoked")


async def test_a_burst_at_both_gateways_passes_as_often_as_allowed(
    platform: Platform, client: httpx.AsyncClient
) -> None:
    gateway, role = platform.url("api_gateway"), f"role-{uuid4().hex[:8]}"
    rule = {"route": "GET /v1/tags", "role": role, "request_limit": 5, "period_seconds": 3600}
    admin = {"Authorization": f"Bearer {issued_token(platform, 'head', 'admin')}"}
    assert (await client.put(f"{gateway}/v1/rate-limits", json=rule, headers=admin)).status_code == 200
    probe, user = (
        {"Authorization": f"Bearer {issued_token(platform, f'{name}-{role}', role)}"} for name in ("probe", "user")
    )

    async def other_knows() -> bool:
        """The other replica follows within seconds: another user of that role meets the rule there."""
        return (await client.get(f"{platform.url('api_gateway', 1)}/v1/tags", headers=probe)).status_code == 429

    await eventually(other_knows)
    urls = (platform.url("api_gateway", number % REPLICAS) for number in range(30))
    answers = await asyncio.gather(*(client.get(f"{url}/v1/tags", headers=user) for url in urls))
    assert Counter(answer.status_code for answer in answers) == {200: 5, 429: 25}


async def test_each_request_at_both_gateways_is_logged_once(platform: Platform, client: httpx.AsyncClient) -> None:
    user = f"logged-{uuid4().hex[:8]}"
    bearer = {"Authorization": f"Bearer {issued_token(platform, user, 'teacher')}"}
    urls = (platform.url("api_gateway", number % REPLICAS) for number in range(20))
    await asyncio.gather(*(client.get(f"{url}/v1/tags", headers=bearer) for url in urls))
    database = platform.databases["api_gateway"]
    count = f"SELECT count(*), count(DISTINCT request_id) FROM api_requests WHERE user_id = '{user}'"

    async def logged() -> bool:
        return run(database.superuser_dsn, count) == [(20, 20)]

    await eventually(logged)


def test_all_services_run_in_two_replicas(platform: Platform) -> None:
    assert {name: len(running) for name, running in platform.processes.items()} == {
        service.name: REPLICAS for service in SERVICES
    }
