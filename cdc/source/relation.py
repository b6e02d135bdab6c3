"""pgoutput's description of a relation, and whether it is the table that the catalog knows."""

from dataclasses import dataclass

from cdc.catalog.model import CapturedTable

_FULL_IDENTITY = "f"


class RelationMismatchError(ValueError):
    """A captured table in the stream is not as the catalog declares it: carrying it would lose something."""


@dataclass(frozen=True)
class RelationMessage:
    """A relation message: who it describes, its replica identity's letter, and its columns in the order of tuples."""

    relation_id: int
    schema: str
    name: str
    identity: str
    columns: tuple[str, ...]

    @property
    def has_whole_old_rows(self) -> bool:
        """Whether an update or deletion in it carries the whole old row."""
        return self.identity == _FULL_IDENTITY

    @classmethod
    def parse(cls, message: bytes) -> "RelationMessage":
        """Read a relation message: id, schema, name, identity, then flag, name, type and modifier of each column."""
        schema, position = _text(message, 5)
        name, position = _text(message, position)
        count = int.from_bytes(message[position + 1 : position + 3], "big")
        identity, position = chr(message[position]), position + 3
        columns = []
        for _ in range(count):
            column, position = _text(message, position + 1)
            columns.append(column)
            position += 8
        relation_id = int.from_bytes(message[1:5], "big")
        return cls(relation_id, schema, name, identity, tuple(columns))

    def require(self, table: CapturedTable) -> None:
        """Raise RelationMismatchError unless every column is captured or excluded, and none is missing."""
        captured = {column.name for column in table.columns}
        missing = captured - set(self.columns)
        unknown = set(self.columns) - captured - table.excluded
        if missing:
            raise RelationMismatchError(f"{table} is sent without the captured columns {', '.join(sorted(missing))}")
        if unknown:
            raise RelationMismatchError(
                f"{table} has columns that the catalog does not know: {', '.join(sorted(unknown))};"
                " deploy the models that declare them, and run the migrations"
            )
        if not self.has_whole_old_rows:
            raise RelationMismatchError(f"{table} has not REPLICA IDENTITY FULL; run the migrations to set it")


def _text(message: bytes, position: int) -> tuple[str, int]:
    end = message.index(0, position)
    return message[position:end].decode(), end + 1
