"""Lists over HTTP: jobs, the corrections of a text, and those of a word."""

from typing import Any
from uuid import uuid4

import pytest

from services.spell_checker_service.tests.service import Service
from tests.support.callers import ADMIN, BERT


async def pages(service: Service, path: str, kind: str, **question: Any) -> list[dict[str, Any]]:
    """All items, two a page."""
    items: list[dict[str, Any]] = []
    while True:
        response = await service.read(path, limit=2, **question)
        assert response.status_code == 200, response.text
        assert len(response.json()[kind]) <= 2
        items += response.json()[kind]
        if response.json()["next_cursor"] is None:
            return items
        question["cursor"] = response.json()["next_cursor"]


async def test_jobs_of_a_batch_come_page_by_page_in_the_order_they_were_asked_for(service: Service) -> None:
    batch_id = str(uuid4())
    jobs = [await service.checked("A cat.", batch_id=batch_id) for _ in range(5)]
    assert await pages(service, "jobs", "jobs", batch_id=batch_id) == jobs


async def test_jobs_are_filtered_by_essay_and_status(service: Service) -> None:
    failed, checked = await service.refused(), await service.checked("A cat.")
    for job in (failed, checked):
        assert (await service.read("jobs", essay_id=job["essay_id"])).json()["jobs"] == [job]
    by_batch = {"batch_id": failed["batch_id"]}
    assert (await service.read("jobs", **by_batch, status="failed")).json()["jobs"] == [failed]
    assert (await service.read("jobs", **by_batch, status="success")).json()["jobs"] == []


async def test_a_list_shows_what_is_the_callers_and_an_admin_sees_all(service: Service) -> None:
    job = await service.checked("A cat.")
    by_batch = {"batch_id": job["batch_id"]}
    assert (await service.read("jobs", headers=BERT, **by_batch)).json()["jobs"] == []
    assert (await service.read("jobs", headers=ADMIN, **by_batch)).json()["jobs"] == [job]
    assert job in await pages(service, "jobs", "jobs")
    assert (await service.read("jobs", headers=ADMIN)).json()["jobs"] == []
    assert (await service.read("jobs", headers=ADMIN, user_id="anna", essay_id=job["essay_id"])).json()["jobs"] == [job]
    assert (await service.read("jobs", headers=BERT, user_id="anna")).status_code == 404


async def test_corrections_come_in_the_order_of_the_text(service: Service) -> None:
    job = await service.checked("Teh Björk recieve. \U0001f600 A lettter, teh end.", whitelist=["Björk"])
    corrections = await pages(service, f"jobs/{job['job_id']}/corrections", "corrections")
    told = [(c["position"], c["original_word"], c["corrected_word"], c["source"]) for c in corrections]
    assert told == [
        (0, "Teh", "The", "learner_dictionary"),
        (4, "Björk", None, "whitelist"),
        (10, "recieve", "receive", "learner_dictionary"),
        (23, "lettter", "letter", "dictionary"),
        (32, "teh", "the", "learner_dictionary"),
    ]
    assert {c["job_id"] for c in corrections} == {job["job_id"]}
    assert "letter" in corrections[3]["suggestions"]


async def test_a_word_is_searched_in_any_case_in_the_texts_of_the_caller(service: Service) -> None:
    text = "Hööstenn HÖÖSTENN and zzhööstenn"
    jobs = [await service.checked(text, language="sv", whitelist=["hööstenn"]) for _ in range(2)]
    found = await pages(service, "corrections", "corrections", word="höÖstenn")
    assert [(c["job_id"], c["position"]) for c in found] == [(job["job_id"], n) for job in jobs for n in (0, 9)]
    assert (await service.read("corrections", headers=BERT, word="hööstenn")).json()["corrections"] == []
    assert len((await service.read("corrections", headers=ADMIN, word="hööstenn")).json()["corrections"]) == 4
    assert (await service.read("corrections", word="höösten")).json()["corrections"] == []


@pytest.mark.parametrize(
    ("path", "question", "field"),
    [
        ("jobs", {"limit": "0"}, "limit"),
        ("jobs", {"limit": "9" * 30}, "limit"),
        ("jobs", {"status": "lost"}, "status"),
        ("jobs", {"batch_id": "7"}, "batch_id"),
        ("jobs", {"essay_id": "\0"}, "essay_id"),
        ("jobs", {"user_id": "an\0na"}, "user_id"),
        ("jobs", {"cursor": "not one of ours"}, "cursor"),
        ("jobs", {"colour": "red"}, "colour"),
        ("corrections", {}, "word"),
        ("corrections", {"word": ""}, "word"),
        ("corrections", {"word": "a\0"}, "word"),
        ("corrections", {"word": "a" * 101}, "word"),
        ("corrections", {"word": "a", "cursor": "not one of ours"}, "cursor"),
        ("jobs/00000000-0000-4000-8000-000000000000/corrections", {"limit": "201"}, "limit"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused_by_the_name_of_what_is_wrong(
    service: Service, path: str, question: dict[str, Any], field: str
) -> None:
    response = await service.read(path, **question)
    assert response.status_code == 400
    assert field in response.json()["error"]["message"]
