"""The command line of capture: `python -m cdc run|lag|verify|resnapshot|retain|dead-letters|connect|switch|adopt|…`."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from cdc.bookkeeping.sources import source_in_effect
from cdc.captured import captured, declared_once_it_answers
from cdc.catalog.sources import Source, slot_of
from cdc.clickhouse import client
from cdc.commands.adoption import adopt, release_adopted
from cdc.commands.connect import app as connect
from cdc.commands.databases import chosen
from cdc.commands.dead_letters import app as dead_letters
from cdc.commands.explained import failures_explained
from cdc.commands.lag import lag
from cdc.commands.pipelines import kafka_place, pipelines
from cdc.commands.switch import switch_source
from cdc.copies.resnapshot import copy_anew
from cdc.monitoring.monitor import Monitor, monitoring
from cdc.monitoring.watched import Watched
from cdc.postgres import session
from cdc.retention import Retention, thin
from cdc.run import run_until_stopped
from cdc.settings import CdcSettings, database_url
from cdc.source.epochs import begin_epoch, described
from cdc.stream_metrics import StreamMetrics
from cdc.verify.caught_up import NotCaughtUpError
from cdc.verify.proof import TableProof, verify_table
from services.kit.command_line import FAILED, Services
from services.kit.command_output import Json, output, say_json, say_rows, shown
from services.kit.listener import PortTakenError
from services.kit.logging import configure_logging

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Change data capture from PostgreSQL to ClickHouse.")
app.add_typer(dead_letters, name="dead-letters")
app.add_typer(connect, name="connect")
app.command()(lag)
app.command("switch")(switch_source)
app.command()(adopt)
app.command("release")(release_adopted)
_RETENTION_COLUMNS = ("table", "thinned before (UTC)", "versions removed")


@app.command()
def run(
    services: Services = None,
    *,
    source: Annotated[
        Source | None, typer.Option(help="where changes are read, instead of what CDC_SOURCE says")
    ] = None,
) -> None:
    """Stream the services' changes into ClickHouse until stopped by SIGTERM or Ctrl-C."""
    configure_logging("cdc")
    with failures_explained(usage=(PortTakenError,)):
        settings = CdcSettings.load()
        with monitoring(settings) as monitor:
            _stream(settings, source or settings.source, services, monitor)


def _stream(settings: CdcSettings, source: Source, services: list[str] | None, monitor: Monitor) -> None:
    clickhouse_url = str(settings.clickhouse_url)
    streams = [
        Watched(
            each,
            database_url(each.service),
            slot_of(source, each.service),
            StreamMetrics(each.service),
            kafka_place(settings) if source is Source.KAFKA else None,
        )
        for each in chosen(declared_once_it_answers(clickhouse_url), services)
    ]
    monitor.watch(streams)
    # Where nothing is kept for a time only, there is nothing to thin.
    retentions = [
        Retention(each.catalog, each.database_url, clickhouse_url, settings.retention_seconds)
        for each in streams
        if any(table.capture.retain for table in each.catalog.tables)
    ]
    run_until_stopped([*pipelines(streams, settings), *retentions])


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
    with failures_explained(NotCaughtUpError), client(str(CdcSettings.load().clickhouse_url)) as opened:
        catalogs = captured(opened)
        wanted = names or [each.service for each in chosen(catalogs, None)]
        tables = [table for name in wanted for table in catalogs.tables(name)]
        equal = True
        for table in tables:
            catalog = catalogs.service(table.service)
            proof = verify_table(table, catalog, database_url(table.service), opened, timeout)
            equal &= not proof.differences
            _say_proof(proof, as_json=as_json)
    if not equal:
        raise typer.Exit(FAILED)


@app.command()
def resnapshot(tables: Annotated[list[str], typer.Argument(help="tables, e.g. file.files")]) -> None:
    """Copy tables anew while the stream goes on, and delete what is gone; `python -m cdc run` does it meanwhile."""
    with failures_explained(), client(str(CdcSettings.load().clickhouse_url)) as opened:
        for table in map(captured(opened).table, tables):
            copied = copy_anew(
                table, database_url(table.service), opened, lambda line: output.print(line, highlight=False)
            )
            output.print(f"{table}: {copied.stage}", highlight=False)


@app.command()
def recover(
    service: Annotated[str, typer.Argument(help="the service, e.g. file")],
    *,
    source: Annotated[
        Source | None, typer.Option(help="whence changes are to come; by default as they did, or as CDC_SOURCE says")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Capture from whatever PostgreSQL is there now: a new epoch, in which the next `run` copies everything anew."""
    with failures_explained(), client(str(CdcSettings.load().clickhouse_url)) as opened:
        catalog = captured(opened).service(service)
        with session(database_url(service)) as connection:
            question = f"{service}: carry on with {described(connection, opened, service)}"
            if not yes and not typer.confirm(question):
                raise typer.Exit(FAILED)
            source = source or source_in_effect(opened, service) or CdcSettings.load().source
            epoch = begin_epoch(connection, opened, catalog.service, "asked for by `cdc recover`", source)
        output.print(f"{service}: epoch {epoch.number} begins once `python -m cdc run` runs", highlight=False)


@app.command()
def retain(services: Services = None, *, as_json: Json = False) -> None:
    """Remove history that is older than its table keeps it, as `run` does from time to time."""
    with failures_explained(), client(str(CdcSettings.load().clickhouse_url)) as opened:
        thinned = [
            done
            for each in chosen(captured(opened), services)
            for done in thin(each, database_url(each.service), opened)
        ]
    lines = [(str(done.table), f"{done.before:%Y-%m-%d %H:%M:%S}", done.versions) for done in thinned]
    say_rows(_RETENTION_COLUMNS, lines, as_json=as_json)


def _say_proof(proof: TableProof, *, as_json: bool) -> None:
    if as_json:
        differences = [asdict(difference) for difference in proof.differences]
        say_json({"table": str(proof.table), "rows": proof.rows, "differences": differences})
        return
    verdict = ("differs", "red") if proof.differences else ("equal", "green")
    output.print(Text.assemble(f"{proof.table}: ", verdict, f", {proof.rows} rows in PostgreSQL"))
    for difference in proof.differences:
        output.print(Text("  ") + shown(difference), soft_wrap=True)
