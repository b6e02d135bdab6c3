"""The commands for Debezium's connectors: `python -m cdc connect plan|apply|status|restart|delete`.

A command names services, and is about all the connectors of each.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer
from clickhouse_connect.driver import Client
from psycopg2.extensions import parse_dsn

from cdc.bookkeeping.epochs import current_epoch
from cdc.captured import captured
from cdc.catalog.model import ServiceCatalog
from cdc.clickhouse import client
from cdc.commands.databases import chosen
from cdc.commands.explained import failures_explained
from cdc.connect import apply as connectors
from cdc.connect.apply import Patience
from cdc.connect.configuration import Database, Kafka, password_reference
from cdc.connect.difference import EPOCH, ConnectorPlan, Step
from cdc.connect.rest import ConnectClient, ConnectError, connect_client
from cdc.connect.settings import ConnectSettings
from cdc.connect.wanted import configurations, connectors_of
from cdc.postgres import session
from cdc.settings import CdcSettings, database_url
from cdc.source.slot_setup import require_published
from services.kit.command_line import FAILED, Services
from services.kit.command_output import Json, output, say_json, say_note, say_rows, shown

app = typer.Typer(
    no_args_is_help=True,
    help="Debezium's connectors on Kafka Connect: what captures each service, and what publishes its answers.",
)
_STATUS_COLUMNS = ("connector", "state", "task", "epoch", "trouble")
_FIRST_EPOCH, _POSTGRES_PORT = 1, 5432
Yes = Annotated[bool, typer.Option("--yes", help="do not ask")]
Timeout = Annotated[float, typer.Option(help="seconds to wait until a task runs")]


@app.command()
def plan(services: Services = None, *, as_json: Json = False) -> None:
    """Show what `apply` would do, key by key; exits with 1 if that is anything."""
    with _explained(), _opened(services) as (connect, _, plans):
        del connect
        for each in plans:
            _say_plan(each, as_json=as_json)
    if any(each.step is not Step.NOTHING for each in plans):
        raise typer.Exit(FAILED)


@app.command()
def apply(services: Services = None, *, yes: Yes = False, timeout: Timeout = 60.0) -> None:
    """Create or change the services' connectors, and wait until their tasks run; says first what changes, and asks."""
    with _explained(), _opened(services) as (connect, catalogs, plans):
        for each in plans:
            _say_plan(each, as_json=False)
        due = any(each.step is not Step.NOTHING for each in plans)
        if due and not (yes or typer.confirm("do this?")):
            return
        for catalog in catalogs:
            with session(database_url(catalog.service)) as connection:
                require_published(connection, catalog)
        # A worker starts tasks beside one another.
        for each in plans:
            connectors.carry_out(connect, each, Patience(timeout))
        for each in plans:
            connectors.wait_until_running(connect, each.name, Patience(timeout))
            output.print(f"{each.name}: its task runs", highlight=False)


@app.command()
def status(services: Services = None, *, as_json: Json = False) -> None:
    """Show how the services' connectors are; exits with 1 unless all run."""
    with _explained(), _reached() as (connect, opened):
        found = [(name, *_status(connect, name)) for name in _names(opened, services)]
    say_rows(_STATUS_COLUMNS, found, as_json=as_json, prose=("trouble",))
    if any((state, task) != ("RUNNING", "RUNNING") for _, state, task, _, _ in found):
        raise typer.Exit(FAILED)


@app.command()
def restart(services: Services = None, *, timeout: Timeout = 60.0) -> None:
    """Start connectors and their tasks anew, and wait until they run."""
    with _explained(), _reached() as (connect, opened):
        for name in _names(opened, services):
            connectors.restart(connect, name, Patience(timeout))
            output.print(f"{name}: its task runs", highlight=False)


@app.command()
def delete(services: Services = None, *, yes: Yes = False, timeout: Timeout = 60.0) -> None:
    """Delete connectors, and how far they had come; topics and slots stay."""
    with _explained(), _reached() as (connect, opened):
        names = _names(opened, services)
        if not (yes or typer.confirm(f"delete {', '.join(names)}?")):
            return
        for name in names:
            if connectors.delete(connect, name, Patience(timeout)):
                output.print(f"{name}: deleted", highlight=False)
                say_note(f"{name}: its slot stays, and PostgreSQL keeps WAL for it until it is dropped or read again")
            else:
                output.print(f"{name}: is not there", highlight=False)


def planned(connect: ConnectClient, opened: Client, catalog: ServiceCatalog, kafka: Kafka) -> list[ConnectorPlan]:
    """What is wanted of a service's connectors in the epoch that it is in, beside what Connect has."""
    service, settings = catalog.service, CdcSettings.load()
    epoch = current_epoch(opened, service)
    number = epoch.number if epoch else _FIRST_EPOCH
    wanted = configurations(catalog, database_of(service), number, kafka, settings.heartbeat_seconds)
    named = zip(connectors_of(catalog), wanted, strict=True)
    return [ConnectorPlan(name, each, connect.configuration(name)) for name, each in named]


def database_of(service: str) -> Database:
    """Where a service's database is, from `CDC_<SERVICE>_DATABASE_URL`; its password stays there."""
    parts = parse_dsn(database_url(service))
    port = int(parts.get("port", _POSTGRES_PORT))
    return Database(parts["host"], port, parts["dbname"], parts["user"], password_reference(service))


@contextmanager
def _explained() -> Iterator[None]:
    with failures_explained(ConnectError):
        yield


@contextmanager
def _reached() -> Iterator[tuple[ConnectClient, Client]]:
    address = str(ConnectSettings.load().connect_url)
    with connect_client(address) as connect, client(str(CdcSettings.load().clickhouse_url)) as opened:
        yield connect, opened


@contextmanager
def _opened(
    services: Sequence[str] | None,
) -> Iterator[tuple[ConnectClient, tuple[ServiceCatalog, ...], list[ConnectorPlan]]]:
    with _reached() as (connect, opened):
        catalogs, kafka = chosen(captured(opened), services), ConnectSettings.load().kafka
        yield connect, catalogs, [due for each in catalogs for due in planned(connect, opened, each, kafka)]


def _names(opened: Client, services: Sequence[str] | None) -> list[str]:
    return [name for each in chosen(captured(opened), services) for name in connectors_of(each)]


def _status(connect: ConnectClient, name: str) -> tuple[str | None, str | None, str | None, str]:
    current = connect.configuration(name)
    if current is None:
        return None, None, None, "is not there"
    state = connect.state(name)
    epoch = current.get(EPOCH)
    return (state.connector, state.task, epoch, state.trouble) if state else (None, None, epoch, "")


def _say_plan(each: ConnectorPlan, *, as_json: bool) -> None:
    if as_json:
        changes = [{"key": change.key, "before": change.before, "after": change.after} for change in each.changes]
        say_json({"connector": each.name, "step": str(each.step), "changes": changes})
        return
    output.print(f"{each.name}: {each.step}", highlight=False)
    for change in each.changes:
        output.print(shown(f"  {change}"), soft_wrap=True)
