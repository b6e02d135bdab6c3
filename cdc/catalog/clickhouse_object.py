"""One object of ClickHouse's schema, as it should be: what a migration compares and applies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from cdc.catalog.model import quoted

Settings = Mapping[str, int]


class Kind(Enum):
    """How an object is created anew and how it changes."""

    TABLE = "table"
    VIEW = "view"
    MATERIALIZED_VIEW = "materialized view"


@dataclass(frozen=True)
class ClickHouseObject:
    """A table, view or materialized view.

    columns: name to type of a table's columns; tail: its engine, order and partition, or a materialized view's target;
    settings: what a table's engine is told; select: what a view of either kind reads.
    """

    name: str
    kind: Kind
    columns: dict[str, str] = field(default_factory=dict)
    tail: str = ""
    settings: Settings = field(default_factory=dict)
    select: str = ""

    @property
    def database(self) -> str:
        """The database part of the name."""
        return self.name.split(".")[0]

    @property
    def assigned_settings(self) -> str:
        """The settings as SQL assigns them."""
        return ", ".join(f"{name} = {value}" for name, value in self.settings.items())

    @property
    def create(self) -> str:
        """The statement that creates the object if it is not there."""
        match self.kind:
            case Kind.TABLE:
                columns = ",\n    ".join(f"{quoted(name)} {kind}" for name, kind in self.columns.items())
                head = f"CREATE TABLE IF NOT EXISTS {self.name}\n(\n    {columns}\n)\n{self.tail}"
                return f"{head}\nSETTINGS {self.assigned_settings}" if self.settings else head
            case Kind.VIEW:
                return f"CREATE OR REPLACE VIEW {self.name} AS\n{self.select}"
            case Kind.MATERIALIZED_VIEW:
                return f"CREATE MATERIALIZED VIEW IF NOT EXISTS {self.name} {self.tail} AS\n{self.select}"


def table(name: str, columns: dict[str, str], tail: str, settings: Settings | None = None) -> ClickHouseObject:
    """A table; `tail` is its engine, order and partition."""
    return ClickHouseObject(name, Kind.TABLE, columns=columns, tail=tail, settings=settings or {})


def view(name: str, select: str) -> ClickHouseObject:
    """A view that people read."""
    return ClickHouseObject(name, Kind.VIEW, select=select)


def materialized_view(name: str, target: str, select: str) -> ClickHouseObject:
    """A materialized view that feeds `target` with what is inserted into the table its select reads."""
    return ClickHouseObject(name, Kind.MATERIALIZED_VIEW, tail=f"TO {target}", select=select)
