"""The catalog that found tables make: what each goes by outside PostgreSQL, and which of its columns are carried."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from cdc.adoption.facts import FoundTable
from cdc.catalog.model import CapturedTable, Column, ServiceCatalog
from services.kit.capture import Capture

# The columns to leave out, by schema and name of their table.
Exclusions = Mapping[tuple[str, str], frozenset[str]]
_PUBLIC = "public"
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_]")


@dataclass(frozen=True)
class Wish:
    """What was asked for: the name it is to go by, its tables and the columns to leave out as SQL names them.

    reader: the role that capture will connect as, the adopting one if None; retain: how long history is kept.
    """

    service: str
    tables: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    reader: str | None = None
    retain: timedelta | None = None


def known_as(schema: str, name: str) -> str:
    """What a table goes by outside PostgreSQL: its name, after its schema's where that is not `public`.

    Anything but ASCII letters, digits and underscores becomes an underscore, since the name is written without quotes.
    """
    plain = _NOT_PLAIN.sub("_", name if schema == _PUBLIC else f"{schema}_{name}")
    return f"_{plain}" if plain[0].isdigit() else plain


def catalog_of_found(wish: Wish, tables: Iterable[FoundTable], exclude: Exclusions) -> ServiceCatalog:
    """The catalog of the tables; the types of their columns are looked at when their rules are asked for."""
    return ServiceCatalog(
        wish.service,
        tuple(_captured(wish, table, exclude.get(table.name_in_schema, frozenset())) for table in tables),
    )


def _captured(wish: Wish, table: FoundTable, exclude: frozenset[str]) -> CapturedTable:
    kinds = {column.name: column.postgres_type for column in table.columns if column.name not in exclude}
    names = [*table.key, *(name for name in kinds if name not in table.key)]
    name = known_as(table.schema, table.name)
    return CapturedTable(
        service=wish.service,
        schema=table.schema,
        name=name,
        columns=tuple(Column(column, kinds[column]) for column in names if column in kinds),
        key=table.key,
        capture=Capture(exclude=exclude, retain=wish.retain),
        relation=None if name == table.name else table.name,
    )
