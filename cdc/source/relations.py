"""The relations that a stream has described: how to read the captured ones, and what to say of the others."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from cdc.batch import Batch
from cdc.catalog.model import CapturedTable, ServiceCatalog
from cdc.source.relation import RelationMessage, RelationMismatchError
from cdc.source.tuples import ReadTuple, tuple_reader

# (a captured table, its description, the LSN at which the transaction commits) -> the table as its next rows have it
Adapt = Callable[[CapturedTable, RelationMessage, int], CapturedTable]


@dataclass
class Relation:
    """A captured relation as it was last described: how to read its tuples, and where its rows gather.

    partial: partitions of it that were described without their whole old rows, which therefore cannot be relied on.
    """

    table: CapturedTable
    read: ReadTuple
    key_width: int
    rows: list[bytes]
    partial: set[str]

    def require_old_rows(self) -> None:
        """Raise RelationMismatchError if an old row may have come without its values."""
        if self.partial:
            raise RelationMismatchError(
                f"{self.table}: an old row may have come without its values, since these partitions had not REPLICA"
                f" IDENTITY FULL: {', '.join(sorted(self.partial))}"
            )


class Relations(dict[int, Relation]):
    """The captured relations by the number that changes name them by; RelationMismatchError for any other number.

    A partitioned table's changes are sent as its root's, and before the first one of a partition PostgreSQL describes
    the root and then the partition: so a description that is not captured is nothing to refuse before a change is its.

    adapt: says what a captured table is by a description of it.
    """

    def __init__(self, catalog: ServiceCatalog, adapt: Adapt) -> None:
        super().__init__()
        self._catalog, self._adapt = catalog, adapt
        self._others: dict[int, str] = {}
        self._partial: dict[str, set[str]] = defaultdict(set)
        self._described_last: str | None = None

    def describe(self, message: bytes, commit_lsn: int, batch: Batch) -> None:
        """Take a relation message from a transaction that commits at an LSN; rows of the relation gather in `batch`."""
        described = RelationMessage.parse(message)
        known = self._catalog.by_name.get((described.schema, described.name))
        if known is None:
            self._describe_other(described)
            return
        described.require_whole_old_rows(known)
        table = self._adapt(known, described, commit_lsn)
        place = {column.name: index for index, column in enumerate(table.columns)}
        reader = tuple_reader([place.get(column.name) for column in described.columns])
        partial = self._partial[str(table)]
        self[described.relation_id] = Relation(table, reader, len(table.key), batch.rows[table], partial)
        self._described_last = str(table)

    def gather_in(self, batch: Batch) -> None:
        """Let the rows that come from now on gather in `batch`."""
        for relation in self.values():
            relation.rows = batch.rows[relation.table]

    def _describe_other(self, described: RelationMessage) -> None:
        name = f"{described.schema}.{described.name}"
        self.pop(described.relation_id, None)
        self._others[described.relation_id] = name
        if self._described_last is not None:
            partial = self._partial[self._described_last]
            (partial.discard if described.has_whole_old_rows else partial.add)(name)

    def __missing__(self, relation_id: int) -> Relation:
        # The publication holds captured tables alone: this one was renamed, or is captured by a newer version.
        name = self._others.get(relation_id, f"relation {relation_id}, which was never described,")
        raise RelationMismatchError(
            f"{self._catalog.service}: changes of {name} came, which the catalog does not know: undo a renaming, or"
            " deploy the models that declare it"
        )
