"""pgoutput's description of a relation."""

from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

from cdc.catalog.model import CapturedTable

_FULL_IDENTITY = "f"
_type = Struct(">Ii").unpack_from  # OID, modifier


class RelationMismatchError(ValueError):
    """A captured table in the stream is not as the catalog declares it: carrying it would lose something."""


class SentColumn(NamedTuple):
    """A column as it is sent: its name, and its type by PostgreSQL's OID and modifier."""

    name: str
    type_oid: int
    modifier: int


@dataclass(frozen=True)
class RelationMessage:
    """A relation message: who it describes, its replica identity's letter, and its columns in the order of tuples."""

    relation_id: int
    schema: str
    name: str
    identity: str
    columns: tuple[SentColumn, ...]

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
            columns.append(SentColumn(column, *_type(message, position)))
            position += 8
        relation_id = int.from_bytes(message[1:5], "big")
        return cls(relation_id, schema, name, identity, tuple(columns))

    def require_whole_old_rows(self, table: CapturedTable) -> None:
        """Raise RelationMismatchError unless the table's old rows come whole."""
        if not self.has_whole_old_rows:
            raise RelationMismatchError(f"{table} has not REPLICA IDENTITY FULL; run the migrations to set it")


def _text(message: bytes, position: int) -> tuple[str, int]:
    end = message.index(0, position)
    return message[position:end].decode(), end + 1
