"""The command line of schema changes: `python -m migrations upgrade|status|check|adopt`."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Annotated

import typer
from alembic.util import CommandError
from clickhouse_connect.driver import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from cdc.catalog.clickhouse_object import ClickHouseObject
from cdc.catalog.declared import all_catalogs, service_catalog
from cdc.catalog.model import CatalogError, ServiceCatalog
from migrations import capture, clickhouse, in_effect, postgres
from migrations.settings import MigrationsSettings, database_url
from services.kit.clickhouse import connected
from services.kit.command_line import FAILED, Services, explained
from services.kit.command_output import output, shown
from services.registry import SERVICES, Service, service_named

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Schemas of the service databases and of ClickHouse."
)


@dataclass(frozen=True)
class Standing:
    """How one schema stands: what it is, how far it is, and what an upgrade would have to do."""

    schema: str
    at: str
    missing: tuple[str, ...]


@app.command()
def upgrade(
    services: Services = None,
    *,
    databases_only: Annotated[bool, typer.Option("--databases-only", help="leave ClickHouse as it is")] = False,
) -> None:
    """Bring the service databases, what capture needs in them, and ClickHouse to what the code wants."""
    with _explained():
        if not databases_only:
            with _clickhouse() as client:
                in_effect.announce(client, all_catalogs())
        for service in _chosen(services):
            # What is recorded in ClickHouse is not asked for where ClickHouse is to be left alone.
            catalog = service_catalog(service.name)
            _upgrade_database(service, catalog if databases_only else _in_effect([catalog])[0])
        if not databases_only:
            _upgrade_clickhouse()


def _upgrade_database(service: Service, catalog: ServiceCatalog) -> None:
    url = database_url(service)
    before = postgres.current(url)
    postgres.upgrade(service, url)
    after = postgres.current(url)
    moved = f"at {after}" if before == after else f"from {before or 'nothing'} to {after}"
    _say(f"{service.database}: {moved}")
    for statement in capture.upgrade(service, catalog, url):
        _say(f"{service.database}: {statement}")


def _upgrade_clickhouse() -> None:
    with _clickhouse() as client:
        durable = MigrationsSettings.load().clickhouse_durable
        changed = in_effect.upgrade(client, in_effect.everything(client), durable=durable)
    for found in changed:
        _say(f"ClickHouse: {found.wanted.name} was {found.state.value}")
    _say(f"ClickHouse: {len(_wanted())} objects up to date")


@app.command()
def status(services: Services = None) -> None:
    """Show how each schema stands and what an upgrade would do."""
    with _explained():
        table = Table("schema", "at", "an upgrade would", show_lines=True)
        for standing in _standings(services):
            steps = standing.missing or ("change nothing",)
            table.add_row(standing.schema, standing.at, Text("\n").join(map(shown, steps)))
        output.print(table)


@app.command()
def check(services: Services = None) -> None:
    """Exit with 1 and say why unless every schema is what the code wants."""
    with _explained():
        behind = [standing for standing in _standings(services) if standing.missing]
        for standing in behind:
            for reason in standing.missing:
                _say(f"{standing.schema}: {reason}")
    if behind:
        raise typer.Exit(FAILED)
    _say("every schema is up to date")


@app.command()
def adopt(
    service: Annotated[str, typer.Argument(help="the service whose database was made before these migrations")],
    revision: Annotated[str, typer.Option(help="the revision whose tables it has")] = "head",
) -> None:
    """Record that a database made by other means is at a revision; changes nothing else in it."""
    with _explained():
        adopted = service_named(service)
        postgres.adopt(adopted, database_url(adopted), revision)
        _say(f"{adopted.database}: recorded as {revision}")


def _say(line: str) -> None:
    output.print(shown(line), soft_wrap=True)


def _explained() -> AbstractContextManager[None]:
    failures = (postgres.UnversionedDatabaseError, postgres.AdoptionError, clickhouse.SchemaConflictError)
    return explained(*failures, SQLAlchemyError, CommandError, ClickHouseError, OSError, usage=(CatalogError,))


def _standings(services: Sequence[str] | None) -> Iterator[Standing]:
    yield from map(_database_standing, _chosen(services))
    with _clickhouse() as client:
        found = clickhouse.compare(client, _wanted())
    missing = [
        f"mend {each.wanted.name}, {each.state.value}" for each in found if each.state is not clickhouse.State.CURRENT
    ]
    yield Standing("ClickHouse", f"{len(found) - len(missing)} of {len(found)} objects", tuple(missing))


def _database_standing(service: Service) -> Standing:
    url = database_url(service)
    at, heads = postgres.current(url), postgres.heads(service)
    if (at,) != heads:
        return Standing(service.database, at or "empty", (f"migrate from {at or 'nothing'} to {', '.join(heads)}",))
    differing = [f"not mend what differs from the models: {each}" for each in postgres.differences(service, url)]
    lacking = capture.missing(service, _in_effect([service_catalog(service.name)])[0], url)
    return Standing(service.database, at or "empty", (*differing, *lacking))


def _chosen(services: Sequence[str] | None) -> tuple[Service, ...]:
    return tuple(map(service_named, services)) if services else SERVICES


def _wanted() -> tuple[ClickHouseObject, ...]:
    durable = MigrationsSettings.load().clickhouse_durable
    with _clickhouse() as client:
        return in_effect.wanted(client, in_effect.everything(client), durable=durable)


def _in_effect(declared: Sequence[ServiceCatalog]) -> tuple[ServiceCatalog, ...]:
    with _clickhouse() as client:
        return in_effect.catalogs_in_effect(client, declared)


def _clickhouse() -> AbstractContextManager[Client]:
    return connected(str(MigrationsSettings.load().clickhouse_url))
