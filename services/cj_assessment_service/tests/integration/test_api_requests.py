"""What the service answers to requests that are wrong, another's, too large, or come twice."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from services.cj_assessment_service.batches import MOST_ESSAYS
from services.cj_assessment_service.tests.service import Service, batch_question, judgement, with_key
from tests.support.callers import ADMIN, ANNA, BERT

NOBODY = "00000000-0000-4000-8000-000000000000"
CONFIG = {"assignment_id": NOBODY, "instructions": "x", "grade_scale": "letters", "grades": ["F", "A"]}
ANCHOR = {"assignment_id": NOBODY, "label": "x", "grade": "A", "grade_scale": "letters", "storage_id": "0" * 32}
JUDGEMENT = {"request_correlation_id": NOBODY, "winner": "tie"}
AT_ONCE = 20


def _path(batch: dict[str, Any], rest: str = "") -> str:
    return f"/v1/cj/batches/{batch['batch_id']}{rest}"


@pytest.mark.parametrize(
    ("path", "question", "field"),
    [
        ("batches", batch_question(language="de"), "language"),
        ("batches", batch_question(course_code=""), "course_code"),
        ("batches", batch_question(course_code="a\0b"), "course_code"),
        ("batches", batch_question(comparison_budget=0), "comparison_budget"),
        ("batches", batch_question(expected_essay_count=2**31), "expected_essay_count"),
        ("batches", batch_question(unknown=1), "unknown"),
        ("batches", batch_question(essays=MOST_ESSAYS + 1), "essays"),
        ("batches", {**batch_question(), "essays": [{"essay_id": NOBODY, "storage_id": "A" * 32}]}, "storage_id"),
        (f"batches/{NOBODY}/comparisons", {"count": 0}, "count"),
        ("judgements", {**JUDGEMENT, "winner": "both"}, "winner"),
        ("judgements", {**JUDGEMENT, "confidence": 5.1}, "confidence"),
        ("judgements", {**JUDGEMENT, "justification": "\ud800"}, "justification"),
        ("judgements", {**JUDGEMENT, "model": ""}, "model"),
        ("assessment-configs", {**CONFIG, "grades": ["A"]}, "grades"),
        ("assessment-configs", {**CONFIG, "grades": ["A", "A"]}, "grades"),
        ("anchor-essays", {**ANCHOR, "storage_id": "x"}, "storage_id"),
    ],
)
async def test_what_is_not_valid_is_refused_by_name(
    shared_service: Service, path: str, question: dict[str, Any], field: str
) -> None:
    headers = with_key({**ANNA, "Content-Type": "application/json"})
    # Written with escapes, as half of a surrogate pair can be sent no other way.
    response = await shared_service.client.post(f"/v1/cj/{path}", content=json.dumps(question), headers=headers)
    assert response.status_code == 400
    assert field in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "question", "message"),
    [
        ("batches", batch_question(3, comparison_budget=1), "takes 2 comparisons at least"),
        ("judgements", {**JUDGEMENT, "winner": "error"}, "must say which: error_code"),
        ("judgements", {**JUDGEMENT, "error_code": "x"}, "belong to the winner error"),
        ("assessment-configs", {**CONFIG, "course_code": "ENG5"}, "exactly one of assignment_id and course_code"),
    ],
)
async def test_what_contradicts_itself_is_refused_with_the_reason(
    shared_service: Service, path: str, question: dict[str, Any], message: str
) -> None:
    response = await shared_service.client.post(f"/v1/cj/{path}", json=question, headers=with_key(ANNA))
    assert response.status_code == 400
    assert message in response.json()["error"]["message"]


async def test_an_essay_named_twice_is_refused(shared_service: Service) -> None:
    question = batch_question(1)
    response = await shared_service.client.post(
        "/v1/cj/batches", json={**question, "essays": question["essays"] * 2}, headers=with_key(ANNA)
    )
    assert response.status_code == 400
    assert response.json()["error"]["details"] == {"essay_ids": [question["essays"][0]["essay_id"]]}


@pytest.mark.parametrize("path", ["batches", f"batches/{NOBODY}/comparisons"])
async def test_a_request_that_must_not_be_done_twice_needs_a_key(shared_service: Service, path: str) -> None:
    question = batch_question() if path == "batches" else {}
    response = await shared_service.client.post(f"/v1/cj/{path}", json=question, headers=ANNA)
    assert response.status_code == 400
    assert "idempotency_key" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    "path",
    [
        "batches?cursor=x",
        "batches?limit=0",
        "batches?status=lost",
        f"batches/{NOBODY}/comparisons?round=0",
        f"assessment-configs?assignment_id={NOBODY}&course_code=ENG5",
        "anchor-essays?unknown=1",
    ],
)
async def test_a_question_that_is_not_understood_is_refused(shared_service: Service, path: str) -> None:
    response = await shared_service.client.get(f"/v1/cj/{path}", headers=ANNA)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "validation")


async def test_who_does_not_say_who_asks_is_refused(shared_service: Service) -> None:
    for path in ("batches", "judgements", "assessment-configs", "anchor-essays"):
        response = await shared_service.client.post(f"/v1/cj/{path}", json={})
        assert (response.status_code, response.json()["error"]["code"]) == (401, "unauthenticated")


async def test_what_is_another_s_is_not_found(shared_service: Service) -> None:
    batch = await shared_service.batch()
    (comparison,) = await shared_service.pairs(batch, 1)
    config = await shared_service.created("/v1/cj/assessment-configs", {**CONFIG, "assignment_id": str(uuid4())}, ANNA)
    anchor = await shared_service.created("/v1/cj/anchor-essays", {**ANCHOR, "assignment_id": str(uuid4())}, ANNA)
    mine = f"/v1/cj/anchor-essays/{anchor['anchor_id']}"
    client, bert = shared_service.client, with_key(BERT)
    again = {**CONFIG, "assignment_id": config["assignment_id"]}
    attempts = [
        *[await client.get(_path(batch, rest), headers=bert) for rest in ("", "/essays", "/ranking", "/comparisons")],
        await client.get(_path(batch, "/grade-projections"), headers=bert),
        await client.patch(_path(batch), json={"comparison_budget": 50}, headers=bert),
        await client.post(_path(batch, "/comparisons"), json={}, headers=bert),
        await client.post("/v1/cj/judgements", json=judgement(comparison), headers=bert),
        await client.post("/v1/cj/judgements", json=JUDGEMENT, headers=ANNA),
        await client.get(f"/v1/cj/assessment-configs/{config['config_id']}", headers=bert),
        await client.post("/v1/cj/assessment-configs", json=again, headers=bert),
        await client.get(mine, headers=bert),
        await client.delete(mine, headers=bert),
        await client.post("/v1/cj/batches", json=batch_question(batch_id=batch["batch_id"]), headers=with_key(BERT)),
    ]
    assert [(each.status_code, each.json()["error"]["code"]) for each in attempts] == [(404, "not_found")] * 14
    # A label that another has taken is free.
    bert_s = await shared_service.created(
        "/v1/cj/anchor-essays", {**ANCHOR, "assignment_id": anchor["assignment_id"]}, BERT
    )
    assert (bert_s["label"], bert_s["user_id"]) == (anchor["label"], "bert")
    assert (await shared_service.read("/v1/cj/batches", BERT))["batches"] == []
    assert (await shared_service.read(_path(batch), ADMIN))["user_id"] == "anna"
    assert (await client.delete(mine, headers=ANNA)).json() == anchor


async def test_a_course_is_not_a_teacher_s_to_configure(shared_service: Service) -> None:
    question = {**CONFIG, "assignment_id": None, "course_code": "ENG7"}
    refused = await shared_service.client.post("/v1/cj/assessment-configs", json=question, headers=ANNA)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
    config = await shared_service.created("/v1/cj/assessment-configs", question, ADMIN)
    assert await shared_service.read(f"/v1/cj/assessment-configs/{config['config_id']}") == config
    listed = await shared_service.read("/v1/cj/assessment-configs", course_code="ENG7")
    assert listed == {"assessment_configs": [config], "next_cursor": None}


async def test_a_body_larger_than_the_limit_is_refused(shared_service: Service) -> None:
    question = {**JUDGEMENT, "justification": "x" * 200_000}
    response = await shared_service.client.post("/v1/cj/judgements", json=question, headers=ANNA)
    assert (response.status_code, response.json()["error"]["code"]) == (413, "payload_too_large")


async def test_a_budget_is_changed_by_who_saw_the_newest_state(shared_service: Service) -> None:
    batch = await shared_service.batch()
    seen = (await shared_service.client.get(_path(batch), headers=ANNA)).headers["ETag"]
    changes = [
        await shared_service.client.patch(
            _path(batch), json={"comparison_budget": budget}, headers={**ANNA, "If-Match": seen}
        )
        for budget in (20, 30)
    ]
    assert [each.status_code for each in changes] == [200, 409]
    assert (await shared_service.read(_path(batch)))["comparison_budget"] == 20


async def test_a_batch_that_is_requested_twice_is_created_once(shared_service: Service) -> None:
    question, headers = batch_question(), with_key(ANNA)
    first, *others = await asyncio.gather(
        *(shared_service.client.post("/v1/cj/batches", json=question, headers=headers) for _ in range(8))
    )
    assert sorted(each.status_code for each in (first, *others)) == [200] * 7 + [201]
    assert all(each.json() == first.json() for each in others)
    later = await shared_service.client.post("/v1/cj/batches", json=question, headers=headers)
    assert (later.status_code, later.json()) == (200, first.json())
    reused = await shared_service.client.post("/v1/cj/batches", json=batch_question(), headers=headers)
    assert (reused.status_code, reused.json()["error"]["code"]) == (409, "idempotency_key_reused")
    taken = await shared_service.client.post("/v1/cj/batches", json=question, headers=with_key(ANNA))
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "batch_exists")


async def test_pairs_that_are_requested_twice_are_asked_for_once(shared_service: Service) -> None:
    batch = await shared_service.batch(essays=6)
    path, headers = _path(batch, "/comparisons"), with_key(ANNA)
    first, second = await asyncio.gather(
        *(shared_service.client.post(path, json={"count": 4}, headers=headers) for _ in range(2))
    )
    assert sorted((first.status_code, second.status_code)) == [200, 201]
    assert first.json() == second.json()
    assert len(first.json()["comparisons"]) == 4
    assert (await shared_service.read(_path(batch)))["comparisons_submitted"] == 4
    page = await shared_service.read(path, open=True, limit=3)
    rest = await shared_service.read(path, open=True, limit=3, cursor=page["next_cursor"])
    assert len(page["comparisons"]) + len(rest["comparisons"]) == 4


async def test_judges_who_answer_at_once_end_the_batch_once(shared_service: Service) -> None:
    batch = await shared_service.batch(essays=8, comparison_budget=AT_ONCE)
    comparisons = await shared_service.pairs(batch, AT_ONCE)
    answers = [judgement(each, model="judge-1", confidence=3) for each in comparisons]
    responses = await asyncio.gather(
        *(shared_service.client.post("/v1/cj/judgements", json=each, headers=ANNA) for each in answers * 2)
    )
    assert sorted(each.status_code for each in responses) == [200] * AT_ONCE + [201] * AT_ONCE
    assert all(each.json()["repeated"] == (each.status_code == 200) for each in responses)
    state = await shared_service.read(_path(batch))
    assert state["status"] == "complete_max_comparisons"
    assert (state["comparisons_completed"], state["comparisons_failed"]) == (AT_ONCE, 0)
    assert len((await shared_service.read(_path(batch, "/ranking")))["essays"]) == 8


async def test_a_second_answer_is_told_the_first(shared_service: Service) -> None:
    (comparison,) = await shared_service.pairs(await shared_service.batch(), 1)
    first = await shared_service.judged(comparison, winner="tie", justification="as good")
    second = await shared_service.client.post(
        "/v1/cj/judgements", json=judgement(comparison, winner="error", error_code="late"), headers=ANNA
    )
    assert (first["judge_kind"], first["judge"]) == ("person", "anna")
    assert (second.status_code, second.json()) == (200, {"comparison": first, "repeated": True})
