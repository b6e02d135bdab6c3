"""All services together as processes, each on a database of its own, in as many replicas as a test wants."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.local.ports import LOOPBACK, free_port
from deploy.local.service_needs import needs_of
from deploy.local.signing_key import kept_signing_key
from deploy.local.source import Source
from deploy.local.valkey import Valkey
from services.api_gateway_service.token_issuing import issue_token
from services.api_gateway_service.token_settings import PREFIX, IssuingSettings
from services.registry import SERVICES, Service
from tests.support.service_database import ServiceDatabase, ServiceTemplates
from tests.support.service_process import ServiceProcess, service_process

Variables = Mapping[str, str]
_ISSUING = ("jwt_algorithm", "jwt_issuer", "jwt_audience", "jwt_development_key_file")


@dataclass(frozen=True)
class Platform:
    """The services' processes, by name and then by replica, with their variables, and their databases."""

    processes: Mapping[str, list[ServiceProcess]]
    databases: Mapping[str, ServiceDatabase]
    variables: dict[str, str]

    def url(self, service: str, replica: int = 0) -> str:
        return self.processes[service][replica].url


def places_of(directory: Path, valkey_url: str, ports: Mapping[str, int]) -> dict[str, str]:
    """Where a service finds what it needs beside its database: objects and keys in `directory`, others on `ports`."""
    key = kept_signing_key(directory)
    return {
        "valkey": valkey_url,
        "objects": (directory / "objects").as_uri(),
        "public_key": str(key.public),
        "private_key": str(key.private),
        **{name: f"http://{LOOPBACK}:{port}" for name, port in ports.items()},
    }


@dataclass(frozen=True)
class Surroundings:
    """What the services of a platform stand on, and variables that a test wants to be different."""

    databases: Mapping[str, ServiceDatabase]
    valkey_url: str
    directory: Path
    others: Variables = field(default_factory=dict)

    def variables(self, ports: Mapping[str, int]) -> Iterator[tuple[Service, dict[str, str]]]:
        """What each service is told when they all listen on these ports."""
        places = places_of(self.directory, self.valkey_url, ports)
        for service in SERVICES:
            address = {f"{service.env_prefix}DATABASE_URL": self.databases[service.name].app_url}
            yield service, address | needs_of(service, Source.SLOT).told(service, places) | dict(self.others)


@contextmanager
def running_platform(
    templates: ServiceTemplates, valkey_url: str, directory: Path, *, replicas: int = 1, **others: str
) -> Iterator[Platform]:
    """Every service of the registry, serving; a replica asks the others' replica of its own number.

    others: variables, by their full names, in the place of or beside what the local stack would say.
    """
    databases = {service.name: templates.create(service.name) for service in SERVICES}
    platform = Platform({service.name: [] for service in SERVICES}, databases, {})
    with ExitStack() as stack:
        for database in databases.values():
            stack.callback(templates.drop, database)
        for _ in range(replicas):
            _start_replica(platform, Surroundings(databases, valkey_url, directory, others), stack)
        for running in platform.processes.values():
            for each in running:
                each.wait_until_serving()
        yield platform


def _start_replica(platform: Platform, surroundings: Surroundings, stack: ExitStack) -> None:
    ports = {service.name: free_port() for service in SERVICES}
    for service, told in surroundings.variables(ports):
        process = service_process(service, told, surroundings.directory, ports[service.name])
        platform.processes[service.name].append(stack.enter_context(process))
        platform.variables.update(told)


@pytest.fixture(name="platform", scope="session")
def platform_fixture(
    service_templates: ServiceTemplates, valkey_server: Valkey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """The run's platform, in two replicas, for tests that look at nothing but their own things."""
    directory: Path = tmp_path_factory.mktemp("platform")
    gateway = {
        "API_GATEWAY_POLICY_CACHE_SECONDS": "0.5",
        # A machine under load is no outage: requests that nobody counted would pass.
        "API_GATEWAY_VALKEY_TIMEOUT": "10",
    }
    with running_platform(service_templates, valkey_server.url, directory, replicas=2, **gateway) as platform:
        yield platform


def issued_token(platform: Platform, user: str, *roles: str) -> str:
    """A token that the platform's gateway accepts."""
    told = {name: platform.variables[f"{PREFIX}{name.upper()}"] for name in _ISSUING}
    return issue_token(IssuingSettings.model_validate(told), user, roles, timedelta(hours=1))
