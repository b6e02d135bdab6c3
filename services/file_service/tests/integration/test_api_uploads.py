import hashlib
from uuid import uuid4

import pytest

from services.file_service.tests.documents import ESSAY, docx_of, pdf_of
from services.file_service.tests.service import Service
from tests.support.callers import ADMIN, ANNA, BERT

GOOD = ("essay.txt", ESSAY.encode())


async def test_one_file_is_stored_and_described(service: Service) -> None:
    batch_id, assignment_id = uuid4(), uuid4()
    response = await service.upload(GOOD, batch_id=batch_id, assignment_id=str(assignment_id))
    assert response.status_code == 201
    (result,) = response.json()["results"]
    assert (result["status"], result["error"]) == (201, None)
    file = result["file"]
    assert (file["batch_id"], file["assignment_id"]) == (str(batch_id), str(assignment_id))
    assert (file["user_id"], file["filename"], file["current_version"]) == ("anna", "essay.txt", 1)
    assert (file["status"], file["validation_error_code"], file["deleted_at"]) == ("completed", None, None)
    read = await service.client.get(f"/v1/files/{file['file_id']}", headers=ANNA)
    assert read.json() == file


async def test_every_kind_of_document_is_accepted_with_its_media_type(service: Service) -> None:
    response = await service.upload(GOOD, ("essay.docx", docx_of(ESSAY)), ("essay.pdf", pdf_of(ESSAY)))
    assert response.status_code == 201
    types = []
    for result in response.json()["results"]:
        version = await service.client.get(f"/v1/files/{result['file']['file_id']}/versions/1", headers=ANNA)
        types.append(version.json()["content_type"].rsplit("/", 1)[1].rsplit(".", 1)[-1])
    assert types == ["plain", "document", "pdf"]


async def test_bad_files_among_many_spoil_nothing_and_each_says_why(service: Service) -> None:
    response = await service.upload(
        GOOD,
        ("short.txt", b"too short"),
        ("huge.txt", b"x" * (service.settings.max_upload_bytes + 1)),
        ("nothing.txt", b""),
        ("last.txt", ESSAY.encode()),
    )
    assert response.status_code == 207
    results = response.json()["results"]
    assert [result["status"] for result in results] == [201, 422, 413, 422, 201]
    assert [result["filename"] for result in results] == [
        "essay.txt",
        "short.txt",
        "huge.txt",
        "nothing.txt",
        "last.txt",
    ]
    codes = [result["error"] and result["error"]["code"] for result in results]
    assert codes == [None, "TOO_SHORT", "payload_too_large", "EMPTY_FILE", None]
    assert results[2]["file"] is None
    assert {result["error"]["correlation_id"] for result in results if result["error"]} == {
        response.headers["X-Correlation-ID"]
    }


async def test_a_file_whose_text_is_not_valid_is_stored_with_the_reason(service: Service) -> None:
    response = await service.upload(("short.txt", b"too short"))
    assert response.status_code == 207
    file = response.json()["results"][0]["file"]
    assert (file["status"], file["validation_error_code"]) == ("failed", "TOO_SHORT")
    assert "9 characters" in file["validation_error_message"]
    download = await service.client.get(f"/v1/files/{file['file_id']}/content", headers=ANNA)
    assert download.content == b"too short"


async def test_a_name_that_cannot_be_kept_is_refused_and_stored_nowhere(service: Service) -> None:
    response = await service.upload(("x" * 300 + ".txt", ESSAY.encode()), GOOD)
    assert [result["status"] for result in response.json()["results"]] == [400, 201]
    assert "304 characters" in response.json()["results"][0]["error"]["message"]
    listed = await service.client.get("/v1/files", headers=ANNA)
    assert [file["filename"] for file in listed.json()["files"]] == ["essay.txt"]


async def test_a_new_version_counts_on_and_becomes_the_current_one(service: Service) -> None:
    file = await service.stored_file()
    content = (ESSAY + "Revised.").encode()
    response = await service.upload_version(file["file_id"], content=content)
    assert response.status_code == 201
    body = response.json()
    assert (body["file"]["current_version"], body["file"]["status"]) == (2, "completed")
    assert body["version"]["version"] == 2
    assert body["version"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert body["version"]["size_bytes"] == len(content)
    assert body["version"]["correlation_id"] == response.headers["X-Correlation-ID"]


async def test_a_new_version_that_is_not_valid_is_stored_and_fails_the_file_until_a_valid_one_comes(
    service: Service,
) -> None:
    file = await service.stored_file()
    refused = await service.upload_version(file["file_id"], content=b"too short")
    assert refused.status_code == 422
    assert refused.json()["error"]["code"] == "TOO_SHORT"
    assert (refused.json()["file"]["status"], refused.json()["file"]["current_version"]) == ("failed", 2)
    mended = await service.upload_version(file["file_id"])
    assert mended.status_code == 201
    assert (mended.json()["file"]["status"], mended.json()["file"]["validation_error_code"]) == ("completed", None)


async def test_a_version_of_anothers_file_is_not_found_and_an_admins_is_stored(service: Service) -> None:
    file = await service.stored_file()
    assert (await service.upload_version(file["file_id"], headers=BERT)).status_code == 404
    assert (await service.upload_version(str(uuid4()))).status_code == 404
    by_admin = await service.upload_version(file["file_id"], headers=ADMIN)
    assert by_admin.status_code == 201
    assert (by_admin.json()["version"]["uploaded_by"], by_admin.json()["file"]["user_id"]) == ("root", "anna")


async def test_a_version_of_a_deleted_file_is_not_found(service: Service) -> None:
    file = await service.stored_file()
    await service.client.delete(f"/v1/files/{file['file_id']}", headers=ANNA)
    assert (await service.upload_version(file["file_id"])).status_code == 404


@pytest.mark.parametrize("path", ["/v1/batches/{}/files", "/v1/files/{}/versions"])
async def test_an_upload_without_a_caller_is_refused(service: Service, path: str) -> None:
    response = await service.client.post(path.format(uuid4()), files={"files": GOOD})
    assert response.status_code == 401
    assert "X-User-ID" in response.json()["error"]["message"]


async def test_a_form_that_is_not_one_is_refused_with_what_to_send(service: Service) -> None:
    path = f"/v1/batches/{uuid4()}/files"
    attempts = [
        await service.client.post(path, headers=ANNA),
        await service.client.post(path, headers=ANNA, json={"files": []}),
        await service.client.post(path, headers=ANNA, files={"document": GOOD}),
        await service.client.post(path, headers=ANNA | {"Content-Type": "multipart/form-data"}, content=b"--"),
    ]
    for response in attempts:
        assert response.status_code == 400
        assert "'files'" in response.json()["error"]["message"]


async def test_fields_of_the_form_are_checked(service: Service) -> None:
    wrong = await service.upload(GOOD, assignment_id="not-a-uuid")
    assert (wrong.status_code, wrong.json()["error"]["message"]) == (400, "assignment_id must be a UUID")
    unknown = await service.upload(GOOD, assignment="x")
    assert (unknown.status_code, "assignment" in unknown.json()["error"]["message"]) == (400, True)


async def test_too_many_files_are_refused_as_a_whole(service: Service) -> None:
    response = await service.upload(*[GOOD] * (service.settings.max_files_per_upload + 1))
    assert response.status_code == 400
    assert "at most 5" in response.json()["error"]["message"]
    assert (await service.client.get("/v1/files", headers=ANNA)).json()["files"] == []


async def test_a_body_larger_than_any_upload_is_refused(service: Service) -> None:
    response = await service.upload(("big.txt", b"x" * service.settings.max_request_bytes))
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "payload_too_large"


async def test_a_version_that_is_too_large_is_refused(service: Service) -> None:
    file = await service.stored_file()
    response = await service.upload_version(file["file_id"], content=b"x" * (service.settings.max_upload_bytes + 1))
    assert response.status_code == 413
    versions = await service.client.get(f"/v1/files/{file['file_id']}/versions", headers=ANNA)
    assert len(versions.json()["versions"]) == 1
