"""The command line of analytics: `python -m analytics timeline|as-of|query`."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from clickhouse_connect.driver import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from analytics.as_of import AsOf, Span, captured_span, kept_since
from analytics.captured import captured
from analytics.changes import Change
from analytics.clickhouse import ask, ask_typed, reader
from analytics.conditions import assignments
from analytics.errors import CannotAnswerError, NothingFoundError, QuestionError
from analytics.exports import Outlet, change_table, outlet_of, text_table
from analytics.instants import FORMS, instant, period, readable
from analytics.named_queries import NamedQuery, bound, named_queries, query_named, with_period
from analytics.presentation import change_block, change_record, subject_of
from analytics.settings import AnalyticsSettings
from analytics.timeline import timeline
from cdc.catalog.model import CatalogError
from services.kit.command_line import explained
from services.kit.command_output import Json, say_json, say_note, say_rows, shown
from services.kit.command_output import output as screen

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Ask the copy in ClickHouse who changed what, when.")
TableName = Annotated[str, typer.Argument(metavar="TABLE", help="a captured table, e.g. file.files")]
Output = Annotated[
    str | None,
    typer.Option("--output", "-o", help="table, json, csv, parquet, or a file that ends with .csv or .parquet"),
]
Since = Annotated[str | None, typer.Option(help=f"from this instant on: {FORMS}")]
Until = Annotated[str | None, typer.Option(help="before this instant; a date is the day's beginning")]
_ROWS_ON_A_SCREEN = 100


@app.command("timeline")
def show_timeline(
    table: TableName,
    key: Annotated[str, typer.Argument(help="the primary key; several columns as a,b, a value with a comma quoted")],
    *,
    related: Annotated[bool, typer.Option(help="with the tables whose keys begin with the same column")] = False,
    since: Since = None,
    until: Until = None,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Show a row's whole life: each change, who made it, in which request, old and new values."""
    with _explained():
        outlet, within = outlet_of(output, as_json=as_json), period(since, until, datetime.now(UTC))
        with _reader() as client:
            wanted = captured(client).table(table)
            whole, kept = timeline(client, wanted, key, related=related), kept_since(client, wanted)
        found = [change for change in whole if within.holds(change.version.commit_time)]
        if outlet.is_export:
            outlet.write(change_table(found))
        else:
            _say_changes(found, next(subject_of(change) for change in whole if change.version.table == table), outlet)
    if len(found) < len(whole):
        say_note(f"{len(found)} of {len(whole)} changes were made {within}")
    if kept is not None:
        say_note(f"{table}: versions that were superseded before {readable(kept)} are not kept")


@app.command("as-of")
def show_as_of(
    table: TableName,
    at: Annotated[list[str], typer.Argument(metavar="INSTANT", help=f"{FORMS}; UTC unless it names a zone")],
    *,
    where: Annotated[list[str] | None, typer.Option(help="column=value; repeat to narrow further")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help=f"the most rows; else {_ROWS_ON_A_SCREEN} on a screen, all in a file")
    ] = None,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Show a table's rows as the commits up to an instant left them.

    Commits are not quite in time order: one that is a moment older than the instant may become visible after it.
    """
    with _explained():
        outlet = outlet_of(output, as_json=as_json)
        moment, conditions = instant(" ".join(at), datetime.now(UTC)), assignments(where or [], "a condition")
        most = limit if outlet.is_export or limit else _ROWS_ON_A_SCREEN
        with _reader() as client:
            asked = AsOf(captured(client).table(table), moment, conditions, most)
            count = _export_rows(client, asked, outlet) if outlet.is_export else _say_rows(client, asked, outlet)
            span = captured_span(client, asked.table)
    for note in _notes(moment, span):
        say_note(f"{table} {note}")
    say_note(f"{count} as of {readable(moment)}")


@app.command("query")
def run_query(
    name: Annotated[str | None, typer.Argument(help="a query's name, see --list")] = None,
    *,
    param: Annotated[list[str] | None, typer.Option(help="name=value; repeat for each parameter")] = None,
    since: Since = None,
    until: Until = None,
    show_list: Annotated[
        bool, typer.Option("--list", help="list the queries, or explain the named one's parameters")
    ] = False,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Ask a named question; --since and --until are short for the parameters of these names."""
    with _explained():
        outlet = outlet_of(output, as_json=as_json)
        if show_list or name is None:
            _list_queries(name, as_json=outlet.is_json)
            return
        query, now = query_named(name), datetime.now(UTC)
        period(since, until, now)
        _answer(query, bound(query, with_period(assignments(param or [], "a parameter"), since, until), now), outlet)


def _answer(query: NamedQuery, given: dict[str, str | None], outlet: Outlet) -> None:
    with _reader() as client:
        if outlet.is_export:
            outlet.write(ask_typed(client, query.sql, given))
            return
        columns, rows = ask(client, query.sql, given)
    say_rows(columns, rows, as_json=outlet.is_json)
    if not rows:
        say_note("no rows")


def _say_changes(found: Sequence[Change], subject: str, outlet: Outlet) -> None:
    if not outlet.is_json:
        screen.print(shown(subject), style="bold")
    for change in found:
        if outlet.is_json:
            say_json(change_record(change))
        else:
            screen.print(change_block(change, subject))


def _say_rows(client: Client, asked: AsOf, outlet: Outlet) -> str:
    found = asked.texts(client)
    say_rows(found.columns, found.rows, as_json=outlet.is_json)
    return f"the first {asked.limit} rows, more exist (--limit)" if found.more else f"{len(found.rows)} rows"


def _export_rows(client: Client, asked: AsOf, outlet: Outlet) -> str:
    if outlet.is_typed:
        rows = asked.typed(client)
    else:
        found = asked.texts(client)
        rows = text_table(found.columns, found.rows)
    outlet.write(rows)
    return f"{rows.num_rows} rows"


def _explained() -> AbstractContextManager[None]:
    failures = (NothingFoundError, CannotAnswerError, ClickHouseError, OSError)
    return explained(*failures, usage=(QuestionError, CatalogError))


@contextmanager
def _reader() -> Iterator[Client]:
    with reader(str(AnalyticsSettings.load().clickhouse_url)) as client:
        yield client


def _list_queries(name: str | None, *, as_json: bool) -> None:
    queries = [query_named(name)] if name else list(named_queries().values())
    # People get the names alone of many queries' parameters, so that the list is one to look through.
    told = _parameters if as_json or name else _parameter_names
    rows = [(query.name, query.title, told(query)) for query in queries]
    say_rows(("query", "answers", "parameters"), rows, as_json=as_json, prose=("answers", "parameters"))
    if told is _parameter_names:
        say_note("`query <name> --list` says what one query's parameters mean")


def _parameter_names(query: NamedQuery) -> str:
    return ", ".join(each.name for each in query.parameters)


def _parameters(query: NamedQuery) -> str:
    return "; ".join(
        f"{each.name} ({each.kind}{'' if each.default is None else f', {each.default}'}): {each.meaning}"
        for each in query.parameters
    )


def _notes(at: datetime, span: Span) -> Iterator[str]:
    if span.since is not None and at < span.since:
        yield f"is known since {readable(span.since)} only: what it held before was not captured"
    if span.until is not None and at > span.until:
        yield f"is known until {readable(span.until)}: later commits are not in ClickHouse yet"
