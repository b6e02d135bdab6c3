"""Bytes over HTTP: in as they are sent, out as they came in."""

import asyncio
import hashlib
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.content_service.tests.service import MOST_BYTES, TEXT, Service, path_of
from tests.support.callers import ANNA, BERT

ESSAY = "Björnen sover i sitt lugna bo.".encode()


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


async def test_bytes_are_stored_under_a_storage_id_with_what_is_known_of_them(shared_service: Service) -> None:
    correlation_id = str(uuid4())
    created = await shared_service.create(ESSAY, headers=ANNA | {"X-Correlation-ID": correlation_id})
    content = created.json()
    assert created.status_code == 201
    assert len(content["content_id"]) == 32
    assert created.headers["Location"] == path_of(content)
    assert created.headers["ETag"] == '"1"'
    assert (
        content.items()
        >= {
            "content_type": "original_essay",
            "mime_type": TEXT,
            "size_bytes": len(ESSAY),
            "sha256": sha256(ESSAY),
            "user_id": "anna",
            "correlation_id": correlation_id,
            "deleted_at": None,
        }.items()
    )
    assert (await shared_service.get(path_of(content))).json() == content


async def test_bytes_come_back_as_they_were_sent_with_headers_that_keep_them_so(shared_service: Service) -> None:
    body = ESSAY * 3
    content = (await shared_service.create(body, mime="text/html")).json()
    read = await shared_service.get(f"{path_of(content)}/bytes")
    assert (read.status_code, read.content) == (200, body)
    assert read.headers["Content-Type"] == "text/html"
    assert read.headers["Content-Length"] == str(len(body))
    assert read.headers["ETag"] == f'"{sha256(body)}"'
    assert read.headers["X-Content-Type-Options"] == "nosniff"
    assert read.headers["Content-Disposition"] == "attachment"


@settings(max_examples=25, deadline=None)
@given(body=st.binary(min_size=1, max_size=400))
async def test_any_bytes_come_back(shared_service: Service, body: bytes) -> None:
    content = (await shared_service.create(body, mime="application/octet-stream")).json()
    assert (await shared_service.get(f"{path_of(content)}/bytes")).content == body


async def test_the_most_bytes_are_stored_and_one_more_is_too_large(shared_service: Service) -> None:
    most = bytes(number % 251 for number in range(MOST_BYTES))
    content = await shared_service.stored(most)
    assert (await shared_service.get(f"{path_of(content)}/bytes")).content == most
    too_large = await shared_service.create(most + b"!")
    replacement = await shared_service.client.put(f"{path_of(content)}/bytes", content=most + b"!", headers=ANNA)
    for refused in (too_large, replacement):
        assert (refused.status_code, refused.json()["error"]["code"]) == (413, "payload_too_large")


async def test_the_same_bytes_are_answered_with_the_content_that_is_there(shared_service: Service) -> None:
    body = uuid4().bytes
    first = await shared_service.stored(body)
    again = await shared_service.create(body)
    assert (again.status_code, again.json()) == (200, first)
    for other in (await shared_service.create(body, "ai_feedback"), await shared_service.create(body, headers=BERT)):
        assert other.status_code == 201


async def test_the_same_bytes_sent_many_times_at_once_are_one_content(shared_service: Service) -> None:
    body = uuid4().bytes
    answers = await asyncio.gather(*(shared_service.create(body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["content_id"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("question", "mime", "body", "told"),
    [
        ({"content_type": "original_essay"}, TEXT, b"", "empty"),
        ({"content_type": "novel"}, TEXT, ESSAY, "content_type"),
        ({}, TEXT, ESSAY, "content_type"),
        ({"content_type": "original_essay", "colour": "red"}, TEXT, ESSAY, "colour"),
        ({"content_type": "original_essay"}, "multipart/form-data; boundary=x", ESSAY, "form"),
        ({"content_type": "original_essay"}, "application/x-www-form-urlencoded", b"a=b", "form"),
        ({"content_type": "original_essay"}, "plain text", ESSAY, "Content-Type"),
    ],
)
async def test_what_is_no_content_is_refused_with_what_was_wrong(
    shared_service: Service, question: dict[str, str], mime: str, body: bytes, told: str
) -> None:
    refused = await shared_service.client.post(
        "/v1/contents", params=question, content=body, headers=ANNA | {"Content-Type": mime}
    )
    assert refused.status_code == 400
    assert told in refused.json()["error"]["message"]


async def test_what_a_client_already_has_is_not_sent_again(shared_service: Service) -> None:
    content = await shared_service.stored()
    path = f"{path_of(content)}/bytes"
    etag = (await shared_service.get(path)).headers["ETag"]
    same = await shared_service.get(path, ANNA | {"If-None-Match": etag})
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", etag)
    assert (await shared_service.get(path, ANNA | {"If-None-Match": '"other"'})).content != b""


async def test_head_describes_the_bytes_without_sending_them(shared_service: Service) -> None:
    content = await shared_service.stored()
    head = await shared_service.client.head(f"{path_of(content)}/bytes", headers=ANNA)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(content["size_bytes"])
    assert head.headers["ETag"] == f'"{content["sha256"]}"'


async def test_bytes_are_replaced_if_they_are_those_that_were_read(shared_service: Service) -> None:
    content = await shared_service.stored()
    path = f"{path_of(content)}/bytes"
    read = (await shared_service.get(path)).headers["ETag"]
    conditions = ANNA | {"If-Match": read, "Content-Type": "text/markdown"}
    replaced = await shared_service.client.put(path, content=b"# New", headers=conditions)
    assert (replaced.status_code, replaced.headers["ETag"]) == (200, f'"{sha256(b"# New")}"')
    assert replaced.json().items() >= {"size_bytes": 5, "mime_type": "text/markdown", "row_version": 2}.items()
    late = await shared_service.client.put(path, content=b"# Late", headers=conditions)
    assert (late.status_code, late.json()["error"]["code"]) == (409, "sha256")
    assert (await shared_service.get(path)).content == b"# New"


@pytest.mark.parametrize("etag", ['"1"', "soon", f'W/"{"a" * 64}"', '"a", "b"'])
async def test_a_precondition_that_is_no_etag_of_bytes_is_refused(shared_service: Service, etag: str) -> None:
    content = await shared_service.stored()
    refused = await shared_service.client.put(
        f"{path_of(content)}/bytes", content=b"new", headers=ANNA | {"If-Match": etag}
    )
    assert refused.status_code == 400
    assert "If-Match" in refused.json()["error"]["message"]


async def test_bytes_that_the_owner_has_elsewhere_are_named_and_replace_nothing(shared_service: Service) -> None:
    body = uuid4().bytes
    elsewhere, content = await shared_service.stored(body), await shared_service.stored()
    refused = await shared_service.client.put(f"{path_of(content)}/bytes", content=body, headers=ANNA)
    assert refused.status_code == 409
    assert refused.json()["error"]["details"] == {"content_id": elsewhere["content_id"]}
    empty = await shared_service.client.put(f"{path_of(content)}/bytes", content=b"", headers=ANNA)
    assert (empty.status_code, empty.json()["error"]["code"]) == (400, "empty")
