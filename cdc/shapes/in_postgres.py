"""PostgreSQL's side of a table's shape: the columns it has by now, how it names types, and whether they hold values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psycopg2 import errors

from cdc.catalog.model import CapturedTable
from cdc.catalog.postgres_ddl import PUBLICATION
from cdc.catalog.shape import Described, require_key
from cdc.catalog.shape_sql import is_any_filled, published_shapes, sent_types
from cdc.postgres import Connection, rows

# A type that is no more: only what was written long ago can be of it, and every value comes as text.
_FORGOTTEN_TYPE = "text"
_LONGEST_LOOK = "10s"


@dataclass(frozen=True)
class ShapeInPostgres:
    """A published table as it is now: columns as they are sent, its usable primary key, what capture may not read."""

    columns: tuple[Described, ...]
    key: tuple[str, ...] | None
    unreadable: tuple[str, ...]


def shapes_in_postgres(connection: Connection) -> dict[tuple[str, str], ShapeInPostgres]:
    """Every published table by its schema and name."""
    return {
        (schema, name): ShapeInPostgres(
            tuple(zip(names, types, strict=True)), None if key is None else tuple(key), tuple(unreadable)
        )
        for schema, name, names, types, key, unreadable in rows(connection, published_shapes(PUBLICATION))
    }


def named_types(connection: Connection, table: CapturedTable, types: Sequence[tuple[int, int]]) -> list[str]:
    """The names of types given by OID and modifier; CatalogError if the table's key is another one by now."""
    oids, modifiers = [oid for oid, _ in types], [modifier for _, modifier in types]
    names, is_there, key = rows(connection, sent_types(table), oids, modifiers)[0]
    if is_there:
        require_key(table, key)
    return [name or _FORGOTTEN_TYPE for name in names or ()]


def any_filled(connection: Connection, table: CapturedTable, names: Iterable[str]) -> bool:
    """Whether any row has a value in one of these columns; True where it cannot be told within a short time."""
    try:
        rows(connection, "SELECT set_config('statement_timeout', %s, false)", _LONGEST_LOOK)
        return bool(rows(connection, is_any_filled(table, names))[0][0])
    except (errors.UndefinedColumn, errors.UndefinedTable):  # pylint: disable=no-member
        # Gone since.
        return False
    except (errors.InsufficientPrivilege, errors.QueryCanceled):  # pylint: disable=no-member
        return True
