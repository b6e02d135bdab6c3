"""The command line of analytics: `python -m analytics timeline|as-of|query`."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from clickhouse_connect.driver import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from analytics.as_of import Span, as_of, captured_span, kept_since
from analytics.clickhouse import reader
from analytics.conditions import assignments
from analytics.errors import CannotAnswerError, NothingFoundError, QuestionError
from analytics.instants import FORMS, instant, readable
from analytics.named_queries import NamedQuery, answer, named_queries, query_named
from analytics.presentation import change_block, change_record, subject_of
from analytics.settings import AnalyticsSettings
from analytics.timeline import timeline
from cdc.catalog.declared import table_named
from cdc.catalog.model import CatalogError
from services.kit.command_line import explained
from services.kit.command_output import Json, output, say_json, say_note, say_rows, shown

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Ask the copy in ClickHouse who changed what, when.")
TableName = Annotated[str, typer.Argument(metavar="TABLE", help="a captured table, e.g. file.files")]


@app.command("timeline")
def show_timeline(
    table: TableName,
    key: Annotated[str, typer.Argument(help="the primary key; several columns as a,b, a value with a comma quoted")],
    *,
    related: Annotated[bool, typer.Option(help="with the tables whose keys begin with the same column")] = False,
    as_json: Json = False,
) -> None:
    """Show a row's whole life: each change, who made it, in which request, old and new values."""
    with _explained():
        wanted = table_named(table)
        with _reader() as client:
            found, since = timeline(client, wanted, key, related=related), kept_since(client, wanted)
    subject = next(subject_of(change) for change in found if change.version.table == table)
    if not as_json:
        output.print(shown(subject), style="bold")
    for change in found:
        if as_json:
            say_json(change_record(change))
        else:
            output.print(change_block(change, subject))
    if since is not None:
        say_note(f"{table}: versions that were superseded before {readable(since)} are not kept")


@app.command("as-of")
def show_as_of(
    table: TableName,
    at: Annotated[list[str], typer.Argument(metavar="INSTANT", help=f"{FORMS}; UTC unless it names a zone")],
    *,
    where: Annotated[list[str] | None, typer.Option(help="column=value; repeat to narrow further")] = None,
    limit: Annotated[int, typer.Option(min=1, help="the most rows to show")] = 100,
    as_json: Json = False,
) -> None:
    """Show a table's rows as the commits up to an instant left them.

    Commits are not quite in time order: one that is a moment older than the instant may become visible after it.
    """
    with _explained():
        wanted, moment = table_named(table), instant(" ".join(at), datetime.now(UTC))
        conditions = assignments(where or [], "a condition")
        with _reader() as client:
            found = as_of(client, wanted, moment, conditions, limit)
            span = captured_span(client, wanted)
    say_rows(found.columns, found.rows, as_json=as_json)
    for note in _notes(moment, span):
        say_note(f"{table} {note}")
    count = f"the first {limit} rows, more exist (--limit)" if found.more else f"{len(found.rows)} rows"
    say_note(f"{count} as of {readable(moment)}")


@app.command("query")
def run_query(
    name: Annotated[str | None, typer.Argument(help="a query's name, see --list")] = None,
    *,
    param: Annotated[list[str] | None, typer.Option(help="name=value; repeat for each parameter")] = None,
    show_list: Annotated[
        bool, typer.Option("--list", help="list the queries, or explain the named one's parameters")
    ] = False,
    as_json: Json = False,
) -> None:
    """Ask a named question."""
    with _explained():
        if show_list or name is None:
            _list_queries(name, as_json=as_json)
            return
        query, given = query_named(name), assignments(param or [], "a parameter")
        with _reader() as client:
            columns, rows = answer(client, query, given, datetime.now(UTC))
    say_rows(columns, rows, as_json=as_json)
    if not rows:
        say_note("no rows")


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
