"""One object of ClickHouse's schema, as it should be: what a migration compares and applies."""

from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """How an object is created anew and how it changes."""

    TABLE = "table"
    VIEW = "view"
    MATERIALIZED_VIEW = "materialized view"


@dataclass(frozen=True)
class ClickHouseObject:
    """A table, view or materialized view; `columns` name to type for tables, `select` for both kinds of view."""

    name: str
    kind: Kind
    columns: dict[str, str] = field(default_factory=dict)
    tail: str = ""
    select: str = ""

    @property
    def database(self) -> str:
        """The database part of the name."""
        return self.name.split(".")[0]

    @property
    def create(self) -> str:
        """The statement that creates the object if it is not there."""
        match self.kind:
            case Kind.TABLE:
                columns = ",\n    ".join(f"{_quoted(name)} {kind}" for name, kind in self.columns.items())
                return f"CREATE TABLE IF NOT EXISTS {self.name}\n(\n    {columns}\n)\n{self.tail}"
            case Kind.VIEW:
                return f"CREATE OR REPLACE VIEW {self.name} AS\n{self.select}"
            case Kind.MATERIALIZED_VIEW:
                return f"CREATE MATERIALIZED VIEW IF NOT EXISTS {self.name} {self.tail} AS\n{self.select}"


def table(name: str, columns: dict[str, str], tail: str) -> ClickHouseObject:
    """A table; `tail` is all that follows its columns: engine, order, partition, settings."""
    return ClickHouseObject(name, Kind.TABLE, columns=columns, tail=tail)


def view(name: str, select: str) -> ClickHouseObject:
    """A view that people read."""
    return ClickHouseObject(name, Kind.VIEW, select=select)


def materialized_view(name: str, target: str, select: str) -> ClickHouseObject:
    """A materialized view that feeds `target` with what is inserted into the table its select reads."""
    return ClickHouseObject(name, Kind.MATERIALIZED_VIEW, tail=f"TO {target}", select=select)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
