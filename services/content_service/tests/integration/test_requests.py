"""What every request of the content service has: an actor in the WAL, a documented body, and no way to break it."""

import asyncio
import json
import re
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from services.content_service.tests.service import Service, path_of, running_content_service
from tests.support.callers import ANNA
from tests.support.service_database import ServiceDatabase
from tests.support.sql import run

READ_ACTORS = (
    "SELECT encode(data, 'escape') FROM pg_logical_slot_get_binary_changes('watch', NULL, NULL,"
    " 'proto_version', '1', 'publication_names', 'watch', 'messages', 'true')"
    " WHERE position('huleedu.actor'::bytea IN data) > 0"
)


async def test_each_write_names_its_actor_in_the_wal_and_what_changes_nothing_names_nobody(service: Service) -> None:
    url = service.database.superuser_dsn
    run(url, "SELECT pg_create_logical_replication_slot('watch', 'pgoutput')")
    run(url, "CREATE PUBLICATION watch FOR ALL TABLES")
    body = uuid4().bytes
    content = await service.stored(body)
    await service.create(body)
    await service.get(f"{path_of(content)}/bytes")
    await service.get(f"{path_of(content)}/descendants")
    await service.client.post(f"{path_of(content)}/tags", json={"name": "x"}, headers=ANNA)
    actors = [json.loads(re.findall(r"\{.*\}", str(row[0]))[0]) for row in run(url, READ_ACTORS)]
    assert [(actor["user_id"], actor["route"]) for actor in actors] == [
        ("anna", "POST /v1/contents"),
        ("anna", "POST /v1/contents/<string:content_id>/tags"),
    ]


async def test_two_replicas_on_one_database_are_one_service(content_database: ServiceDatabase) -> None:
    body = uuid4().bytes
    async with running_content_service(content_database) as one, running_content_service(content_database) as other:
        answers = await asyncio.gather(*(replica.create(body) for replica in (one, other) * 4))
        assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
        path = path_of(answers[0].json())
        deletions = await asyncio.gather(*(each.client.delete(path, headers=ANNA) for each in (one, other) * 2))
        assert sorted(deletion.status_code for deletion in deletions) == [200, 404, 404, 404]
        assert (await other.get(path)).status_code == 404


async def test_the_openapi_page_names_each_route_by_its_whole_path(shared_service: Service) -> None:
    """quart-schema swallows a part of a path whose first variable names no converter while a later one does."""
    paths = (await shared_service.client.get("/openapi.json")).json()["paths"]
    for path in ("tags/{tag_id}", "relations/{relation_id}"):
        assert set(paths[f"/v1/contents/{{content_id}}/{path}"]) == {"delete"}


async def test_the_openapi_page_says_that_bodies_are_bytes(shared_service: Service) -> None:
    paths = (await shared_service.client.get("/openapi.json")).json()["paths"]
    binary = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    assert paths["/v1/contents"]["post"]["requestBody"]["content"] == binary
    assert paths["/v1/contents/{content_id}/bytes"]["put"]["requestBody"]["content"] == binary
    assert paths["/v1/contents/{content_id}/bytes"]["get"]["responses"]["200"]["content"] == binary


@settings(max_examples=40, deadline=None)
@given(
    body=st.one_of(
        st.binary(max_size=40),
        st.dictionaries(
            st.sampled_from(["name", "to_id", "kind", "other"]), st.none() | st.text(max_size=40) | st.integers()
        ).map(lambda value: json.dumps(value).encode()),
    ),
    part=st.sampled_from(["tags", "relations"]),
)
async def test_no_body_makes_the_service_fail(shared_service: Service, body: bytes, part: str) -> None:
    """Whatever a body holds, the caller is told what was wrong with it."""
    content = (await shared_service.create(b"the same for all")).json()
    headers = ANNA | {"Content-Type": "application/json"}
    response = await shared_service.client.post(f"{path_of(content)}/{part}", content=body, headers=headers)
    assert response.status_code in {200, 201, 400, 404}
    if response.status_code >= 400:
        assert response.json()["error"]["message"]
