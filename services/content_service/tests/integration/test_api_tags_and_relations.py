"""Tags, relations and walks over HTTP."""

import json
from typing import Any
from uuid import uuid4

import pytest

from services.content_service.tests.service import Service, path_of
from tests.support.callers import ADMIN, ANNA, BERT


async def _tag(service: Service, content: dict[str, Any], name: str) -> dict[str, Any]:
    response = await service.client.post(f"{path_of(content)}/tags", json={"name": name}, headers=ANNA)
    assert response.status_code in {200, 201}, response.text
    return dict(response.json())


async def test_a_tag_is_given_listed_taken_and_forgotten(service: Service) -> None:
    essay, log = await service.stored(), await service.stored()
    added = await service.client.post(f"{path_of(essay)}/tags", json={"name": " week 7"}, headers=ANNA)
    again = await service.client.post(f"{path_of(essay)}/tags", json={"name": "week 7 "}, headers=ANNA)
    assert (added.status_code, again.status_code, again.json()) == (201, 200, added.json())
    tag = added.json()
    assert (tag["name"], tag["user_id"]) == ("week 7", "anna")
    assert await _tag(service, log, "week 7") == tag
    assert (await service.get(f"{path_of(essay)}/tags")).json() == {"tags": [tag], "next_cursor": None}
    taken = await service.client.delete(f"{path_of(essay)}/tags/{tag['tag_id']}", headers=ANNA)
    assert (taken.status_code, taken.json()) == (200, tag)
    assert (await service.get(f"{path_of(essay)}/tags")).json()["tags"] == []
    assert (await service.get("/v1/tags")).json()["tags"] == [tag]
    forgotten = await service.client.delete(f"/v1/tags/{tag['tag_id']}", headers=ANNA)
    assert (forgotten.status_code, forgotten.json()) == (200, tag)
    for path in (f"{path_of(log)}/tags", "/v1/tags"):
        assert (await service.get(path)).json()["tags"] == []


async def test_tags_of_a_user_are_for_them_and_for_an_admin(service: Service) -> None:
    tag = await _tag(service, await service.stored(), "mine")
    assert (await service.get("/v1/tags", ADMIN, user_id="anna")).json()["tags"] == [tag]
    assert (await service.get("/v1/tags", BERT, user_id="anna")).status_code == 404
    assert (await service.client.delete(f"/v1/tags/{tag['tag_id']}", headers=BERT)).status_code == 404
    assert (await service.get("/v1/tags", {})).status_code == 401


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\0b", "a\nb", "\ud800", 7, None])
async def test_a_tag_that_has_no_name_is_refused(shared_service: Service, name: object) -> None:
    content = await shared_service.stored()
    refused = await shared_service.client.post(
        f"{path_of(content)}/tags",
        content=json.dumps({"name": name}),
        headers=ANNA | {"Content-Type": "application/json"},
    )
    assert refused.status_code == 400
    assert "name" in refused.text


async def test_a_tag_that_the_content_does_not_have_cannot_be_taken(shared_service: Service) -> None:
    content, other = await shared_service.stored(), await shared_service.stored()
    tag = await _tag(shared_service, other, "elsewhere")
    for tag_id, expected in ((tag["tag_id"], tag["tag_id"]), (str(uuid4()), "tag")):
        refused = await shared_service.client.delete(f"{path_of(content)}/tags/{tag_id}", headers=ANNA)
        assert refused.status_code == 404
        assert expected in refused.json()["error"]["message"]


async def test_a_relation_is_added_listed_walked_and_ended(shared_service: Service) -> None:
    essay, text = await shared_service.stored(), await shared_service.stored(content_type="corrected_text")
    added = await shared_service.relate(text, essay, "corrects")
    again = await shared_service.relate(text, essay, "corrects")
    assert (added.status_code, again.status_code, again.json()) == (201, 200, added.json())
    relation = added.json()
    assert (
        relation.items()
        >= {
            "from_id": text["content_id"],
            "to_id": essay["content_id"],
            "kind": "corrects",
            "created_by": "anna",
        }.items()
    )
    for content in (essay, text):
        listed = await shared_service.get(f"{path_of(content)}/relations", kind="corrects")
        assert listed.json() == {"relations": [relation], "next_cursor": None}
    incoming = await shared_service.get(f"{path_of(text)}/relations", direction="incoming")
    assert incoming.json()["relations"] == []
    up = await shared_service.get(f"{path_of(text)}/ancestors", kind="corrects")
    assert up.json()["contents"] == [essay | {"depth": 1}]
    down = await shared_service.get(f"{path_of(essay)}/descendants", kind=["corrects", "derived_from"], max_depth=1)
    assert down.json()["contents"] == [text | {"depth": 1}]
    assert (await shared_service.get(f"{path_of(essay)}/descendants")).json()["contents"] == []
    ended = await shared_service.client.delete(f"{path_of(essay)}/relations/{relation['relation_id']}", headers=ANNA)
    assert (ended.status_code, ended.json()) == (200, relation)
    gone = await shared_service.client.delete(f"{path_of(essay)}/relations/{relation['relation_id']}", headers=ANNA)
    assert gone.status_code == 404


async def test_a_relation_that_cannot_be_is_refused_with_the_reason(shared_service: Service) -> None:
    essay, text = await shared_service.stored(), await shared_service.stored()
    berts = await shared_service.stored(headers=BERT)
    assert (await shared_service.relate(text, essay, "derived_from")).status_code == 201
    for begin, end, kind, status, code in (
        (essay, text, "derived_from", 409, "circle"),
        (essay, essay, "corrects", 400, "validation"),
        (essay, berts, "corrects", 404, "not_found"),
        (essay, {"content_id": uuid4().hex}, "corrects", 404, "not_found"),
        (essay, {"content_id": "seven"}, "corrects", 400, "validation"),
        (essay, text, "contradicts", 400, "validation"),
    ):
        refused = await shared_service.relate(begin, end, kind)
        assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"max_depth": "0"}, "max_depth"),
        ({"max_depth": "51"}, "max_depth"),
        ({"kind": "contradicts"}, "kind"),
        ({"kind": ["corrects"] * 5}, "kind"),
        ({"cursor": "x"}, "cursor"),
        ({"depth": "1"}, "depth"),
    ],
)
async def test_a_walk_that_is_not_understood_is_refused(
    shared_service: Service, question: dict[str, Any], field: str
) -> None:
    content = await shared_service.stored()
    for relatives in ("ancestors", "descendants"):
        response = await shared_service.get(f"{path_of(content)}/{relatives}", **question)
        assert response.status_code == 400
        assert field in response.text
