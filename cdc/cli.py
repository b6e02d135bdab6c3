"""The command line of capture: `python -m cdc run|lag|verify|resnapshot|retain|dead-letters|adopt|release`."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Annotated

import psycopg2
import typer
from clickhouse_connect.driver.exceptions import ClickHouseError
from rich.text import Text

from cdc.adoption.commands import adopt, release_adopted
from cdc.captured import captured, captured_once_it_answers
from cdc.catalog.declared import declared_names
from cdc.catalog.lookup import Catalogs
from cdc.catalog.model import CatalogError, ServiceCatalog
from cdc.clickhouse import InsertRefusedError, ShortInsertError, client
from cdc.dead_letter_commands import app as dead_letters
from cdc.lag import ServiceLag, TableLag, service_lag, table_lags
from cdc.pipeline import Pipeline
from cdc.postgres import session
from cdc.resnapshot import copy_anew
from cdc.retention import Retention, thin
from cdc.run import run_until_stopped
from cdc.settings import CdcSettings, address_variable, database_url, has_address
from cdc.source.epochs import begin_epoch, described
from cdc.source.slot import BatchLimits
from cdc.source.slot_setup import NotReadyError
from cdc.standing import Standing, service_standing
from cdc.turns import Turns
from cdc.verify.caught_up import NotCaughtUpError
from cdc.verify.proof import TableProof, verify_table
from services.kit.command_line import FAILED, Services, explained
from services.kit.command_output import Json, output, say_heading, say_json, say_note, say_rows, shown
from services.kit.logging import configure_logging

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Change data capture from PostgreSQL to ClickHouse.")
app.add_typer(dead_letters, name="dead-letters")
app.command()(adopt)
app.command("release")(release_adopted)
_PATIENCE_SECONDS = 5.0
# Short, so that a service's row fits a screen of 80 columns.
_SERVICE_COLUMNS = ("service", "delay", "stored to", "slot", "behind", "retained")
_RETENTION_COLUMNS = ("table", "thinned before (UTC)", "versions removed")
_EPOCH_COLUMNS = ("service", "epoch", "since (UTC)", "why")
_TABLE_COLUMNS = ("table", "changes", "newest (UTC)", "as text", "parked")


@app.command()
def run(services: Services = None) -> None:
    """Stream the services' changes into ClickHouse until stopped by SIGTERM or Ctrl-C."""
    configure_logging("cdc")
    with _explained():
        settings = CdcSettings.load()
        limits = BatchLimits(settings.flush_seconds, settings.batch_rows, settings.batch_bytes)
        turns, clickhouse_url = Turns(settings.services_at_once), str(settings.clickhouse_url)
        catalogs = _chosen(captured_once_it_answers(clickhouse_url), services)
        pipelines = [
            Pipeline(
                each,
                database_url(each.service),
                clickhouse_url,
                limits,
                settings.heartbeat_seconds,
                turns,
                settings.longest_wait_seconds,
                settings.shape_seconds,
                settings.dead_letters_in_a_row,
            )
            for each in catalogs
        ]
        # Where nothing is kept for a time only, there is nothing to thin.
        retentions = [
            Retention(pipeline.catalog, pipeline.database_url, clickhouse_url, settings.retention_seconds)
            for pipeline in pipelines
            if any(table.capture.retain for table in pipeline.catalog.tables)
        ]
        run_until_stopped([*pipelines, *retentions])


@app.command()
def lag(services: Services = None, *, as_json: Json = False) -> None:
    """Say how long a change takes to ClickHouse now, and how much WAL each replication slot holds back."""
    with _explained(), client(str(CdcSettings.load().clickhouse_url)) as opened:
        catalogs = _chosen(captured(opened), services)
        found = [service_lag(each, database_url(each.service), opened, _PATIENCE_SECONDS) for each in catalogs]
        tables = [table for each in catalogs for table in table_lags(each, opened)]
        standing = [each for each in (service_standing(catalog, opened) for catalog in catalogs) if each]
    if as_json:
        for line in [*map(asdict, found), *map(asdict, tables), *map(asdict, standing)]:
            say_json(line)
    else:
        say_heading("how late the copy is (times in UTC), and what each replication slot holds back")
        say_rows(_SERVICE_COLUMNS, [_service_row(each) for each in found], as_json=False)
        say_heading("what history has; as text: values that ClickHouse's types cannot hold; parked: dead letters")
        say_rows(_TABLE_COLUMNS, [_table_row(each) for each in tables], as_json=False)
        say_heading("since when each stream goes on without a gap, and why it began there; copies under way")
        say_rows(_EPOCH_COLUMNS, [_epoch_row(each) for each in standing], as_json=False)
        for table, stage in [copy for each in standing for copy in each.copies.items()]:
            output.print(f"{table}: {stage}", highlight=False, soft_wrap=True)


@app.command()
def verify(
    names: Annotated[
        list[str] | None, typer.Argument(help="services or tables, e.g. file or file.files; all if none is named")
    ] = None,
    *,
    timeout: Annotated[float, typer.Option(help="seconds to wait until ClickHouse reaches PostgreSQL's position")] = 60,
    as_json: Json = False,
) -> None:
    """Prove that ClickHouse holds what PostgreSQL holds; exits with 1 and names the keys that differ if not."""
    with _explained(), client(str(CdcSettings.load().clickhouse_url)) as opened:
        catalogs = captured(opened)
        wanted = names or [each.service for each in _chosen(catalogs, None)]
        chosen = [table for name in wanted for table in catalogs.tables(name)]
        equal = True
        for table in chosen:
            catalog = catalogs.service(table.service)
            proof = verify_table(table, catalog, database_url(table.service), opened, timeout)
            equal &= not proof.differences
            _say_proof(proof, as_json=as_json)
    if not equal:
        raise typer.Exit(FAILED)


@app.command()
def resnapshot(tables: Annotated[list[str], typer.Argument(help="tables, e.g. file.files")]) -> None:
    """Copy tables anew while the stream goes on, and delete what is gone; `python -m cdc run` does it meanwhile."""
    with _explained(), client(str(CdcSettings.load().clickhouse_url)) as opened:
        for table in map(captured(opened).table, tables):
            copied = copy_anew(
                table, database_url(table.service), opened, lambda line: output.print(line, highlight=False)
            )
            output.print(f"{table}: {copied.stage}", highlight=False)


@app.command()
def recover(
    service: Annotated[str, typer.Argument(help="the service, e.g. file")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Capture from whatever PostgreSQL is there now: a new epoch, in which the next `run` copies everything anew."""
    with _explained(), client(str(CdcSettings.load().clickhouse_url)) as opened:
        catalog = captured(opened).service(service)
        with session(database_url(service)) as connection:
            question = f"{service}: carry on with {described(connection, opened, service)}"
            if not yes and not typer.confirm(question):
                raise typer.Exit(FAILED)
            epoch = begin_epoch(connection, opened, catalog.service, "asked for by `cdc recover`")
        output.print(f"{service}: epoch {epoch.number} begins once `python -m cdc run` runs", highlight=False)


@app.command()
def retain(services: Services = None, *, as_json: Json = False) -> None:
    """Remove history that is older than its table keeps it, as `run` does from time to time."""
    with _explained(), client(str(CdcSettings.load().clickhouse_url)) as opened:
        thinned = [
            done
            for each in _chosen(captured(opened), services)
            for done in thin(each, database_url(each.service), opened)
        ]
    lines = [(str(done.table), f"{done.before:%Y-%m-%d %H:%M:%S}", done.versions) for done in thinned]
    say_rows(_RETENTION_COLUMNS, lines, as_json=as_json)


def _explained() -> AbstractContextManager[None]:
    failures = (NotReadyError, NotCaughtUpError, InsertRefusedError, ShortInsertError)
    return explained(*failures, psycopg2.Error, ClickHouseError, OSError, usage=(CatalogError,))


def _chosen(catalogs: Catalogs, services: Sequence[str] | None) -> tuple[ServiceCatalog, ...]:
    """The named ones; if none is, every service and each adopted database whose address is set."""
    if services:
        return catalogs.chosen(services)
    reachable = tuple(each for each in catalogs.all if each.service in declared_names() or has_address(each.service))
    for each in catalogs.all:
        if each not in reachable:
            say_note(f"{each.service} was adopted and is left out: {address_variable(each.service)} is not set")
    return reachable


def _say_proof(proof: TableProof, *, as_json: bool) -> None:
    if as_json:
        differences = [asdict(difference) for difference in proof.differences]
        say_json({"table": str(proof.table), "rows": proof.rows, "differences": differences})
        return
    verdict = ("differs", "red") if proof.differences else ("equal", "green")
    output.print(Text.assemble(f"{proof.table}: ", verdict, f", {proof.rows} rows in PostgreSQL"))
    for difference in proof.differences:
        output.print(Text("  ") + shown(difference), soft_wrap=True)


def _service_row(found: ServiceLag) -> tuple[str, ...]:
    slot = found.slot
    delay = f"over {_PATIENCE_SECONDS:g} s" if found.delay_seconds is None else f"{found.delay_seconds:.2f} s"
    newest = f"{found.newest_commit:%m-%d %H:%M:%S}" if found.newest_commit else "none"
    if slot is None:
        return found.service, delay, newest, "none", "", ""
    state = f"{'active' if slot.active else 'not read'}, {slot.wal_status}"
    return found.service, delay, newest, state, _bytes(slot.unconfirmed_bytes), _bytes(slot.retained_bytes)


def _table_row(found: TableLag) -> tuple[str, ...]:
    newest = f"{found.newest_change:%Y-%m-%d %H:%M:%S}" if found.newest_change else "none"
    return found.table, str(found.changes), newest, str(found.raw_values), str(found.parked)


def _epoch_row(found: Standing) -> tuple[str, ...]:
    return found.service, str(found.epoch), f"{found.since:%m-%d %H:%M:%S}", found.reason


def _bytes(count: int) -> str:
    return f"{count / 2**20:.1f} MiB" if count < 100 * 2**20 else f"{count / 2**30:.1f} GiB"
