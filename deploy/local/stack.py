"""The local stack as a table: a row for each process, in the order in which they start."""

import importlib.util

from deploy.local.accounts import server_account
from deploy.local.bootstrap import settle_cluster
from deploy.local.children import Command
from deploy.local.clickhouse.command import PASSWORD_VARIABLE as CLICKHOUSE_PASSWORD
from deploy.local.clickhouse.command import endpoint_command
from deploy.local.kafka.groups import groups_read
from deploy.local.kafka.stack_parts import CONNECTORS, STARTING_SECONDS, bootstrap, capture_group, kafka_parts
from deploy.local.module_command import module_command
from deploy.local.parts import Ending, Kind, Part, Readiness
from deploy.local.ports import LOOPBACK
from deploy.local.ports_chosen import kafka_ports, service_port, stack_ports
from deploy.local.postgres import ENDINGS, server_command
from deploy.local.postgres_binaries import find_binaries
from deploy.local.ready import http_answers, postgres_answers, slots_are_read
from deploy.local.service_needs import needs_of
from deploy.local.source import Source, remembered_source
from deploy.local.state import StateDirectory
from deploy.local.valkey import PASSWORD_VARIABLE as VALKEY_PASSWORD
from deploy.local.valkey import Valkey
from deploy.local.valkey import answers as valkey_answers
from deploy.local.valkey import server_command as valkey_command
from services.registry import SERVICES, Service

# A revision may rewrite a large table: ended halfway, it would only begin anew.
MIGRATION_SECONDS = 600.0


def local_stack(state: StateDirectory, values: dict[str, str]) -> tuple[Part, ...]:
    """Every part of this checkout. MissingBinariesError, UnreachableError or SettingsError if one can't run."""
    return (
        *_databases(state, values),
        _counters(state, values),
        *(_service(service, state, remembered_source(values)) for service in SERVICES if _exists(service.package)),
        *_source(state, values),
    )


def _databases(state: StateDirectory, values: dict[str, str]) -> tuple[Part, ...]:
    account, ports, cluster = server_account(), stack_ports(), settle_cluster(state)
    postgres = server_command(find_binaries(account), cluster.data, ports.postgres.number, durable=True)
    return (
        Part("cluster", module_command(state, "deploy.local", "prepare-postgres"), kind=Kind.STEP),
        Part(
            "postgres",
            Command(postgres, cluster.directory, account=account),
            after=("cluster",),
            port=ports.postgres,
            readiness=Readiness(postgres_answers(cluster.directory, ports.postgres.number)),
            ending=Ending(ENDINGS, on_death=ENDINGS[-1]),
        ),
        Part(
            "clickhouse",
            endpoint_command(state.clickhouse, ports.clickhouse.number, values[CLICKHOUSE_PASSWORD]),
            port=ports.clickhouse,
            readiness=Readiness(http_answers(ports.clickhouse.number, "/ping")),
        ),
        Part(
            "bootstrap",
            module_command(state, "deploy.local", "bootstrap", str(ports.postgres.number)),
            after=("postgres",),
            kind=Kind.STEP,
        ),
        Part(
            "migrations",
            module_command(state, "migrations", "upgrade"),
            after=("bootstrap", "clickhouse"),
            kind=Kind.STEP,
            readiness=Readiness(within=MIGRATION_SECONDS),
        ),
    )


def _counters(state: StateDirectory, values: dict[str, str]) -> Part:
    port, password = stack_ports().valkey, values[VALKEY_PASSWORD]
    url = Valkey(LOOPBACK, port.number, password).url
    return Part(
        "valkey",
        valkey_command(state.valkey, port.number, password),
        port=port,
        readiness=Readiness(lambda: valkey_answers(url)),
    )


def _service(service: Service, state: StateDirectory, source: Source) -> Part:
    port = service_port(service)
    return Part(
        service.name,
        module_command(state, service.package),
        after=("migrations", *needs_of(service, source).after),
        port=port,
        readiness=Readiness(http_answers(port.number, "/healthz")),
    )


def _source(state: StateDirectory, values: dict[str, str]) -> tuple[Part, ...]:
    """Capture, after what it reads from."""
    if remembered_source(values) is Source.SLOT:
        databases = [service.database for service in SERVICES]
        read = slots_are_read(settle_cluster(state).directory, stack_ports().postgres.number, databases)
        return (_capture(state, "migrations", Readiness(read)),)
    read = groups_read(bootstrap(kafka_ports()), [capture_group(service) for service in SERVICES])
    return (*kafka_parts(state, values), _capture(state, CONNECTORS, Readiness(read, STARTING_SECONDS)))


def _capture(state: StateDirectory, after: str, readiness: Readiness) -> Part:
    command = module_command(state, "cdc", "run")
    return Part("cdc", command, after=(after,), port=stack_ports().metrics, readiness=readiness)


def _exists(package: str) -> bool:
    return importlib.util.find_spec(f"{package}.__main__") is not None
