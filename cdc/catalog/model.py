"""The catalog's words: captured tables and their columns, as every generator here reads them."""

from dataclasses import dataclass, field, replace
from functools import cached_property

from cdc.catalog.types import TypeRule, rule_for
from services.kit.capture import Capture

# Names that storage and views use beside a table's own columns.
RESERVED_COLUMNS = frozenset(
    {
        *("_op", "_lsn", "_epoch", "_xid", "_commit_time", "_commit_us", "_version", "_raw", "_image", "_newest"),
        *("_key", "_row", "_found", "_key_texts", "_named", "_source", "_sent", "_number", "_element"),
        *("_user_id", "_correlation_id", "_route", "_reason", "_commit_lsn", "_transaction_changes"),
    }
)


class CatalogError(ValueError):
    """A table cannot be captured as declared; the message names it, says why, and what to do."""


@dataclass(frozen=True)
class Column:
    """One captured column: its name and its PostgreSQL type as `rule_for` takes it.

    stored_as: the PostgreSQL type that its ClickHouse column was made for, None for the same: a stored column keeps the
    type that it has.
    """

    name: str
    postgres_type: str
    stored_as: str | None = None

    @cached_property
    def rule(self) -> TypeRule:
        """How the column's values are carried: ClickHouse's side as it is stored, PostgreSQL's as the type is now."""
        now = rule_for(self.postgres_type)
        return now if self.stored_as is None else replace(rule_for(self.stored_as), postgres_text=now.postgres_text)


@dataclass(frozen=True)
class CapturedTable:
    """One captured table of one service: key columns first in `columns`, in the key's order.

    relation: its name in PostgreSQL where that is another one than it goes by here, being odd or used in two schemas.
    former: columns that PostgreSQL had once, or is yet to have; they are stored, and hold NULL in rows without them.
    """

    service: str
    schema: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    capture: Capture = field(default_factory=Capture)
    relation: str | None = None
    former: tuple[Column, ...] = ()

    def __str__(self) -> str:
        return f"{self.service}.{self.name}"

    @property
    def in_postgres(self) -> str:
        """The quoted name in PostgreSQL."""
        return f"{quoted(self.schema)}.{quoted(self.sent_as[1])}"

    @property
    def sent_as(self) -> tuple[str, str]:
        """Schema and name in PostgreSQL, as the stream names the table."""
        return self.schema, self.relation or self.name

    @property
    def excluded(self) -> frozenset[str]:
        """The columns that never leave PostgreSQL."""
        return self.capture.exclude

    @property
    def key_columns(self) -> tuple[Column, ...]:
        """The columns of the primary key."""
        return self.columns[: len(self.key)]

    @property
    def value_columns(self) -> tuple[Column, ...]:
        """The captured columns outside the primary key."""
        return self.columns[len(self.key) :]

    @property
    def stored_columns(self) -> tuple[Column, ...]:
        """Every column that ClickHouse has of the table: those of now, then the former ones."""
        return (*self.columns, *self.former)

    @property
    def stored_values(self) -> tuple[Column, ...]:
        """The stored columns outside the primary key."""
        return (*self.value_columns, *self.former)

    @property
    def store(self) -> str:
        """The ClickHouse database that holds the storage."""
        return f"{self.service}_store"

    @property
    def landing(self) -> str:
        """The ClickHouse table that changes are inserted into."""
        return f"{self.store}.{self.name}_landing"

    @property
    def history(self) -> str:
        """The ClickHouse table of every change."""
        return f"{self.store}.{self.name}_history"

    @property
    def latest(self) -> str:
        """The ClickHouse table of the newest version of each key."""
        return f"{self.store}.{self.name}_latest"


@dataclass(frozen=True)
class ServiceCatalog:
    """What is captured of one service's database."""

    service: str
    tables: tuple[CapturedTable, ...]
    by_name: dict[tuple[str, str], CapturedTable] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {table.sent_as: table for table in self.tables})


def quoted(identifier: str) -> str:
    """The identifier in double quotes, which both PostgreSQL and ClickHouse read."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The text as a string literal that both PostgreSQL (standard strings) and ClickHouse read."""
    if "\\" in text:
        raise CatalogError(f"{text!r} has a backslash, which PostgreSQL and ClickHouse read differently")
    return "'" + text.replace("'", "''") + "'"
