"""What every request has: an action's id, an actor in the WAL, metrics, a documented shape, and no way to break it."""

import asyncio
import json
import re
from datetime import timedelta
from urllib.parse import quote
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from services.file_service.cleaning import Cleaning
from services.file_service.tests.documents import ESSAY
from services.file_service.tests.service import Service
from tests.support.callers import ANNA
from tests.support.sql import run

GOOD = ("essay.txt", ESSAY.encode())


async def test_versions_uploaded_at_the_same_time_count_without_a_gap(service: Service) -> None:
    file = await service.stored_file()
    responses = await asyncio.gather(
        *(service.upload_version(file["file_id"], content=f"{number} {ESSAY}".encode()) for number in range(16))
    )
    assert {response.status_code for response in responses} == {201}
    assert sorted(response.json()["version"]["version"] for response in responses) == list(range(2, 18))
    for response in responses:
        version = response.json()["version"]
        download = await service.client.get(
            f"/v1/files/{file['file_id']}/versions/{version['version']}/content", headers=ANNA
        )
        assert download.headers["ETag"] == f'"{version["sha256"]}"'
    assert (await service.client.get(f"/v1/files/{file['file_id']}", headers=ANNA)).json()["current_version"] == 17


async def test_the_correlation_id_goes_in_and_out_and_into_the_row(service: Service) -> None:
    correlation_id = str(uuid4())
    response = await service.upload(GOOD, headers=ANNA | {"X-Correlation-ID": correlation_id})
    assert response.headers["X-Correlation-ID"] == correlation_id
    file_id = response.json()["results"][0]["file"]["file_id"]
    version = await service.client.get(f"/v1/files/{file_id}/versions/1", headers=ANNA)
    assert version.json()["correlation_id"] == correlation_id
    assert version.headers["X-Correlation-ID"] != correlation_id
    error = await service.client.get(f"/v1/files/{uuid4()}", headers=ANNA | {"X-Correlation-ID": correlation_id})
    assert error.json()["error"]["correlation_id"] == correlation_id
    wrong = await service.client.get("/v1/files", headers=ANNA | {"X-Correlation-ID": "mine"})
    assert wrong.status_code == 400


async def test_each_write_names_its_actor_in_the_wal_and_what_changes_nothing_names_nobody(service: Service) -> None:
    url = service.database.superuser_dsn
    run(url, "SELECT pg_create_logical_replication_slot('watch', 'pgoutput')")
    run(url, "CREATE PUBLICATION watch FOR ALL TABLES")
    correlation_id = str(uuid4())
    headers = ANNA | {"X-Correlation-ID": correlation_id, "X-Change-Reason": "handed in late"}
    file = await service.stored_file(headers=headers)
    await service.client.get(f"/v1/files/{file['file_id']}", headers=headers)
    await (await service.container.get(Cleaning)).purge_deleted_files(timedelta(0))
    await service.client.patch(f"/v1/files/{file['file_id']}/status", json={"status": "pending"}, headers=headers)
    messages = run(
        url,
        "SELECT encode(data, 'escape') FROM pg_logical_slot_get_binary_changes('watch', NULL, NULL,"
        " 'proto_version', '1', 'publication_names', 'watch', 'messages', 'true')"
        " WHERE position('huleedu.actor'::bytea IN data) > 0",
    )
    actors = [json.loads(re.search(r"\{.*\}", str(row[0])).group()) for row in messages]  # type: ignore[union-attr]
    assert [actor["route"] for actor in actors] == [
        "POST /v1/batches/<uuid:batch_id>/files",
        "PATCH /v1/files/<uuid:file_id>/status",
    ]
    for actor in actors:
        assert (actor["user_id"], actor["reason"]) == ("anna", "handed in late")
        assert actor["correlation_id"] == correlation_id


async def test_health_and_metrics_need_no_caller(service: Service) -> None:
    await service.stored_file()
    health = await service.client.get("/healthz")
    assert (health.status_code, health.json()["status"]) == (200, "ok")
    metrics = (await service.client.get("/metrics")).text
    assert re.search(r'db_queries_total\{operation="insert",outcome="ok",service="file",table="files"\} [1-9]', metrics)
    assert "db_query_duration_seconds_bucket" in metrics
    assert "background_job_runs_total" in metrics


async def test_the_openapi_page_describes_every_route(service: Service) -> None:
    assert (await service.client.get("/docs")).status_code == 200
    document = (await service.client.get("/openapi.json")).json()
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert described >= {
        ("POST", "/v1/batches/{batch_id}/files"),
        ("POST", "/v1/files/{file_id}/versions"),
        ("GET", "/v1/files"),
        ("GET", "/v1/files/{file_id}"),
        ("DELETE", "/v1/files/{file_id}"),
        ("POST", "/v1/files/{file_id}/restore"),
        ("PATCH", "/v1/files/{file_id}/status"),
        ("GET", "/v1/files/{file_id}/versions"),
        ("GET", "/v1/files/{file_id}/versions/{version}"),
        ("GET", "/v1/files/{file_id}/content"),
        ("GET", "/v1/files/{file_id}/versions/{version}/content"),
    }
    form = document["paths"]["/v1/batches/{batch_id}/files"]["post"]["requestBody"]["content"]["multipart/form-data"]
    assert form["schema"]["properties"]["files"]["items"] == {"type": "string", "format": "binary"}


async def test_a_path_or_method_that_is_not_there_is_answered_in_the_one_shape(service: Service) -> None:
    missing = await service.client.get("/v1/nothing", headers=ANNA)
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")
    wrong = await service.client.put(f"/v1/files/{uuid4()}", headers=ANNA)
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "method_not_allowed")


HOSTILE_TEXT = st.text(max_size=30) | st.sampled_from(["\0", "%00", "../..", "'; --", "9" * 400, "\u202e", "\ud800"])
# Servers end a header at a line break, so that none ever reaches the service.
HEADER_TEXT = st.text(st.characters(min_codepoint=1, max_codepoint=255, exclude_characters="\r\n"), max_size=300)
BODIES = st.tuples(
    st.sampled_from(["application/json", "multipart/form-data; boundary=x", "text/plain"]),
    st.binary(max_size=60) | st.sampled_from([b'{"status":"failed","validation_error_code":"\\u0000"}', b"--x--"]),
)
ROUTES = [
    ("GET", "/v1/files"),
    ("POST", "/v1/batches/{}/files"),
    ("POST", "/v1/files/{}/versions"),
    ("GET", "/v1/files/{}"),
    ("DELETE", "/v1/files/{}"),
    ("POST", "/v1/files/{}/restore"),
    ("PATCH", "/v1/files/{}/status"),
    ("GET", "/v1/files/{}/versions/1/content"),
]
KEYS = st.sampled_from(["batch_id", "user_id", "status", "limit", "cursor", "filename_contains", "include_deleted"])


@settings(max_examples=150, deadline=None)
@given(
    target=st.tuples(st.sampled_from(ROUTES), st.uuids().map(str) | HOSTILE_TEXT),
    question=st.dictionaries(KEYS, HOSTILE_TEXT, max_size=3),
    headers=st.dictionaries(
        st.sampled_from(["X-User-ID", "X-User-Roles", "X-Correlation-ID", "If-Match", "X-Change-Reason"]),
        HEADER_TEXT,
        max_size=3,
    ),
    body=BODIES,
)
async def test_no_hostile_input_is_a_defect(
    shared_service: Service,
    target: tuple[tuple[str, str], str],
    question: dict[str, str],
    headers: dict[str, str],
    body: tuple[str, bytes],
) -> None:
    (method, path), file_id = target
    named = {**ANNA, **headers, "Content-Type": body[0]}
    response = await shared_service.client.request(
        method,
        path.format(quote(file_id, errors="replace")),
        params={key: value.encode(errors="replace") for key, value in question.items()},
        headers=[(name.encode(), value.encode("latin-1")) for name, value in named.items()],
        content=body[1],
    )
    assert response.status_code < 500, response.text
