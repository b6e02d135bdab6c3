from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.file_service.tests.documents import ESSAY
from services.file_service.tests.service import Service
from tests.support.callers import ADMIN, ANNA, BERT


def names(body: dict[str, Any]) -> list[str]:
    return [file["filename"] for file in body["files"]]


async def test_a_batch_is_listed_page_by_page_in_the_order_of_upload(service: Service) -> None:
    batch_id = uuid4()
    for number in range(5):
        await service.stored_file(f"essay {number}.txt", batch_id=batch_id)
    await service.stored_file("of another batch.txt")
    seen: list[str] = []
    question: dict[str, Any] = {"batch_id": str(batch_id), "limit": 2}
    while True:
        body = (await service.client.get("/v1/files", params=question, headers=ANNA)).json()
        seen += names(body)
        if body["next_cursor"] is None:
            break
        question["cursor"] = body["next_cursor"]
    assert seen == [f"essay {number}.txt" for number in range(5)]


async def test_a_list_shows_what_is_the_callers_and_an_admin_sees_all(service: Service) -> None:
    batch_id = uuid4()
    await service.stored_file("annas.txt", batch_id=batch_id)
    await service.stored_file("berts.txt", headers=BERT, batch_id=batch_id)
    by_batch = {"batch_id": str(batch_id)}
    assert names((await service.client.get("/v1/files", params=by_batch, headers=ANNA)).json()) == ["annas.txt"]
    assert names((await service.client.get("/v1/files", headers=BERT)).json()) == ["berts.txt"]
    assert len(names((await service.client.get("/v1/files", params=by_batch, headers=ADMIN)).json())) == 2
    annas = await service.client.get("/v1/files", params={"user_id": "anna"}, headers=ADMIN)
    assert names(annas.json()) == ["annas.txt"]
    refused = await service.client.get("/v1/files", params={"user_id": "anna"}, headers=BERT)
    assert refused.status_code == 404


async def test_a_list_is_filtered(service: Service) -> None:
    assignment_id = uuid4()
    await service.stored_file("Björn.txt", assignment_id=str(assignment_id))
    await service.upload(("short.txt", b"short"))
    deleted = await service.stored_file("deleted.txt")
    await service.client.delete(f"/v1/files/{deleted['file_id']}", headers=ANNA)

    async def listed(**question: str) -> list[str]:
        return names((await service.client.get("/v1/files", params=question, headers=ANNA)).json())

    assert await listed() == ["Björn.txt", "short.txt"]
    assert await listed(status="failed") == ["short.txt"]
    assert await listed(assignment_id=str(assignment_id)) == ["Björn.txt"]
    assert await listed(filename_contains="BJÖ") == ["Björn.txt"]
    assert await listed(filename_contains="%") == []
    assert await listed(include_deleted="true") == ["Björn.txt", "short.txt", "deleted.txt"]


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "10000000000000000000000"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"status": "lost"}, "status"),
        ({"batch_id": "7"}, "batch_id"),
        ({"assignment_id": "%00"}, "assignment_id"),
        ({"user_id": "an\0na"}, "user_id"),
        ({"user_id": "a" * 256}, "user_id"),
        ({"filename_contains": "\0"}, "filename_contains"),
        ({"filename_contains": ""}, "filename_contains"),
        ({"include_deleted": "perhaps"}, "include_deleted"),
        ({"cursor": "not one of ours"}, "cursor"),
        ({"cursor": "c" * 501}, "cursor"),
        ({"order_by": "size"}, "order_by"),
        ({"batch_id": str(uuid4()), "user_id": "anna"}, "not both"),
    ],
)
async def test_a_question_that_is_not_understood_is_answered_with_what_was_wrong(
    shared_service: Service, question: dict[str, str], field: str
) -> None:
    response = await shared_service.client.get("/v1/files", params=question, headers=ANNA)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "validation"
    assert field in response.text


async def test_a_file_and_its_versions_are_read(shared_service: Service) -> None:
    file = await shared_service.stored_file()
    path = f"/v1/files/{file['file_id']}"
    await shared_service.upload_version(file["file_id"], content=(ESSAY * 2).encode())
    read = await shared_service.client.get(path, headers=ANNA)
    assert read.status_code == 200
    assert read.headers["ETag"] == f'"{read.json()["row_version"]}"'
    versions = (await shared_service.client.get(f"{path}/versions", headers=ANNA)).json()["versions"]
    assert [version["version"] for version in versions] == [1, 2]
    second = await shared_service.client.get(f"{path}/versions/2", headers=ANNA)
    assert second.json() == versions[1]
    assert "storage_key" not in second.text


async def test_times_are_told_in_iso_8601_with_microseconds_and_zone(shared_service: Service) -> None:
    file = await shared_service.stored_file()
    for told in (file["created_at"], (await read_version_1(shared_service, file["file_id"]))["created_at"]):
        assert datetime.fromisoformat(told).utcoffset() == timedelta(0)
        assert "." in told


async def read_version_1(service: Service, file_id: str) -> dict[str, Any]:
    return dict((await service.client.get(f"/v1/files/{file_id}/versions/1", headers=ANNA)).json())


async def test_a_file_is_deleted_hidden_shown_on_request_and_restored(service: Service) -> None:
    file = await service.stored_file()
    path = f"/v1/files/{file['file_id']}"
    deleted = await service.client.delete(path, headers=ANNA)
    assert deleted.status_code == 200
    assert deleted.json()["deleted_by"] == "anna"
    for hidden in (path, f"{path}/versions", f"{path}/versions/1", f"{path}/content", f"{path}/versions/1/content"):
        assert (await service.client.get(hidden, headers=ANNA)).status_code == 404
        shown = await service.client.get(hidden, params={"include_deleted": "true"}, headers=ANNA)
        assert shown.status_code == 200
    assert (await service.client.delete(path, headers=ANNA)).status_code == 404
    restored = await service.client.post(f"{path}/restore", headers=ANNA)
    assert (restored.status_code, restored.json()["deleted_at"]) == (200, None)
    assert (await service.client.get(path, headers=ANNA)).json() == restored.json()
    again = await service.client.post(f"{path}/restore", headers=ANNA)
    assert again.status_code == 409


async def test_a_status_moves_and_keeps_the_error_stored_before(service: Service) -> None:
    file = (await service.upload(("short.txt", b"short"))).json()["results"][0]["file"]
    path = f"/v1/files/{file['file_id']}/status"
    moved = await service.client.patch(path, json={"status": "in_progress"}, headers=ANNA)
    assert moved.status_code == 200
    assert (moved.json()["status"], moved.json()["validation_error_code"]) == ("in_progress", "TOO_SHORT")
    failed = {"status": "failed", "validation_error_code": "OFF_TOPIC", "validation_error_message": "not an essay"}
    assert (await service.client.patch(path, json=failed, headers=ANNA)).json().items() >= failed.items()


async def test_a_status_that_cannot_follow_is_a_conflict(shared_service: Service) -> None:
    file = await shared_service.stored_file()
    response = await shared_service.client.patch(
        f"/v1/files/{file['file_id']}/status", json={"status": "in_progress"}, headers=ANNA
    )
    assert response.status_code == 409
    assert response.json()["error"]["code"] == "status_move"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"pending"',
        b"\xff\xfe",
        b"{}",
        b'{"status": "lost"}',
        b'{"status": 1}',
        b'{"status": "pending", "row_version": 1}',
        b'{"status": "pending", "validation_error_code": "\\u0000"}',
        b'{"status": "pending", "validation_error_code": "\\ud800"}',
        b'{"status": "pending", "validation_error_message": "' + b"x" * 2001 + b'"}',
    ],
)
async def test_a_status_that_is_not_understood_is_refused(shared_service: Service, body: bytes) -> None:
    file = await shared_service.stored_file()
    headers = ANNA | {"Content-Type": "application/json"}
    response = await shared_service.client.patch(f"/v1/files/{file['file_id']}/status", content=body, headers=headers)
    assert response.status_code == 400, response.text
    assert response.json()["error"]["message"]


async def test_a_change_of_what_changed_meanwhile_is_a_conflict(shared_service: Service) -> None:
    file = await shared_service.stored_file()
    path = f"/v1/files/{file['file_id']}"
    seen = (await shared_service.client.get(path, headers=ANNA)).headers["ETag"]
    await shared_service.upload_version(file["file_id"])
    stale = ANNA | {"If-Match": seen}
    attempts = [
        await shared_service.client.patch(f"{path}/status", json={"status": "pending"}, headers=stale),
        await shared_service.client.delete(path, headers=stale),
        await shared_service.client.post(f"{path}/restore", headers=stale),
    ]
    assert [(response.status_code, response.json()["error"]["code"]) for response in attempts] == [
        (409, "row_version")
    ] * 3
    fresh = ANNA | {"If-Match": (await shared_service.client.get(path, headers=ANNA)).headers["ETag"]}
    assert (await shared_service.client.delete(path, headers=fresh)).status_code == 200


@pytest.mark.parametrize("header", ["soon", '"-1"', '"1", "2"', '"' + "9" * 30 + '"'])
async def test_a_precondition_that_is_no_etag_is_refused(shared_service: Service, header: str) -> None:
    file = await shared_service.stored_file()
    response = await shared_service.client.delete(f"/v1/files/{file['file_id']}", headers=ANNA | {"If-Match": header})
    assert response.status_code == 400
    assert "If-Match" in response.json()["error"]["message"]


ROUTES = [
    ("GET", ""),
    ("DELETE", ""),
    ("POST", "/restore"),
    ("PATCH", "/status"),
    ("GET", "/versions"),
    ("GET", "/versions/1"),
    ("GET", "/content"),
    ("GET", "/versions/1/content"),
]


@pytest.mark.parametrize(("method", "rest"), ROUTES)
async def test_anothers_file_is_not_found_nobody_is_refused_and_an_admin_may(
    shared_service: Service, method: str, rest: str
) -> None:
    file = await shared_service.stored_file()
    if rest == "/restore":
        await shared_service.client.delete(f"/v1/files/{file['file_id']}", headers=ANNA)
    body = {"status": "pending"} if method == "PATCH" else None

    async def status(file_id: str, headers: Mapping[str, str]) -> int:
        return (
            await shared_service.client.request(method, f"/v1/files/{file_id}{rest}", json=body, headers=headers)
        ).status_code

    assert await status(file["file_id"], {}) == 401
    assert await status(file["file_id"], BERT) == 404
    assert await status(str(uuid4()), ANNA) == 404
    assert await status("not-a-uuid", ANNA) == 404
    assert await status(file["file_id"], ADMIN) == 200


@pytest.mark.parametrize("version", ["0", "2", "-1", "x", "2147483648", "9" * 40])
async def test_a_version_that_is_not_there_is_not_found(shared_service: Service, version: str) -> None:
    file = await shared_service.stored_file()
    for rest in ("", "/content"):
        response = await shared_service.client.get(
            f"/v1/files/{file['file_id']}/versions/{version}{rest}", headers=ANNA
        )
        assert response.status_code == 404
        assert response.json()["error"]["code"] == "not_found"
