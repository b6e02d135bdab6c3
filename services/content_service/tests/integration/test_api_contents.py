"""Contents over HTTP: read, listed, deleted and restored, by those whose they are."""

from typing import Any
from uuid import uuid4

import pytest

from services.content_service.tests.service import Service, path_of
from tests.support.callers import ADMIN, ANNA, BERT


async def _listed(service: Service, **question: Any) -> list[str]:
    response = await service.get("/v1/contents", **question)
    assert response.status_code == 200, response.text
    return [content["content_id"] for content in response.json()["contents"]]


async def test_contents_are_listed_page_by_page_in_the_order_in_which_they_came(service: Service) -> None:
    expected = [(await service.stored())["content_id"] for _ in range(5)]
    await service.stored(headers=BERT)
    seen: list[str] = []
    question: dict[str, Any] = {"limit": 2}
    while question.get("cursor", "") is not None:
        body = (await service.get("/v1/contents", **question)).json()
        seen += [content["content_id"] for content in body["contents"]]
        question["cursor"] = body["next_cursor"]
    assert seen == expected


async def test_a_list_is_filtered_by_type_tag_time_and_owner(service: Service) -> None:
    essay, log = await service.stored(), await service.stored(content_type="processing_log")
    await service.client.post(f"{path_of(essay)}/tags", json={"name": "week 7"}, headers=ANNA)
    deleted = await service.stored()
    await service.client.delete(path_of(deleted), headers=ANNA)
    one, other, gone = (content["content_id"] for content in (essay, log, deleted))
    assert await _listed(service) == [one, other]
    assert await _listed(service, content_type="processing_log") == [other]
    assert await _listed(service, tag=" week 7 ") == [one]
    assert await _listed(service, created_from=log["created_at"]) == [other]
    assert await _listed(service, created_before=log["created_at"]) == [one]
    assert await _listed(service, include_deleted="true") == [one, other, gone]
    annas = await service.get("/v1/contents", ADMIN, user_id="anna")
    assert len(annas.json()["contents"]) == 2
    assert (await service.get("/v1/contents", BERT, user_id="anna")).status_code == 404


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "1" + "0" * 30}, "limit"),
        ({"content_type": "novel"}, "content_type"),
        ({"tag": ""}, "tag"),
        ({"tag": "a\0b"}, "tag"),
        ({"user_id": "u" * 256}, "user_id"),
        ({"created_from": "yesterday"}, "created_from"),
        ({"created_from": "2026-01-01T00:00:00"}, "created_from"),
        ({"created_before": "0001-01-01T00:00:00+14:00"}, "created_before"),
        ({"cursor": "not one of ours"}, "cursor"),
        ({"order_by": "size"}, "order_by"),
    ],
)
async def test_a_question_that_is_not_understood_is_answered_with_what_was_wrong(
    shared_service: Service, question: dict[str, Any], field: str
) -> None:
    response = await shared_service.get("/v1/contents", **question)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "validation")
    assert field in response.text


async def test_a_content_is_deleted_hidden_shown_on_request_and_restored(shared_service: Service) -> None:
    content = await shared_service.stored()
    path = path_of(content)
    deleted = await shared_service.client.delete(path, headers=ANNA)
    assert (deleted.status_code, deleted.json()["deleted_by"]) == (200, "anna")
    for hidden in (path, f"{path}/bytes"):
        assert (await shared_service.get(hidden)).status_code == 404
        assert (await shared_service.get(hidden, include_deleted="true")).status_code == 200
    assert (await shared_service.client.delete(path, headers=ANNA)).status_code == 404
    restored = await shared_service.client.post(f"{path}/restore", headers=ANNA)
    assert (restored.status_code, restored.json()["deleted_at"]) == (200, None)
    assert (await shared_service.get(path)).json() == restored.json()
    again = await shared_service.client.post(f"{path}/restore", headers=ANNA)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "not_deleted")


async def test_a_change_of_what_changed_meanwhile_is_a_conflict(shared_service: Service) -> None:
    content = await shared_service.stored()
    path = path_of(content)
    seen = (await shared_service.get(path)).headers["ETag"]
    await shared_service.client.put(f"{path}/bytes", content=uuid4().bytes, headers=ANNA)
    stale = ANNA | {"If-Match": seen}
    for late in (
        await shared_service.client.delete(path, headers=stale),
        await shared_service.client.post(f"{path}/restore", headers=stale),
    ):
        assert (late.status_code, late.json()["error"]["code"]) == (409, "row_version")
    fresh = ANNA | {"If-Match": (await shared_service.get(path)).headers["ETag"]}
    assert (await shared_service.client.delete(path, headers=fresh)).status_code == 200


ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("DELETE", "", None),
    ("POST", "/restore", None),
    ("GET", "/bytes", None),
    ("PUT", "/bytes", None),
    ("GET", "/tags", None),
    ("POST", "/tags", {"name": "mine"}),
    ("GET", "/relations", None),
    ("POST", "/relations", {"to_id": "", "kind": "corrects"}),
    ("GET", "/ancestors", None),
    ("GET", "/descendants", None),
]


@pytest.mark.parametrize(("method", "rest", "body"), ROUTES)
async def test_anothers_content_is_not_found_nobody_is_refused_and_an_admin_may(
    shared_service: Service, method: str, rest: str, body: dict[str, str] | None
) -> None:
    content, other = await shared_service.stored(), await shared_service.stored()
    if rest == "/restore":
        await shared_service.client.delete(path_of(content), headers=ANNA)
    sent: dict[str, Any] = {"json": body} if body else {}
    if body and "to_id" in body:
        sent = {"json": body | {"to_id": other["content_id"]}}
    if method == "PUT":
        sent = {"content": uuid4().bytes}

    async def status(content_id: str, headers: Any) -> int:
        path = f"/v1/contents/{content_id}{rest}"
        return (await shared_service.client.request(method, path, headers=headers, **sent)).status_code

    assert await status(content["content_id"], {}) == 401
    assert await status(content["content_id"], BERT) == 404
    assert await status(uuid4().hex, ANNA) == 404
    for impossible in ("nothing", "%00", content["content_id"].upper(), str(uuid4())):
        assert await status(impossible, ANNA) == 404
    assert await status(content["content_id"], ADMIN) in {200, 201}
