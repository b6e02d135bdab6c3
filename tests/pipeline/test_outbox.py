"""Results in a service's outbox reach their topics by Debezium, each once, as they were written."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import make_url

from cdc.catalog.declared import service_catalog
from cdc.connect.configuration import Configuration, Database, Kafka, password_reference
from cdc.connect.outbox import outbox_configuration, outbox_connector
from deploy.local.kafka.connect import Connect
from migrations import capture as capture_migration
from services.cj_assessment_service.events import CjAssessmentCompleted, CjAssessmentRequested
from services.cj_assessment_service.tests.service import batch_question, running_service
from services.kit.topics.envelope import topic_of
from services.registry import service_named
from tests.support.postgres import CreateDatabase
from tests.support.service_database import ServiceDatabase
from tests.support.sql import run
from tests.support.topics import Topics, message
from tests.support.waiting import eventually

# A broker and a worker may have to start first.
pytestmark = pytest.mark.timeout(400)
SERVICE = service_named("spell_checker")
CORRELATION = "93f23299-fea0-4150-a4df-5178bd75d126"
RESULTS = "huleedu.test.completed.v1"


@pytest.fixture(name="place")
def _place(service_database: CreateDatabase) -> ServiceDatabase:
    """A database that has all that capture needs."""
    database = service_database(SERVICE.name)
    capture_migration.upgrade(SERVICE, service_catalog(SERVICE.name), database.migrator_url)
    return database


@pytest.fixture(name="worker")
async def _worker(connect: Connect) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=connect.url, timeout=60) as client:
        yield client


def _name(place: ServiceDatabase) -> str:
    return outbox_connector(place.service.name)


def _configuration(place: ServiceDatabase) -> Configuration:
    address = make_url(place.superuser_dsn)
    role, password = place.service.cdc_role, password_reference(place.service.name)
    database = Database(str(address.host), int(address.port or 0), place.name, role, password)
    configured = outbox_configuration(service_catalog(place.service.name), database, Kafka(), heartbeat_seconds=1.0)
    assert configured is not None
    return configured


def _write(place: ServiceDatabase, payload: str, key: str = "essay") -> str:
    """A result, in a transaction that says who acts; its event id."""
    event = str(uuid4())
    run(
        place.app_url,
        "SELECT pg_logical_emit_message(true, 'huleedu.actor', '{}');"
        "INSERT INTO outbox (event_id, topic, message_key, user_id, correlation_id, payload)"
        f" VALUES ('{event}', '{RESULTS}', '{key}', 'anna', '{CORRELATION}', '{payload}')",
    )
    return event


async def _start(worker: httpx.AsyncClient, place: ServiceDatabase) -> None:
    answer = await worker.put(f"/connectors/{_name(place)}/config", json=_configuration(place))
    assert answer.is_success, answer.text

    async def runs() -> bool:
        status = (await worker.get(f"/connectors/{_name(place)}/status")).json()
        return [task["state"] for task in status.get("tasks", [])] == ["RUNNING"]

    await eventually(runs)


def _event(record: Any) -> str:
    return str(dict(record.headers)["id"].decode())


async def test_a_result_is_published_as_it_was_written_also_if_nobody_published_then(
    place: ServiceDatabase, worker: httpx.AsyncClient, topics: Topics
) -> None:
    payload = '{"b": 1,  "a": "ö\\u00e4"}'
    first = _write(place, payload)
    await _start(worker, place)
    (before,) = await topics.read(RESULTS, 1)
    second = _write(place, '{"a": 2}')
    _, after = await topics.read(RESULTS, 2)
    assert (before.key, before.value) == (b"essay", payload.encode())
    assert dict(before.headers) == {"id": first.encode(), "correlation_id": CORRELATION.encode()}
    assert (_event(after), after.value) == (second, b'{"a": 2}')
    assert not [topic for topic in await topics.admin.list_topics() if topic.endswith(".message")]


async def test_what_is_purged_and_what_is_started_anew_publishes_nothing_twice_and_loses_nothing(
    place: ServiceDatabase, worker: httpx.AsyncClient, topics: Topics
) -> None:
    await _start(worker, place)
    written = [_write(place, str(number)) for number in range(20)]
    run(place.app_url, "DELETE FROM outbox")
    for number in range(20, 40):
        written.append(_write(place, str(number)))
        if number % 10 == 5:
            assert (await worker.post(f"/connectors/{_name(place)}/restart?includeTasks=true")).is_success
    written.append(_write(place, "last"))
    records = await topics.read(RESULTS, len(written))
    assert [_event(record) for record in records] == written


async def test_what_is_changed_stops_nothing_since_only_inserts_leave(
    place: ServiceDatabase, worker: httpx.AsyncClient, topics: Topics
) -> None:
    await _start(worker, place)
    _write(place, "1")
    run(place.migrator_url, "UPDATE outbox SET payload = 'changed'; TRUNCATE outbox")
    _write(place, "2")
    assert [record.value for record in await topics.read(RESULTS, 2)] == [b"1", b"2"]


async def test_a_request_in_a_topic_is_answered_in_another(
    service_database: CreateDatabase, worker: httpx.AsyncClient, topics: Topics
) -> None:
    """From one topic to the other, through the service, its database and Debezium."""
    assessment = service_named("cj_assessment")
    place = service_database(assessment.name)
    capture_migration.upgrade(assessment, service_catalog(assessment.name), place.migrator_url)
    await _start(worker, place)
    asked = message(topic_of(CjAssessmentRequested), batch_question(essays=1))
    async with running_service(place, kafka_bootstrap=topics.bootstrap):
        await eventually(lambda: _is_there(topics, asked["event_type"]))
        for _ in range(2):
            await topics.send(asked["event_type"], asked)
        (record,) = await topics.read(topic_of(CjAssessmentCompleted), 1)
    told = CjAssessmentCompleted.model_validate_json(record.value)
    assert str(told.data.batch_id) == record.key.decode() == asked["data"]["batch_id"]
    headers = dict(record.headers)
    assert headers["id"].decode() == str(told.event_id)
    assert headers["correlation_id"].decode() == str(told.correlation_id) == asked["correlation_id"]


async def _is_there(topics: Topics, topic: str) -> bool:
    return topic in await topics.admin.list_topics()
