"""By way of Debezium, Kafka Connect and Kafka: sinks that share each service, and at times a further one."""

from collections.abc import Sequence
from contextlib import ExitStack

from deploy.local.kafka.artifacts import resolved
from deploy.local.kafka.class_archives import archived
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.starting import StartError
from tests.chaos.faults import KINDS, SURE
from tests.chaos.kafka_faults import BROKER, CONNECT, FURTHER_SINK, GROUP, KAFKA_KINDS, KILLS, SURE_BY_KAFKA
from tests.chaos.kafka_parts import Broker, broker, connect_part
from tests.chaos.ledger import Ledger
from tests.chaos.link import link_to
from tests.chaos.observed import stored_position
from tests.chaos.offset_look import OffsetLook
from tests.chaos.parts import Part, capture_part
from tests.chaos.platform import SERVER, Capture, Ground, Platform
from tests.chaos.sampler import Look
from tests.chaos.source import Source
from tests.chaos.targets import SERVICES
from tests.chaos.transaction_look import TransactionLook

SINKS = 2
_SETTINGS = {
    "CDC_SOURCE": "kafka",
    "CDC_KAFKA_GROUP": GROUP,
    "CDC_TOPIC_PARTITIONS": "3",
    # Longer than a broker takes to come back.
    "CDC_KAFKA_STUCK_SECONDS": "20",
}


def _capturing(ground: Ground, opened: ExitStack) -> Capture:
    archived(resolved())
    listens, rest = free_port(), free_port()
    link = opened.enter_context(link_to(LOOPBACK, listens))
    kafka = broker(ground.directory / "kafka" / SERVER, listens, link)
    connect = connect_part(ground.directory / "connect" / SERVER, rest, kafka.linked)
    for part in (kafka.part, connect):
        opened.callback(part.end)
        part.start()
    settings = _settings(ground, kafka, rest)
    logs = [ground.directory / f"cdc-{number}.log" for number in range(SINKS + 1)]
    sinks = [capture_part(SERVICES, settings, log) for log in logs]
    for sink in sinks:
        opened.callback(sink.end)
    *lasting, further = sinks
    return Capture(
        processes=lasting,
        logs=logs,
        begin=lambda: _begin(ground, settings, lasting),
        supervised=[kafka.part, connect],
        parts={BROKER: kafka.part, CONNECT: connect, FURTHER_SINK: further},
        links={BROKER: link},
        addresses={BROKER: kafka.direct},
    )


def _settings(ground: Ground, kafka: Broker, connect_port: int) -> dict[str, str]:
    places = {"CDC_KAFKA_BOOTSTRAP": kafka.linked, "CDC_CONNECT_URL": f"http://{LOOPBACK}:{connect_port}"}
    return {**ground.settings(linked=True), **_SETTINGS, **places}


def _begin(ground: Ground, settings: dict[str, str], sinks: Sequence[Part]) -> None:
    for sink in sinks:
        sink.start()
    # A connector reads by the way that capture's settings tell.
    done = ground.command(settings, "connect", "apply", "--yes", *SERVICES)
    if done.returncode:
        raise StartError(f"the connectors did not come to run:\n{done.stdout}{done.stderr}")


def _looks(platform: Platform, ledger: Ledger) -> Sequence[Look]:
    clickhouse_url = platform.ground.clickhouse_url
    return [
        TransactionLook(stored_position, clickhouse_url, ledger, in_order=False),
        OffsetLook(platform.capture.addresses[BROKER], clickhouse_url, GROUP),
    ]


# A worker's group, and a sink's, wait ten seconds for who is dead: most faults find the one before still at work.
BY_KAFKA = Source(
    _capturing,
    {**KINDS, **KAFKA_KINDS},
    _looks,
    recovery_seconds=180.0,
    sure=SURE | SURE_BY_KAFKA,
    hurried=0.65,
    often=KILLS,
)
