"""A batch from its essays to its grades, over HTTP."""

from typing import Any
from uuid import uuid4

from services.cj_assessment_service.tests.service import Service, batch_question, running_service, with_key
from tests.support.callers import ADMIN, ANNA
from tests.support.postgres import CreateDatabase

GRADES = ["F", "C", "A"]


async def _anchored_assignment(service: Service) -> str:
    assignment_id = str(uuid4())
    config = {"instructions": "Which is better?", "grade_scale": "letters", "grades": GRADES}
    await service.created("/v1/cj/assessment-configs", {"assignment_id": assignment_id, **config}, ANNA)
    for grade in ("F", "A"):
        anchor = {"label": f"an {grade}", "grade": grade, "grade_scale": "letters", "storage_id": uuid4().hex}
        await service.created("/v1/cj/anchor-essays", {"assignment_id": assignment_id, **anchor}, ANNA)
    return assignment_id


async def _judge_until_the_end(service: Service, batch: dict[str, Any], strength: dict[str, int]) -> dict[str, Any]:
    path = f"/v1/cj/batches/{batch['batch_id']}"
    while (state := await service.read(path))["status"] in {"pending", "comparing"}:
        for comparison in await service.pairs(batch, 10):
            a_wins = strength[comparison["essay_a"]] > strength[comparison["essay_b"]]
            await service.judged(comparison, winner="essay_a" if a_wins else "essay_b", confidence=4.5)
    return state


async def test_a_batch_is_compared_scored_ranked_and_graded(service: Service) -> None:
    assignment_id = await _anchored_assignment(service)
    batch = await service.batch(essays=3, assignment_id=assignment_id, comparison_budget=20)
    path = f"/v1/cj/batches/{batch['batch_id']}"
    essays = (await service.read(f"{path}/essays"))["essays"]
    anchors = {
        each["anchor_id"]: each
        for each in (await service.read("/v1/cj/anchor-essays", assignment_id=assignment_id))["anchor_essays"]
    }
    students = [each["essay_id"] for each in essays if not each["is_anchor"]]
    strength = {essay_id: 2 + number for number, essay_id in enumerate(students)}
    strength |= {anchor_id: 0 if anchor["grade"] == "F" else 9 for anchor_id, anchor in anchors.items()}
    state = await _judge_until_the_end(service, batch, strength)
    assert state["status"] == "complete_max_comparisons"
    assert (state["comparisons_submitted"], state["comparisons_completed"], state["comparisons_failed"]) == (20, 20, 0)
    assert state["completed_at"] is not None
    assert state["projection_outcome"] == "projected"
    ranking = (await service.read(f"{path}/ranking"))["essays"]
    assert [each["essay_id"] for each in ranking] == sorted(strength, key=strength.__getitem__, reverse=True)
    assert [each["rank"] for each in ranking] == [1, 2, 3, 4, 5]
    assert abs(sum(each["bt_score"] for each in ranking)) < 1e-5
    assert sum(each["comparison_count"] for each in ranking) == 40
    grades = (await service.read(f"{path}/grade-projections"))["grade_projections"]
    assert {each["essay_id"] for each in grades} == set(students)
    assert {each["grade"] for each in grades} <= {"F", "A"}
    assert {each["grade_scale"] for each in grades} == {"letters"}


async def test_judges_who_agree_for_long_make_the_batch_stable(service_database: CreateDatabase) -> None:
    async with running_service(service_database("cj_assessment"), stability_threshold=0.3) as service:
        await _stable_in_the_end(service)


async def _stable_in_the_end(service: Service) -> None:
    batch = await service.batch(essays=2, comparison_budget=200)
    strength = {
        each["essay_id"]: number
        for number, each in enumerate((await service.read(f"/v1/cj/batches/{batch['batch_id']}/essays"))["essays"])
    }
    state = await _judge_until_the_end(service, batch, strength)
    assert state["status"] == "complete_stable"
    assert state["comparisons_submitted"] < 200
    assert state["projection_outcome"] == "no_anchors"


async def test_fewer_than_two_essays_end_a_batch_at_once(service: Service) -> None:
    batch = await service.batch(essays=1)
    assert batch["status"] == "complete_insufficient_essays"
    assert batch["completed_at"] is not None
    path = f"/v1/cj/batches/{batch['batch_id']}"
    refused = await service.client.post(f"{path}/comparisons", json={}, headers=with_key(ANNA))
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "batch_status")
    assert (await service.read(f"{path}/ranking"))["essays"] == []
    assert (await service.read(f"{path}/grade-projections"))["grade_projections"] == []


async def test_essays_that_failures_left_apart_fail_the_batch_until_its_budget_grows(service: Service) -> None:
    batch = await service.batch(essays=3, comparison_budget=2)
    first, second = await service.pairs(batch, 2)
    await service.judged(first)
    await service.judged(second, winner="error", error_code="timeout", model="gpt-x")
    path = f"/v1/cj/batches/{batch['batch_id']}"
    state = await service.read(path)
    assert (state["status"], state["failure_code"]) == ("failed", "comparisons_not_connected")
    assert "groups of 2, 1" in state["failure_detail"]
    assert (state["comparisons_completed"], state["comparisons_failed"]) == (1, 1)
    assert (await service.read(f"{path}/ranking"))["essays"] == []
    response = await service.client.patch(path, json={"comparison_budget": 3}, headers=ANNA)
    assert (response.status_code, response.json()["status"], response.json()["round"]) == (200, "comparing", 2)
    (third,) = await service.pairs(batch, 5)
    await service.judged(third)
    state = await service.read(path)
    assert (state["status"], state["failure_code"]) == ("complete_max_comparisons", None)
    assert len((await service.read(f"{path}/ranking"))["essays"]) == 3


async def test_what_an_admin_prepared_serves_every_teacher(service: Service) -> None:
    course = {"course_code": "ENG5", "instructions": "x", "grade_scale": "letters", "grades": GRADES}
    config = await service.created("/v1/cj/assessment-configs", course, ADMIN)
    assignment_id = str(uuid4())
    anchor = {"label": "an A", "grade": "A", "grade_scale": "letters", "storage_id": uuid4().hex}
    await service.created("/v1/cj/anchor-essays", {"assignment_id": assignment_id, **anchor}, ADMIN)
    other_scale = {"label": "a 3", "grade": "3", "grade_scale": "numbers", "storage_id": uuid4().hex}
    await service.created("/v1/cj/anchor-essays", {"assignment_id": assignment_id, **other_scale}, ADMIN)
    batch = await service.batch(essays=2, assignment_id=assignment_id)
    essays = (await service.read(f"/v1/cj/batches/{batch['batch_id']}/essays"))["essays"]
    assert batch["config_id"] == config["config_id"]
    assert [each["storage_id"] for each in essays if each["is_anchor"]] == [anchor["storage_id"]]


async def test_anchors_on_several_scales_without_a_configuration_are_refused(service: Service) -> None:
    assignment_id = str(uuid4())
    for scale in ("letters", "numbers"):
        anchor = {"label": "x", "grade": "x", "grade_scale": scale, "storage_id": uuid4().hex}
        await service.created("/v1/cj/anchor-essays", {"assignment_id": assignment_id, **anchor}, ANNA)
    question = batch_question(assignment_id=assignment_id, course_code="unconfigured")
    refused = await service.client.post("/v1/cj/batches", json=question, headers=with_key(ANNA))
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "several_scales")
