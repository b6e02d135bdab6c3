"""Batches are requested in a topic, once however often; their ends are told to another, by whoever came to them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.cj_assessment_service.batches import BatchStatus
from services.cj_assessment_service.events import CjAssessmentCompleted, CjAssessmentRequested
from services.cj_assessment_service.tests.service import Service, batch_question, running_service
from services.kit.topics.envelope import topic_of
from tests.support.callers import ANNA
from tests.support.postgres import CreateDatabase
from tests.support.service_database import ServiceDatabase
from tests.support.sql import run
from tests.support.topics import Topics, message

# A broker may have to start first.
pytestmark = pytest.mark.timeout(300)
GROUP = "huleedu.cj_assessment"
REQUESTED = topic_of(CjAssessmentRequested)


@dataclass(frozen=True)
class Assessing:
    """A service that reads the topic, and what is left of its work."""

    place: ServiceDatabase
    topics: Topics
    service: Service

    async def send(self, *messages: dict[str, Any]) -> None:
        for each in messages:
            await self.topics.send(REQUESTED, each, key=each["data"].get("batch_id"), partition=0)

    async def done(self, count: int) -> None:
        await self.topics.done(GROUP, REQUESTED, count)

    def results(self) -> list[CjAssessmentCompleted]:
        rows = run(self.place.superuser_dsn, "SELECT payload FROM outbox ORDER BY created_at")
        return [CjAssessmentCompleted.model_validate_json(str(payload)) for (payload,) in rows]

    def parked(self) -> list[str]:
        return [str(code) for (code,) in run(self.place.superuser_dsn, "SELECT code FROM parked_messages ORDER BY 1")]


@pytest.fixture(name="assessing")
async def _assessing(service_database: CreateDatabase, topics: Topics) -> AsyncIterator[Assessing]:
    place = service_database("cj_assessment")
    async with _replica(place, topics) as assessing:
        yield assessing


@asynccontextmanager
async def _replica(place: ServiceDatabase, topics: Topics) -> AsyncIterator[Assessing]:
    async with running_service(place, kafka_bootstrap=topics.bootstrap, kafka_partitions=4) as service:
        yield Assessing(place, topics, service)


def requested(essays: int = 3, **differing: Any) -> dict[str, Any]:
    """A message that asks for so many essays to be ranked."""
    return message(REQUESTED, batch_question(essays), **differing)


async def test_a_request_makes_a_batch_of_who_asks_once_however_often_it_comes(assessing: Assessing) -> None:
    asked = requested()
    await assessing.send(asked, asked)
    await assessing.topics.send(REQUESTED, asked, partition=1)
    await assessing.done(3)
    batch = await assessing.service.read(f"/v1/cj/batches/{asked['data']['batch_id']}")
    assert (batch["status"], batch["user_id"], batch["correlation_id"]) == ("pending", "anna", asked["correlation_id"])
    assert (await assessing.service.read("/v1/cj/batches"))["batches"] == [batch]
    assert (assessing.parked(), assessing.results()) == ([], [])


async def test_the_change_is_said_to_be_of_who_asked_through_the_topic(assessing: Assessing) -> None:
    url = assessing.place.superuser_dsn
    run(url, "SELECT pg_create_logical_replication_slot('actors', 'test_decoding')")
    asked = requested(user_id="bert", user_roles=["teacher"])
    await assessing.send(asked)
    await assessing.done(1)
    changes = run(url, "SELECT data FROM pg_logical_slot_get_changes('actors', NULL, NULL)")
    (said,) = [str(data) for (data,) in changes if "huleedu.actor" in str(data) and "job purge" not in str(data)]
    assert all(word in said for word in ('"bert"', asked["correlation_id"], f'"topic {REQUESTED}"'))


async def test_a_batch_that_comes_to_its_end_is_told_with_its_ranking_in_the_same_action(assessing: Assessing) -> None:
    asked = requested(essays=2)
    asked["data"]["comparison_budget"] = 1
    await assessing.send(asked)
    await assessing.done(1)
    (comparison,) = await assessing.service.pairs(asked["data"], count=1)
    await assessing.service.judged(comparison)
    (result,) = assessing.results()
    ranking = await assessing.service.read(f"/v1/cj/batches/{asked['data']['batch_id']}/ranking")
    assert (str(result.correlation_id), result.user_id) == (asked["correlation_id"], "anna")
    assert (str(result.data.batch_id), result.data.status) == (
        asked["data"]["batch_id"],
        BatchStatus.COMPLETE_MAX_COMPARISONS,
    )
    assert [(essay.essay_id, essay.rank, essay.score) for essay in result.data.essays] == [
        (UUID(essay["essay_id"]), essay["rank"], essay["bt_score"]) for essay in ranking["essays"]
    ]


async def test_a_round_that_is_not_the_last_is_told_to_nobody(assessing: Assessing) -> None:
    batch = await assessing.service.batch(essays=2, comparison_budget=2)
    (comparison,) = await assessing.service.pairs(batch, count=1)
    await assessing.service.judged(comparison)
    assert assessing.results() == []


async def test_grades_are_told_beside_ranks_and_anchors_have_their_own(assessing: Assessing) -> None:
    assignment = str(uuid4())
    strength = {}
    for grade, label, strong in (("A", "good", 2), ("F", "bad", 0)):
        anchor = {"assignment_id": assignment, "label": label, "grade": grade, "grade_scale": "letters"}
        anchor |= await assessing.service.created("/v1/cj/anchor-essays", {**anchor, "storage_id": uuid4().hex}, ANNA)
        strength[anchor["anchor_id"]] = strong
    config = {"assignment_id": assignment, "instructions": "Read.", "grades": ["F", "A"], "grade_scale": "letters"}
    await assessing.service.created("/v1/cj/assessment-configs", config, ANNA)
    batch = await assessing.service.batch(essays=1, assignment_id=assignment, comparison_budget=2)
    for comparison in await assessing.service.pairs(batch, count=2):
        # Anchors that contradict their grades would leave nobody with one.
        a_wins = strength.get(comparison["essay_a"], 1) > strength.get(comparison["essay_b"], 1)
        await assessing.service.judged(comparison, winner="essay_a" if a_wins else "essay_b")
    (result,) = assessing.results()
    (essay,) = [each for each in result.data.essays if not each.is_anchor]
    projections = await assessing.service.read(f"/v1/cj/batches/{batch['batch_id']}/grade-projections")
    (projection,) = projections["grade_projections"]
    assert (essay.grade, essay.confidence) == (projection["grade"], projection["confidence"])
    assert [each.grade for each in result.data.essays if each.is_anchor] == [None, None]


async def test_too_few_essays_end_a_batch_at_once_and_are_told(assessing: Assessing) -> None:
    await assessing.send(requested(essays=1))
    await assessing.done(1)
    (result,) = assessing.results()
    assert (result.data.status, result.data.essays) == (BatchStatus.COMPLETE_INSUFFICIENT_ESSAYS, ())


async def test_a_batch_that_fails_is_told_without_a_ranking_and_once_more_when_it_ends(assessing: Assessing) -> None:
    batch = await assessing.service.batch(essays=2, comparison_budget=1)
    (comparison,) = await assessing.service.pairs(batch, count=1)
    await assessing.service.judged(comparison, winner="error", error_code="no_answer")
    (failed,) = assessing.results()
    assert (failed.data.status, failed.data.essays) == (BatchStatus.FAILED, ())
    assert failed.data.failure_code is not None
    path = f"/v1/cj/batches/{batch['batch_id']}"
    assert (await assessing.service.client.patch(path, json={"comparison_budget": 2}, headers=ANNA)).is_success
    (comparison,) = await assessing.service.pairs(batch, count=1)
    await assessing.service.judged(comparison)
    statuses = [result.data.status for result in assessing.results()]
    assert statuses == [BatchStatus.FAILED, BatchStatus.COMPLETE_MAX_COMPARISONS]


async def test_what_is_refused_for_good_is_parked_and_the_rest_goes_on(assessing: Assessing) -> None:
    good = requested()
    taken = {**good, "event_id": str(uuid4())}
    twice = requested()
    twice["data"]["essays"][1] = twice["data"]["essays"][0]
    stranger = {**good, "event_id": str(uuid4()), "user_id": "bert"}
    last = requested()
    await assessing.send(good, taken, twice, stranger, {**good, "data": {}}, last)
    await assessing.done(6)
    assert assessing.parked() == ["batch_exists", "malformed", "not_found", "validation"]
    assert len((await assessing.service.read("/v1/cj/batches"))["batches"]) == 2


async def test_two_replicas_share_the_requests_and_make_each_batch_once(assessing: Assessing, topics: Topics) -> None:
    messages = [requested() for _ in range(20)]
    async with _replica(assessing.place, topics):
        for number, each in enumerate(messages * 2):
            await topics.send(REQUESTED, each, partition=number % 3)
        await assessing.done(2 * len(messages))
    assert run(assessing.place.superuser_dsn, "SELECT count(*) FROM cj_batches") == [(len(messages),)]
    assert assessing.parked() == []
