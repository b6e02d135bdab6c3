"""A Kafka that asks who comes: capture and services are let in by what their settings say, or are told why not."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError
from pydantic import SecretStr

from cdc.kafka.consumer import onlooker
from cdc.kafka.lag import messages_behind
from services.cj_assessment_service.events import CjAssessmentRequested
from services.cj_assessment_service.tests.service import batch_question, running_service
from services.kit.kafka.access import KafkaAccess, Login, SaslMechanism, Tls
from services.kit.kafka.starting import NotLetInError, start
from services.kit.topics.envelope import topic_of
from tests.pipeline.kafka.sinks import Memory, Sink, committed, running, until
from tests.pipeline.kafka.topics import BUSY, topics_on
from tests.support.callers import ANNA
from tests.support.directories import server_directory
from tests.support.kafka import require_kafka
from tests.support.postgres import CreateDatabase
from tests.support.secured_kafka import PASSWORD, USER, SecuredKafka, running_secured_kafka
from tests.support.topics import message
from tests.support.waiting import eventually

# A broker may have to start first.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(name="secured", scope="module")
def _secured() -> Iterator[SecuredKafka]:
    require_kafka()
    with server_directory() as directory, running_secured_kafka(directory) as server:
        yield server


@pytest.mark.parametrize("mechanism", [SaslMechanism.PLAIN, SaslMechanism.SCRAM_SHA_512])
async def test_who_is_let_in_makes_topics_stores_and_commits(secured: SecuredKafka, mechanism: SaslMechanism) -> None:
    memory = Memory()
    async with topics_on(secured.server, secured.access(mechanism)) as topics:
        async with running(Sink(topics.group, memory)):
            last = await topics.transaction(BUSY, "a", "b")
            await until(memory.reached(last))
        assert memory.values(topics.name(BUSY)) == Counter([b"a", b"b"])
        assert await committed(topics.group)
        behind = await asyncio.to_thread(messages_behind, [topics.group])
        assert behind == {topics.group.service: 0}


def _login(mechanism: SaslMechanism, password: str = PASSWORD) -> Login:
    return Login(mechanism, USER, SecretStr(password))


WRONG: dict[str, tuple[Callable[[SecuredKafka], KafkaAccess], str]] = {
    "another password": (
        lambda kafka: replace(kafka.access(), login=_login(SaslMechanism.PLAIN, "guessed")),
        "by SASL_SSL and PLAIN as capture: .*Invalid username or password",
    ),
    "another password, not sent": (
        lambda kafka: replace(kafka.access(), login=_login(SaslMechanism.SCRAM_SHA_512, "guessed")),
        "by SASL_SSL and SCRAM-SHA-512 as capture: .*invalid credentials with SASL mechanism SCRAM-SHA-512",
    ),
    "a mechanism that the broker does not offer": (
        lambda kafka: replace(kafka.access(), login=_login(SaslMechanism.SCRAM_SHA_256)),
        "by SASL_SSL and SCRAM-SHA-256 as capture: .*UnsupportedSaslMechanismError",
    ),
    "nobody": (lambda kafka: replace(kafka.access(), login=None), "by SSL: .*another security protocol"),
    "in the clear": (
        lambda kafka: replace(kafka.access(), tls=None),
        "by SASL_PLAINTEXT and PLAIN as capture: .*another security protocol",
    ),
    "an authority that nobody knows": (
        lambda kafka: replace(kafka.access(), tls=Tls(None, kafka.certificate)),
        "by SASL_SSL and PLAIN as capture: .*certificate verify failed",
    ),
    "no certificate": (
        lambda kafka: replace(kafka.access(), tls=Tls(kafka.authority.file)),
        "by SASL_SSL and PLAIN as capture: .*or for a certificate",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_who_is_not_let_in_is_told_why_and_no_password_with_it(secured: SecuredKafka, wrong: str) -> None:
    access, said = WRONG[wrong]
    with pytest.raises(NotLetInError, match=f"{secured.bootstrap}, {said}") as refused:
        async with onlooker(access(secured)):
            pass
    assert not re.search(f"guessed|{PASSWORD}", repr(refused.value))


async def test_tls_is_not_spoken_to_a_broker_in_the_clear(secured: SecuredKafka) -> None:
    access = replace(secured.access(), bootstrap=secured.server.bootstrap)
    with pytest.raises(
        NotLetInError, match=f"{access.bootstrap}, by SASL_SSL and PLAIN as capture: .*another security protocol"
    ):
        async with onlooker(access):
            pass


class FailedBefore:
    async def start(self) -> None:
        raise KafkaConnectionError("it was away")


async def test_a_broker_that_lets_one_in_by_now_is_no_reason(secured: SecuredKafka) -> None:
    with pytest.raises(KafkaConnectionError, match="it was away"):
        await start(FailedBefore(), secured.access())


async def test_a_service_takes_its_requests_from_there(secured: SecuredKafka, service_database: CreateDatabase) -> None:
    access = secured.access()
    assert access.tls is not None
    assert access.login is not None
    told = {
        "kafka_bootstrap": access.bootstrap,
        "kafka_security_protocol": access.protocol,
        "kafka_sasl_mechanism": access.login.mechanism,
        "kafka_username": access.login.username,
        "kafka_password": access.login.password,
        "kafka_ca_file": access.tls.ca_file,
        "kafka_certificate_file": access.tls.certificate_file,
    }
    topic = topic_of(CjAssessmentRequested)
    asked = message(topic, batch_question(essays=2))
    async with running_service(service_database("cj_assessment"), **told) as service:
        async with onlooker(access) as looking:

            async def is_there() -> bool:
                return bool((await looking.partitions([topic]))[topic])

            await eventually(is_there)
        async with AIOKafkaProducer(**access.arguments()) as producer:
            await producer.send_and_wait(topic, json.dumps(asked).encode())

        async def is_made() -> bool:
            path = f"/v1/cj/batches/{asked['data']['batch_id']}"
            return (await service.client.get(path, headers=ANNA)).is_success

        await eventually(is_made)
