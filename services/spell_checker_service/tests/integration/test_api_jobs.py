"""Spell checks over HTTP: what is asked for, what is answered, and to whom."""

from typing import Any
from uuid import uuid4

import pytest

from services.spell_checker_service.tests.service import CORRECTED, ESSAY, Service
from tests.support.callers import ADMIN, ANNA, BERT


async def test_an_essay_is_checked_and_its_corrected_text_is_stored_beside_it(service: Service) -> None:
    question = await service.question(whitelist=["Björk"])
    response = await service.ask(question)
    assert response.status_code == 201, response.text
    job = response.json()
    asked = {name: value for name, value in question.items() if name != "whitelist"}
    assert job | asked | {"status": "success", "user_id": "anna", "total_words": 8, "total_corrections": 4} == job
    assert job["processing_ms"] >= 0
    assert (job["error_code"], job["error_detail"]) == (None, None)
    assert await service.read_text(job["corrected_storage_id"]) == CORRECTED
    assert await service.read_text(job["original_storage_id"]) == ESSAY
    stored = (await service.content.get(f"/v1/contents/{job['corrected_storage_id']}", headers=ANNA)).json()
    assert stored["content_type"] == "corrected_text"
    relations = await service.content.get(f"/v1/contents/{job['corrected_storage_id']}/relations", headers=ANNA)
    (relation,) = relations.json()["relations"]
    assert (relation["to_id"], relation["kind"]) == (job["original_storage_id"], "corrects")
    assert (await service.read(f"jobs/{job['job_id']}")).json() == job


async def test_the_correlation_id_goes_with_the_check_into_the_content_service(service: Service) -> None:
    correlation_id = str(uuid4())
    headers = ANNA | {"X-Correlation-ID": correlation_id}
    job = (await service.ask(await service.question("A lettter."), headers=headers)).json()
    stored = (await service.content.get(f"/v1/contents/{job['corrected_storage_id']}", headers=ANNA)).json()
    assert (job["correlation_id"], stored["correlation_id"]) == (correlation_id, correlation_id)


async def test_a_text_in_which_nothing_is_wrong_is_its_own_correction(service: Service) -> None:
    job = await service.checked("Jag tycker om skolan.", language="sv")
    assert job["corrected_storage_id"] == job["original_storage_id"]
    assert (job["total_words"], job["total_corrections"]) == (4, 0)


@pytest.mark.parametrize(
    ("text", "code"),
    [(b"caf\xe9", "TEXT_UNREADABLE"), (b"a" * 100_001, "TEXT_TOO_LARGE"), (None, "TEXT_NOT_FOUND")],
)
async def test_a_text_that_cannot_be_checked_makes_a_job_that_failed_and_says_why(
    service: Service, text: bytes | None, code: str
) -> None:
    stored = uuid4().hex if text is None else await service.stored_text(text)
    response = await service.ask(await service.question(original_storage_id=stored))
    assert response.status_code == 422
    job = response.json()
    assert (job["status"], job["error_code"]) == ("failed", code)
    assert job["error_detail"]
    assert (job["corrected_storage_id"], job["total_words"]) == (None, None)
    assert (await service.read(f"jobs/{job['job_id']}")).json() == job


async def test_anothers_text_is_not_found(service: Service) -> None:
    annas = await service.stored_text("Anna's own lettter.")
    response = await service.ask(await service.question(original_storage_id=annas), headers=BERT)
    assert (response.status_code, response.json()["error_code"]) == (422, "TEXT_NOT_FOUND")


async def test_a_second_request_for_an_essay_is_a_conflict_that_names_the_first(service: Service) -> None:
    question = await service.question("A cat.")
    job = (await service.ask(question)).json()
    response = await service.ask(question)
    assert response.status_code == 409
    assert response.json()["error"]["code"] == "essay_has_a_job"
    assert response.json()["error"]["details"] == {"job_id": job["job_id"], "status": "success"}


async def test_an_essay_of_another_is_not_found_when_its_check_is_asked_for(service: Service) -> None:
    question = await service.question("A cat.")
    await service.ask(question)
    assert (await service.ask(question, headers=BERT)).status_code == 404


async def test_a_job_that_failed_is_tried_again_with_another_text(service: Service) -> None:
    failed = await service.refused()
    question = await service.question("A lettter.", batch_id=failed["batch_id"], essay_id=failed["essay_id"])
    response = await service.ask(question)
    assert response.status_code == 201
    job = response.json()
    assert (job["job_id"], job["status"], job["error_code"]) == (failed["job_id"], "success", None)
    assert job["original_storage_id"] == question["original_storage_id"]


async def test_a_retry_reads_the_text_again(service: Service) -> None:
    failed = await service.refused()
    await service.replace_text(failed["original_storage_id"], "A lettter to you.")
    response = await service.retry(failed)
    assert response.status_code == 200, response.text
    assert response.json()["status"] == "success"
    assert await service.read_text(response.json()["corrected_storage_id"]) == "A letter to you."


async def test_a_retry_of_a_text_that_is_still_unreadable_fails_again(service: Service) -> None:
    failed = await service.refused()
    response = await service.retry(failed)
    assert (response.status_code, response.json()["status"]) == (422, "failed")


async def test_an_admin_retries_anothers_job_in_its_owners_name(service: Service) -> None:
    failed = await service.refused()
    await service.replace_text(failed["original_storage_id"], "An olld cat.")
    response = await service.retry(failed, headers=ADMIN)
    assert (response.status_code, response.json()["user_id"]) == (200, "anna")
    assert await service.read_text(response.json()["corrected_storage_id"], headers=ANNA) == "An old cat."


async def test_an_admin_retries_another_admins_job_on_a_text_of_a_third(service: Service) -> None:
    question = await service.question(b"\xff" + uuid4().bytes)
    failed = (await service.ask(question, headers=ADMIN)).json()
    await service.replace_text(failed["original_storage_id"], "An olld dog.")
    response = await service.retry(failed, headers=ADMIN | {"X-User-ID": "head"})
    assert (response.status_code, response.json()["user_id"]) == (200, "root")
    assert await service.read_text(response.json()["corrected_storage_id"], headers=ADMIN) == "An old dog."


async def test_only_what_failed_can_be_tried_again(service: Service) -> None:
    response = await service.retry(await service.checked("A cat."))
    assert (response.status_code, response.json()["error"]["code"]) == (409, "status_move")


async def test_a_deleted_job_is_gone_with_its_corrections_and_its_texts_stay(service: Service) -> None:
    job = await service.checked("A lettter.")
    path = f"/v1/spellcheck/jobs/{job['job_id']}"
    response = await service.client.delete(path, headers=ANNA)
    assert (response.status_code, response.json()) == (200, job)
    assert (await service.read(f"jobs/{job['job_id']}")).status_code == 404
    assert (await service.read(f"jobs/{job['job_id']}/corrections")).status_code == 404
    assert (await service.client.delete(path, headers=ANNA)).status_code == 404
    assert await service.read_text(job["corrected_storage_id"]) == "A letter."


async def test_who_asks_again_for_a_job_that_was_deleted_gets_a_new_one(service: Service) -> None:
    question = await service.question(b"\xfe" + uuid4().bytes)
    job = (await service.ask(question, key="asked")).json()
    await service.replace_text(job["original_storage_id"], "A lettter that is deleted.")
    assert (await service.retry(job, key="retried")).status_code == 200
    assert (await service.client.delete(f"/v1/spellcheck/jobs/{job['job_id']}", headers=ANNA)).status_code == 200
    assert (await service.retry(job, key="retried")).status_code == 404
    again = await service.ask(question, key="asked")
    assert (again.status_code, again.json()["job_id"] == job["job_id"]) == (201, False)
    assert (await service.read(f"jobs/{again.json()['job_id']}")).json() == again.json()
    assert (await service.ask(question, key="asked")).json() == again.json()


@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("GET", "/corrections"), ("POST", "/retry"), ("DELETE", "")])
async def test_anothers_job_is_not_found_nobody_is_refused_and_an_admin_may(
    service: Service, method: str, rest: str
) -> None:
    job = await service.refused()

    async def status(job_id: str, headers: Any) -> int:
        keyed = {**headers, "Idempotency-Key": str(uuid4())}
        path = f"/v1/spellcheck/jobs/{job_id}{rest}"
        return (await service.client.request(method, path, headers=keyed)).status_code

    assert await status(job["job_id"], {}) == 401
    assert await status(job["job_id"], BERT) == 404
    assert await status(str(uuid4()), ANNA) == 404
    assert await status("not-a-uuid", ANNA) == 404
    assert await status(job["job_id"], ADMIN) == (422 if rest == "/retry" else 200)


@pytest.mark.parametrize("path", ["jobs", "corrections"])
async def test_lists_are_for_callers_who_say_who_they_are(service: Service, path: str) -> None:
    assert (await service.read(path, headers={}, word="cat")).status_code == 401


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("batch_id", "7"),
        ("essay_id", None),
        ("language", "de"),
        ("original_storage_id", "../secret"),
        ("original_storage_id", "A" * 32),
        ("original_storage_id", "a" * 32 + "\n"),
        ("whitelist", "Anna"),
        ("whitelist", [""]),
        ("whitelist", ["an\0na"]),
        ("whitelist", ["\ud800"]),
        ("whitelist", ["a" * 101]),
        ("whitelist", ["Anna"] * 1001),
        ("colour", "red"),
    ],
)
async def test_a_request_that_makes_no_sense_is_refused_by_the_name_of_what_is_wrong(
    service: Service, field: str, value: Any
) -> None:
    question = {**await service.question(original_storage_id="0" * 32), field: value}
    response = await service.ask(question)
    assert response.status_code == 400, response.text
    assert response.json()["error"]["details"]["fields"][0]["field"].split(".")[0] == field


@pytest.mark.parametrize("key", [None, "", "k" * 256])
async def test_a_request_without_a_usable_key_is_refused(service: Service, key: str | None) -> None:
    headers = ANNA if key is None else ANNA | {"Idempotency-Key": key}
    question = await service.question(original_storage_id="0" * 32)
    for path, body in (("jobs", question), (f"jobs/{uuid4()}/retry", None)):
        response = await service.client.post(f"/v1/spellcheck/{path}", json=body, headers=headers)
        assert response.status_code == 400
        assert "idempotency_key" in response.json()["error"]["message"]


async def test_a_body_that_is_too_large_is_refused(service: Service) -> None:
    question = await service.question(original_storage_id="0" * 32, whitelist=["a" * 100] * 1000)
    assert (await service.ask(question)).status_code == 413
