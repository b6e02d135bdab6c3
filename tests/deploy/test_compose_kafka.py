"""The profile `kafka` of docker-compose.services.yml: its commands, run here on the settings that its images have."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.children import Command, start_child, stop_child
from deploy.local.kafka.answering import broker_answers
from deploy.local.kafka.artifacts import resolved
from deploy.local.kafka.connect import ENDINGS
from deploy.local.kafka.java import find_java
from deploy.local.kafka.properties import properties
from deploy.local.kafka.worker_command import HEALTH
from deploy.local.ports import free_port
from deploy.local.ready import http_answers
from deploy.local.starting import wait_until_ready
from services.registry import SERVICES, service_named
from tests.deploy.compose_file import Described, complete_values, described_services
from tests.support.directories import server_directory
from tests.support.kafka import require_kafka

IMAGE = "/opt/kafka"
PARTS = ("kafka_storage", "kafka", "connect", "connectors", "kafka_capture")


@pytest.fixture(name="services", scope="module")
def _services(tmp_path_factory: pytest.TempPathFactory) -> Described:
    return described_services(complete_values(), tmp_path_factory.mktemp("compose"))


@pytest.fixture(name="directory")
def _directory() -> Iterator[Path]:
    require_kafka()
    with server_directory() as place:
        yield place


def image_words(target: str) -> list[str]:
    """The words of a target's CMD in the Dockerfile."""
    text = Path("Dockerfile").read_text(encoding="utf-8")
    command = text.partition(f" AS {target}\n")[2].partition("CMD [")[2].partition("]")[0]
    return [word.strip(' "') for word in command.split(",")]


def settings(kind: str, **moved: str) -> str:
    """What the image has in its file, with the places of this machine."""
    files = (Path("deploy/local/kafka"), Path("deploy/docker/kafka"))
    text = "".join((folder / f"{kind}.properties").read_text(encoding="utf-8") for folder in files)
    return text + properties({name.replace("_", "."): value for name, value in moved.items()})


def here(words: list[str], directory: Path) -> tuple[str, ...]:
    """A command of an image, on this machine's Java and jars, and on the settings in `directory`."""
    moved = [word.replace(f"{IMAGE}/", f"{directory}/") for word in words]
    return (str(find_java()), "-cp", f"{resolved().class_path}/*", *moved)


@pytest.mark.timeout(300)
def test_the_images_commands_and_settings_start_a_broker_and_a_worker(services: Described, directory: Path) -> None:
    clients, machine, controller, rest = (free_port() for _ in range(4))
    listeners = {"PLAINTEXT": clients, "MACHINE": machine, "CONTROLLER": controller}
    broker = settings(
        "broker",
        log_dirs=str(directory / "data"),
        listeners=",".join(f"{name}://127.0.0.1:{port}" for name, port in listeners.items()),
        controller_quorum_voters=f"1@127.0.0.1:{controller}",
    )
    worker = settings(
        "worker",
        bootstrap_servers=f"127.0.0.1:{machine}",
        listeners=f"http://127.0.0.1:{rest}",
        plugin_path=str(resolved().plugins),
        config_providers_dir_param_allowed_paths=str(directory),
    )
    (directory / "broker.properties").write_text(broker, encoding="utf-8")
    (directory / "worker.properties").write_text(worker, encoding="utf-8")
    log = directory / "log"
    for _ in range(2):
        formatting = start_child(Command(here(services["kafka_storage"]["command"], directory)), log)
        assert formatting.wait(60) == 0, log.read_text(encoding="utf-8")
    advertised = f"advertised.listeners=PLAINTEXT://127.0.0.1:{clients},MACHINE://127.0.0.1:{machine}"
    words = [advertised if "advertised" in word else word for word in services["kafka"]["command"]]
    kafka = start_child(Command(here(words, directory)), log)
    try:
        wait_until_ready(kafka, lambda: broker_answers(clients) and broker_answers(machine), "the broker", log, 120)
        connect = start_child(Command(here(image_words("connect"), directory)), log)
        try:
            wait_until_ready(connect, http_answers(rest, HEALTH), "the worker", log, 120)
        finally:
            stop_child(connect, ENDINGS)
    finally:
        stop_child(kafka, ENDINGS)


def test_each_part_waits_for_what_it_needs(services: Described) -> None:
    needed = {
        name: {other: need["condition"] for other, need in services[name].get("depends_on", {}).items()}
        for name in PARTS
    }
    assert needed == {
        "kafka_storage": {},
        "kafka": {"kafka_storage": "service_completed_successfully"},
        "connect": {"kafka": "service_healthy"},
        "connectors": {"connect": "service_healthy", "capture_migrations": "service_completed_successfully"},
        "kafka_capture": {"connectors": "service_completed_successfully"},
    }


def test_either_capture_reads_slots_or_it_reads_topics(services: Described) -> None:
    assert services["capture"]["profiles"] == ["capture"]
    assert "CDC_SOURCE" not in services["capture"]["environment"]
    assert services["kafka_capture"]["profiles"] == ["kafka"]
    assert services["kafka_capture"]["environment"]["CDC_SOURCE"] == "kafka"
    assert all(set(services[name]["profiles"]) == {"capture", "kafka"} for name in ("clickhouse", "capture_migrations"))


def test_capture_by_either_source_is_scraped_under_the_same_name_and_is_healthy_while_it_goes_on(
    services: Described,
) -> None:
    by_slots, by_topics = services["capture"], services["kafka_capture"]
    assert by_topics["ports"] == by_slots["ports"]
    assert by_topics["healthcheck"] == by_slots["healthcheck"]
    assert "/healthz" in by_slots["healthcheck"]["test"][-1]
    assert by_slots["environment"].items() <= by_topics["environment"].items()
    assert by_slots["environment"]["CDC_METRICS_PORT"] == "9464"
    assert "capture" in by_topics["networks"]["default"]["aliases"]


def test_services_read_topics_once_env_says_where_and_else_are_told_of_none(
    services: Described, tmp_path: Path
) -> None:
    named = described_services(complete_values() | {"HULEEDU_REQUESTS_BOOTSTRAP": "kafka:9092"}, tmp_path)
    for name in ("spell_checker", "cj_assessment"):
        variable = f"{service_named(name).env_prefix}KAFKA_BOOTSTRAP"
        assert services[name]["environment"][variable] == ""
        assert named[name]["environment"][variable] == "kafka:9092"


def test_connect_has_no_secret_but_the_connectors_passwords(services: Described) -> None:
    assert set(services["connect"]["environment"]) == {
        f"CDC_{service.name.upper()}_DATABASE_PASSWORD" for service in SERVICES
    }
    assert not any(services[name].get("environment") for name in ("kafka", "kafka_storage"))


def test_the_advertised_port_of_this_machine_is_the_published_one(services: Described) -> None:
    [published] = services["kafka"]["ports"]
    [advertised] = [word for word in services["kafka"]["command"] if word.startswith("advertised.listeners=")]
    assert advertised.endswith(f"MACHINE://127.0.0.1:{published['published']}")
