"""Requests from a topic: each is answered once, whatever comes again, dies, or is no request at all."""

import asyncio
import re
from contextlib import AbstractContextManager, AsyncExitStack
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from prometheus_client import REGISTRY

from deploy.local.kafka.broker import Kafka, running_kafka
from deploy.local.ports import LOOPBACK, free_port
from services.spell_checker_service.domain import JobStatus
from services.spell_checker_service.tests.service import Service
from services.spell_checker_service.tests.topic_service import GROUP, REQUESTED, Surroundings, as_sent
from tests.support.directories import server_directory
from tests.support.fragile_database import fragile_database
from tests.support.waiting import eventually

# A broker may have to start first.
pytestmark = pytest.mark.timeout(300)


def _retries() -> float:
    return REGISTRY.get_sample_value("topic_message_retries_total", {"topic": REQUESTED}) or 0.0


async def test_a_request_is_answered_as_over_http_and_its_result_written_beside_the_answer(
    around: Surroundings,
) -> None:
    async with around.replica() as service:
        asked = await around.requested(service)
        await around.send(asked)
        await around.done(1)
        (result,) = around.results()
        job = (await service.read(f"jobs/{result.data.job_id}")).json()
    assert result.data.model_dump(mode="json").items() <= job.items()
    assert (result.data.status, result.data.total_corrections) == (JobStatus.SUCCESS, 1)
    assert (str(result.correlation_id), result.user_id) == (asked["correlation_id"], "anna")
    assert job["correlation_id"] == asked["correlation_id"]


async def test_the_same_request_twice_and_two_at_once_is_one_answer(around: Surroundings) -> None:
    async with around.replica() as service:
        asked = await around.requested(service)
        for partition in (0, 1, 2, 0):
            await around.send(asked, partition=partition)
        await around.done(4)
        again = await service.ask(asked["data"], key=asked["event_id"])
        texts_read = [method for method, _ in service.link.requests].count("GET")
    (result,) = around.results()
    assert (again.status_code, again.json()["job_id"]) == (201, str(result.data.job_id))
    assert texts_read == 1


async def test_who_is_killed_between_the_answer_and_its_offset_has_no_work_done_twice(
    around: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    committing = asyncio.Event()

    async def never(*_: object) -> None:
        committing.set()
        await asyncio.Event().wait()

    async with around.replica() as service:
        asked = await around.requested(service)
        with monkeypatch.context() as scripted:
            scripted.setattr(AIOKafkaConsumer, "commit", never)
            await around.send(asked)
            await committing.wait()
    (first,) = around.results()
    assert await around.topics.committed(GROUP, REQUESTED) == 0
    async with around.replica() as second:
        await around.done(1)
        assert second.link.requests == []
    assert around.results() == [first]


async def test_who_is_killed_in_the_middle_of_the_work_leaves_it_to_the_next(around: Surroundings) -> None:
    async with around.replica() as service:
        asked = await around.requested(service)
        service.link.is_cut = True
        await around.send(asked)

        async def is_pending() -> bool:
            jobs = (await service.read("jobs")).json()["jobs"]
            return [job["status"] for job in jobs] == ["pending"]

        await eventually(is_pending)
    assert around.results() == []
    async with around.replica():
        await around.done(1)
    assert [result.data.status for result in around.results()] == [JobStatus.SUCCESS]


async def test_what_is_no_request_is_parked_with_its_reason_and_the_rest_goes_on(around: Surroundings) -> None:
    async with around.replica() as service:
        good = await around.requested(service)
        bad: list[Any] = [
            b"{not json",
            {**good, "event_type": "huleedu.essay.spellcheck.requested.v2"},
            {**good, "data": {**good["data"], "language": "fr"}},
            {**good, "data": {**good["data"], "whitelst": ["typo"]}},
        ]
        for each in (*bad, good):
            await around.topics.send(REQUESTED, each, partition=1)
        await around.done(len(bad) + 1)
        exposition = (await service.client.get("/metrics")).text
    assert [code for code, _ in around.parked()] == ["malformed"] * len(bad)
    assert [value for _, value in around.parked()] == ["{not json", *(as_sent(each) for each in bad[1:])]
    assert len(around.results()) == 1
    counted = re.search(rf'topic_messages_total{{outcome="parked",topic="{REQUESTED}"}} (\S+)', exposition)
    assert counted is not None
    assert float(counted[1]) >= len(bad)


async def test_what_the_domain_refuses_for_good_is_parked_and_a_text_that_cannot_be_checked_is_a_result(
    around: Surroundings,
) -> None:
    async with around.replica() as service:
        first = await around.requested(service)
        second = {**first, "event_id": str(uuid4())}
        unreadable = await around.requested(service, b"\xff" + uuid4().bytes)
        for each in (first, second, unreadable):
            await around.send(each, partition=0)
        await around.done(3)
    assert around.parked() == [("essay_has_a_job", as_sent(second))]
    assert [result.data.status for result in around.results()] == [JobStatus.SUCCESS, JobStatus.FAILED]


async def test_while_the_database_is_away_nothing_is_parked_and_all_is_answered_once_it_is_back(
    around: Surroundings,
) -> None:
    async with fragile_database(around.place) as (through_link, link), around.replica(through_link) as service:
        asked = [await around.requested(service, f"A lettter, and {word}.") for word in ("one", "two", "three")]
        await link.cut()
        before = _retries()
        for each in asked:
            await around.send(each)

        async def is_tried() -> bool:
            return _retries() > before + 1

        await eventually(is_tried)
        assert await around.topics.committed(GROUP, REQUESTED) == 0
        await link.mend()
        await around.done(len(asked))
    assert around.parked() == []
    assert {result.data.essay_id for result in around.results()} == {UUID(each["data"]["essay_id"]) for each in asked}


async def test_two_replicas_share_the_partitions_and_one_takes_over_from_the_other(around: Surroundings) -> None:
    async with around.replica() as first:
        questions = [await around.requested(first, f"A lettter{letter}.") for letter in "abcdefghijkl"]
        async with around.replica() as second:

            async def both_read() -> bool:
                return await around.topics.members(GROUP) == 2

            await eventually(both_read)
            for number, each in enumerate(questions[:8]):
                await around.send(each, partition=number % 4)
            await around.done(8)
            assert first.link.requests
            assert second.link.requests
        for number, each in enumerate(questions[8:]):
            await around.send(each, partition=number % 4)
        await around.done(len(questions))
    assert len(around.results()) == len({result.data.essay_id for result in around.results()}) == len(questions)


async def test_replicas_that_come_and_go_in_the_middle_lose_and_repeat_nothing(around: Surroundings) -> None:
    async with around.replica() as first:
        questions = [await around.requested(first, f"A lettter{letter}.") for letter in "abcdefghijklmnop"]
        for number, each in enumerate(questions):
            await around.send(each, partition=number % 4)
        for _ in range(2):
            async with around.replica():
                await asyncio.sleep(0.5)
        await around.done(len(questions))
    assert sorted(result.data.essay_id for result in around.results()) == sorted(
        UUID(each["data"]["essay_id"]) for each in questions
    )


async def test_without_kafka_it_serves_over_http_and_says_that_topics_are_not_read(around: Surroundings) -> None:
    async with around.replica(kafka_bootstrap="127.0.0.1:9") as service:
        health = await service.client.get("/healthz")
        await service.checked("A cat.")
    assert (health.status_code, health.json()["status"]) == (200, "degraded")
    assert health.json()["checks"]["topics"] == "failed"
    async with around.replica(kafka_bootstrap=None) as service:
        assert "topics" not in (await service.client.get("/healthz")).json()["checks"]


async def test_a_broker_that_ends_and_comes_back_is_read_again_without_a_restart(around: Surroundings) -> None:
    def broker() -> AbstractContextManager[Kafka]:
        return running_kafka(directory, port=port, durable=False)

    with server_directory() as directory:
        port = free_port()
        async with AsyncExitStack() as stack:
            with broker():
                service = await stack.enter_async_context(around.replica(kafka_bootstrap=f"{LOOPBACK}:{port}"))
                await eventually(lambda: _says(service, "ok"))
            await eventually(lambda: _says(service, "degraded"))
            await service.checked("A cat.")
            with broker():
                await eventually(lambda: _says(service, "ok"))
                asked = await around.requested(service)
                producer = AIOKafkaProducer(bootstrap_servers=f"{LOOPBACK}:{port}")
                await producer.start()
                await producer.send_and_wait(REQUESTED, as_sent(asked).encode())
                await producer.stop()
                await eventually(lambda: _has_results(around, 2))
                await stack.aclose()


async def _says(service: Service, status: str) -> bool:
    return bool((await service.client.get("/healthz")).json()["status"] == status)


async def _has_results(around: Surroundings, count: int) -> bool:
    return len(around.results()) == count
