"""All services together as processes, each on a database of its own, in as many replicas as a test wants."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.ports import LOOPBACK, free_port
from deploy.local.service_needs import needs_of
from deploy.local.signing_key import kept_signing_key
from services.registry import SERVICES
from tests.support.service_database import ServiceDatabase, ServiceTemplates
from tests.support.service_process import ServiceProcess, service_process

Variables = Mapping[str, str]
NONE: Variables = {}


@dataclass(frozen=True)
class Platform:
    """The services' processes, by name and then by replica, and their databases."""

    processes: Mapping[str, list[ServiceProcess]]
    databases: Mapping[str, ServiceDatabase]
    variables: Variables

    def url(self, service: str, replica: int = 0) -> str:
        return self.processes[service][replica].url


@contextmanager
def running_platform(
    templates: ServiceTemplates, valkey_url: str, directory: Path, *, replicas: int = 1, others: Variables = NONE
) -> Iterator[Platform]:
    """Every service of the registry, serving; a replica asks the others' replica of its own number.

    others: variables, by their full names, in the place of or beside what the local stack would say.
    """
    databases = {service.name: templates.create(service.name) for service in SERVICES}
    key = kept_signing_key(directory)
    common = {"valkey": valkey_url, "public_key": str(key.public), "private_key": str(key.private)}
    processes: dict[str, list[ServiceProcess]] = {service.name: [] for service in SERVICES}
    variables: dict[str, str] = {}
    with ExitStack() as stack:
        for _ in range(replicas):
            ports = {service.name: free_port() for service in SERVICES}
            places = common | {name: f"http://{LOOPBACK}:{port}" for name, port in ports.items()}
            for service in SERVICES:
                objects = (directory / "objects").as_uri()
                told = needs_of(service).told(service, {**places, "objects": objects})
                address = {f"{service.env_prefix}DATABASE_URL": databases[service.name].app_url}
                own = {name: value for name, value in others.items() if name.startswith(service.env_prefix)}
                variables |= told
                process = service_process(service, {**address, **told, **own}, directory, ports[service.name])
                processes[service.name].append(stack.enter_context(process))
        for running in processes.values():
            for each in running:
                each.wait_until_serving()
        yield Platform(processes, databases, variables)
    for database in databases.values():
        templates.drop(database)
