"""The local stack as a table: a row for each process, in the order in which they start."""

import importlib.util
import signal
import sys
from pathlib import Path

from deploy.local.accounts import server_account
from deploy.local.bootstrap import settle_cluster
from deploy.local.parts import Kind, Part
from deploy.local.ports import LOOPBACK
from deploy.local.ports_chosen import service_port, stack_ports
from deploy.local.postgres import ENDINGS, server_command
from deploy.local.postgres_binaries import find_binaries
from deploy.local.ready import http_answers, postgres_answers, slots_are_read
from deploy.local.stack_environment import CLICKHOUSE_SECRET
from deploy.local.state import STATE_VARIABLE, StateDirectory
from services.kit.settings import ENV_FILE_VARIABLE
from services.registry import SERVICES, Service


def local_stack(state: StateDirectory, values: dict[str, str]) -> tuple[Part, ...]:
    """Every part of this checkout. MissingBinariesError, UnreachableError or SettingsError if one can't run."""
    return (
        *_databases(state, values),
        *(_service(service, state) for service in SERVICES if _exists(service.package)),
        _capture(state),
    )


def _databases(state: StateDirectory, values: dict[str, str]) -> tuple[Part, ...]:
    account, ports = server_account(), stack_ports()
    cluster = settle_cluster(state)
    return (
        Part(
            name="cluster",
            kind=Kind.STEP,
            argv=_module("deploy.local", "prepare-postgres"),
            environment=_environment(state),
        ),
        Part(
            name="postgres",
            after=("cluster",),
            argv=tuple(server_command(find_binaries(account), cluster.data, ports.postgres.number, durable=True)),
            account=account,
            directory=cluster.directory,
            port=ports.postgres,
            address=f"{LOOPBACK}:{ports.postgres.number}",
            ready=postgres_answers(cluster.directory, ports.postgres.number),
            endings=ENDINGS,
            on_death=signal.SIGQUIT,
        ),
        Part(
            name="clickhouse",
            argv=_module(
                "deploy.local.clickhouse", "--path", str(state.clickhouse), "--port", str(ports.clickhouse.number)
            ),
            environment=_environment(state) | {CLICKHOUSE_SECRET: values[CLICKHOUSE_SECRET]},
            port=ports.clickhouse,
            address=f"http://{LOOPBACK}:{ports.clickhouse.number}",
            ready=http_answers(f"http://{LOOPBACK}:{ports.clickhouse.number}/ping"),
        ),
        Part(
            name="bootstrap",
            kind=Kind.STEP,
            after=("postgres",),
            argv=_module("deploy.local", "bootstrap", str(ports.postgres.number)),
            environment=_environment(state),
        ),
        Part(
            name="migrations",
            kind=Kind.STEP,
            after=("bootstrap", "clickhouse"),
            argv=_module("migrations", "upgrade"),
            environment=_environment(state),
        ),
    )


def _service(service: Service, state: StateDirectory) -> Part:
    port = service_port(service)
    return Part(
        name=service.name,
        after=("migrations",),
        argv=_module(service.package),
        environment=_environment(state),
        port=port,
        address=f"http://{LOOPBACK}:{port.number}",
        ready=http_answers(f"http://{LOOPBACK}:{port.number}/healthz"),
    )


def _capture(state: StateDirectory) -> Part:
    databases = [service.database for service in SERVICES]
    return Part(
        name="cdc",
        after=("migrations",),
        argv=_module("cdc", "run"),
        environment=_environment(state),
        ready=slots_are_read(settle_cluster(state).directory, stack_ports().postgres.number, databases),
    )


def _module(name: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name, *arguments)


def _environment(state: StateDirectory) -> dict[str, str]:
    """What tells a part where the stack's variables are; parts write their logs line by line."""
    return {
        ENV_FILE_VARIABLE: str(state.environment),
        STATE_VARIABLE: str(state.root),
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(Path.cwd()),
    }


def _exists(package: str) -> bool:
    return importlib.util.find_spec(f"{package}.__main__") is not None
