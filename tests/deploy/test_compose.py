"""docker-compose.services.yml: what it demands, publishes and starts."""

import re
from pathlib import Path

import pytest
from dotenv import dotenv_values

from deploy.docker.env_file import EXAMPLE
from deploy.local.postgres import SETTINGS
from deploy.local.source import Source
from deploy.local.stack_environment import write_environment
from deploy.local.state import StateDirectory
from services.registry import SERVICES, Service
from tests.deploy.compose_file import FILE, Described, complete_values, compose, described_services

REQUIRED = sorted(set(re.findall(r"\$\{(\w+):\?", FILE.read_text(encoding="utf-8"))))


@pytest.fixture(name="values", scope="module")
def _values() -> dict[str, str]:
    return complete_values()


@pytest.fixture(name="services", scope="module")
def _services(values: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Described:
    return described_services(values, tmp_path_factory.mktemp("compose"))


def test_it_is_accepted_with_a_complete_environment(values: dict[str, str], tmp_path: Path) -> None:
    answer = compose(values, tmp_path, "config", "-q")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


def test_nothing_has_a_default_but_ports_and_that_requests_come_over_http_alone() -> None:
    defaulted = re.findall(r"\$\{(\w+):?-", FILE.read_text(encoding="utf-8"))
    assert {name for name in defaulted if not name.endswith("_PORT")} == {"HULEEDU_REQUESTS_BOOTSTRAP"}


def test_it_is_refused_without_its_variables_and_names_each(tmp_path: Path) -> None:
    answer = compose({}, tmp_path, "config", "-q")
    assert answer.returncode != 0
    assert sorted(set(re.findall(r"required variable (\w+) is missing a value", answer.stderr))) == REQUIRED


def test_one_missing_secret_is_enough_to_be_refused(values: dict[str, str], tmp_path: Path) -> None:
    answer = compose(values | {"HULEEDU_FILE_CDC_PASSWORD": ""}, tmp_path, "config", "-q")
    assert answer.returncode != 0
    assert "required variable HULEEDU_FILE_CDC_PASSWORD is missing a value: set it in .env" in answer.stderr


def test_the_example_has_what_is_required_and_no_password(values: dict[str, str]) -> None:
    assert sorted(values) == REQUIRED
    example = dotenv_values(EXAMPLE)
    assert {name: value for name, value in example.items() if value and name.endswith("_PASSWORD")} == {}


def test_every_published_port_is_on_the_loopback(services: Described) -> None:
    published = [port["host_ip"] for service in services.values() for port in service.get("ports", [])]
    assert len(published) > len(SERVICES)
    assert set(published) == {"127.0.0.1"}


def test_postgresql_replicates_as_the_local_one_and_keeps_no_more_log_for_it(services: Described) -> None:
    for name in ("wal_level", "max_slot_wal_keep_size", "max_replication_slots"):
        assert f"{name}={SETTINGS[name]}" in services["postgres"]["command"]


def test_every_container_stops_at_once_and_none_is_privileged(services: Described) -> None:
    assert [name for name, service in services.items() if service.get("init") is not True] == []
    assert [name for name, service in services.items() if service.get("privileged") or service.get("ulimits")] == []


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_service_starts_after_its_own_migrations_and_they_after_the_databases(
    services: Described, service: Service
) -> None:
    started, migrations = services[service.name], services[f"{service.name}_migrations"]
    assert started["build"]["target"] == service.name
    assert {name: each["condition"] for name, each in started["depends_on"].items()}.items() >= {
        ("postgres", "service_healthy"),
        (f"{service.name}_migrations", "service_completed_successfully"),
    }
    assert migrations["command"] == ["upgrade", service.name, "--databases-only"]
    assert migrations["restart"] == "no"
    assert migrations["depends_on"]["databases"]["condition"] == "service_completed_successfully"
    assert services["databases"]["depends_on"]["postgres"]["condition"] == "service_healthy"


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_each_role_reaches_its_own_database_with_its_own_password(
    services: Described, values: dict[str, str], service: Service
) -> None:
    name, prefix = service.name.upper(), service.env_prefix
    place = f"@postgres/{service.database}"
    secret = {role: values[f"HULEEDU_{name}_{role}_PASSWORD"] for role in ("APP", "MIGRATOR", "CDC")}
    app, migrator = f"{service.app_role}:{secret['APP']}", f"{service.migrator_role}:{secret['MIGRATOR']}"
    assert services[service.name]["environment"][f"{prefix}DATABASE_URL"] == f"postgresql+asyncpg://{app}{place}"
    for job in (f"{service.name}_migrations", "capture_migrations"):
        address = services[job]["environment"][f"MIGRATIONS_{name}_DATABASE_URL"]
        assert address == f"postgresql+asyncpg://{migrator}{place}"
    for reader in ("capture", "kafka_capture", "connectors"):
        captured = services[reader]["environment"][f"CDC_{name}_DATABASE_URL"]
        assert captured == f"postgresql://{service.cdc_role}:{secret['CDC']}{place}"
    assert services["connect"]["environment"][f"CDC_{name}_DATABASE_PASSWORD"] == secret["CDC"]


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_service_is_told_here_what_the_local_stack_tells_it(
    services: Described, tmp_path: Path, service: Service
) -> None:
    at_home = {"HOST", "PORT", "JWT_DEVELOPMENT_KEY_FILE"}
    values = write_environment(StateDirectory(tmp_path), Source.KAFKA)
    told = {name for name in values if name.startswith(service.env_prefix)}
    here = {name for name in services[service.name]["environment"] if name.startswith(service.env_prefix)}
    assert here == told - {f"{service.env_prefix}{name}" for name in at_home}


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_the_image_of_a_service_has_its_sources_alone_and_serves_on_its_port(service: Service) -> None:
    dockerfile = Path("Dockerfile").read_text(encoding="utf-8")
    [target] = re.findall(rf"^FROM service AS {service.name}\n(.*?)(?:\n\n|\Z)", dockerfile, re.DOTALL | re.MULTILINE)
    folder, prefix = service.package.replace(".", "/"), service.env_prefix
    assert target.strip().splitlines() == [
        f"COPY {folder} {folder}",
        f"ENV PORT={service.port} {prefix}HOST=0.0.0.0 {prefix}PORT={service.port}",
        f'CMD ["python", "-m", "{service.package}"]',
    ]
