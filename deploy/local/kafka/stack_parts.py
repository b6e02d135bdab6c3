"""The rows of the stack's table that a stack on Kafka has more than one that reads slots."""

from collections.abc import Mapping

from deploy.local.kafka.answering import broker_answers
from deploy.local.kafka.artifacts import expected, require_parts, resolved
from deploy.local.kafka.broker_command import Ports, broker_command, format_storage
from deploy.local.kafka.class_archives import archived
from deploy.local.kafka.worker_command import HEALTH, Worker, worker_command
from deploy.local.module_command import module_command
from deploy.local.parts import Kind, Part, Readiness
from deploy.local.ports_chosen import KafkaPorts, kafka_ports
from deploy.local.ready import http_answers
from deploy.local.state import StateDirectory
from deploy.role_passwords import role_passwords
from services.registry import SERVICES, Service

# The first time, Maven fetches some eighty megabytes.
FETCHING_SECONDS = 900.0
# On a machine that starts everything at once, a JVM takes its time.
STARTING_SECONDS = 180.0
# The last step before capture may read topics.
CONNECTORS = "connectors"
# What the names of the groups begin with in which capture reads.
CAPTURE = "huleedu-cdc"


def kafka_parts(state: StateDirectory, values: Mapping[str, str]) -> tuple[Part, ...]:
    """Kafka, Connect and its connectors. MissingBinariesError or SettingsError if one can't run."""
    require_parts()
    ports, jars = kafka_ports(), expected()
    broker = broker_command(state.kafka, Ports(ports.kafka.number, ports.controller.number), jars)
    worker = Worker(bootstrap(ports), secrets=_secrets(values))
    return (
        Part(
            "kafka_storage",
            module_command(state, "deploy.local", "prepare-kafka"),
            kind=Kind.STEP,
            readiness=Readiness(within=FETCHING_SECONDS),
        ),
        Part(
            "kafka",
            broker,
            after=("kafka_storage",),
            port=ports.kafka,
            further_ports=(ports.controller,),
            readiness=Readiness(lambda: broker_answers(ports.kafka.number), STARTING_SECONDS),
        ),
        Part(
            "connect",
            worker_command(state.connect, ports.connect.number, worker, jars),
            after=("kafka",),
            port=ports.connect,
            readiness=Readiness(http_answers(ports.connect.number, HEALTH), STARTING_SECONDS),
        ),
        Part(
            "switch",
            module_command(state, "cdc", "switch", "kafka"),
            after=("migrations", "connect"),
            kind=Kind.STEP,
            readiness=Readiness(within=STARTING_SECONDS),
        ),
        Part(
            CONNECTORS,
            module_command(state, "cdc", "connect", "apply", "--yes"),
            after=("switch",),
            kind=Kind.STEP,
            readiness=Readiness(within=STARTING_SECONDS),
        ),
    )


def prepare_kafka(state: StateDirectory) -> None:
    """Fetch the jars and make the broker's storage, where that isn't done; MissingBinariesError or StartError."""
    format_storage(state.kafka, archived(resolved()))


def kafka_variables() -> dict[str, str]:
    """What stack.env says of Kafka and Connect; SettingsError if a port makes no sense."""
    ports = kafka_ports()
    return {
        "CDC_KAFKA_BOOTSTRAP": bootstrap(ports),
        "CDC_KAFKA_GROUP": CAPTURE,
        "CDC_CONNECT_URL": ports.connect.address,
    }


def capture_group(service: Service) -> str:
    """The group in which capture reads a service's topics."""
    return f"{CAPTURE}.{service.name}"


def bootstrap(ports: KafkaPorts) -> str:
    """Where clients of Kafka begin."""
    return ports.kafka.address


def _secrets(values: Mapping[str, str]) -> dict[str, str]:
    """The passwords that the connectors' configurations refer to."""
    return {
        f"CDC_{service.name.upper()}_DATABASE_PASSWORD": role_passwords(service, values).cdc for service in SERVICES
    }
