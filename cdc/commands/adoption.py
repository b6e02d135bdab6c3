"""The commands `python -m cdc adopt` and `python -m cdc release`."""

import re
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Annotated

import typer
from psycopg2.extensions import parse_dsn

from cdc.adoption.adopt import AdoptionRefusedError, Plan, carry_out, plan
from cdc.adoption.plan import Wish
from cdc.adoption.reflection import UnknownTableError
from cdc.adoption.release import adoption_of, drop_data, release
from cdc.adoption.transaction import TableInUseError
from cdc.clickhouse import client
from cdc.commands.explained import failures_explained
from cdc.settings import CdcSettings, address_variable, database_url
from migrations.clickhouse import SchemaConflictError
from services.kit.command_output import output, say_heading, shown

# Names stand between commas, which a quoted identifier may hold too.
_BETWEEN_COMMAS = re.compile(r'(?:[^,"]|"(?:[^"]|"")*")+')


def adopt(
    dsn: Annotated[str, typer.Argument(help="the database's URL, as the owner of its tables or a superuser")],
    *,
    tables: Annotated[
        list[str] | None, typer.Option(help="tables as SQL names them, between commas; schema.* for all; default: all")
    ] = None,
    name: Annotated[str | None, typer.Option("--as", help="what it is to go by; default: the database's name")] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="columns to leave out: table.column, …")] = None,
    reader: Annotated[
        str | None, typer.Option(help="the role that `cdc run` will connect as; default: the URL's")
    ] = None,
    retain_days: Annotated[float | None, typer.Option(help="how long superseded versions are kept; for ever")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Carry the tables of a database that no model declares: says what is in the way, or what it will change, and does.

    Adopting again adds tables, and finishes what was cut off.
    """
    with _explained():
        service = name or str(parse_dsn(dsn).get("dbname", ""))
        retain = None if retain_days is None else timedelta(days=retain_days)
        wish = Wish(service, _names(tables), _names(exclude), reader, retain)
        with client(str(CdcSettings.load().clickhouse_url)) as opened:
            planned = plan(dsn, opened, wish)
            _say_plan(planned)
            if not (yes or typer.confirm("do this?")):
                return
            carry_out(planned, dsn, opened)
        _say_next(planned, dsn)


def release_adopted(
    service: Annotated[str, typer.Argument(help="what the database was adopted as")],
    *,
    dsn: Annotated[
        str | None, typer.Option(help="its URL, as the owner of its tables; default: CDC_<NAME>_DATABASE_URL")
    ] = None,
    dropping: Annotated[bool, typer.Option("--drop-data", help="drop what ClickHouse holds of it, too")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Undo an adoption: slot, publication, replica identities and grants are put back as they were."""
    with _explained(), client(str(CdcSettings.load().clickhouse_url)) as opened:
        adoption = adoption_of(opened, service)
        what = "and drop all that ClickHouse holds of it" if dropping else "and keep what ClickHouse holds of it"
        if not (yes or typer.confirm(f"put database {adoption.database} back as it was, {what}?")):
            return
        _say(release(adoption, dsn or database_url(service), opened))
        if dropping:
            _say(drop_data(service, opened))
    output.print(f"{service}: released", highlight=False)


def _names(texts: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(name.strip() for text in texts or () for name in _BETWEEN_COMMAS.findall(text))


def _say_plan(planned: Plan) -> None:
    say_heading(f"to be captured as {planned.catalog.service}")
    for table in planned.catalog.tables:
        without = f", without {', '.join(sorted(table.excluded))}" if table.excluded else ""
        key = ", ".join(table.key)
        output.print(shown(f"  {table}: {table.in_postgres}, {len(table.columns)} columns, key {key}{without}"))
    say_heading(f"in PostgreSQL, database {planned.server.database}")
    _say(f"{statement};" for statement in planned.sql)
    say_heading("in ClickHouse")
    _say([f"{len(planned.missing)} objects are made in {planned.catalog.service} and {planned.catalog.service}_store"])


def _say_next(planned: Plan, dsn: str) -> None:
    service = planned.catalog.service
    url = address_variable(service)
    say_heading("next, with the password in place; none is stored")
    _say(
        [
            f"export {url}='{_without_password(dsn, planned.reader)}'",
            f"python -m cdc run {service}",
            f"python -m cdc verify {service}",
        ]
    )


def _without_password(dsn: str, role: str) -> str:
    parts = parse_dsn(dsn)
    place = f"{parts.get('host', 'localhost')}:{parts.get('port', '5432')}/{parts['dbname']}"
    return f"postgresql://{role}:PASSWORD@{place}"


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        output.print(shown(f"  {line}"), soft_wrap=True, highlight=False)


def _explained() -> AbstractContextManager[None]:
    return failures_explained(TableInUseError, SchemaConflictError, usage=(AdoptionRefusedError, UnknownTableError))
