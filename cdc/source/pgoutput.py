"""The decoder of pgoutput's messages (protocol version 1): it fills a batch, and knows no connection and no clock."""

from collections.abc import Callable
from struct import Struct

from cdc.batch import Batch, Commit, CopyWanted, Message, Transaction, Truncate
from cdc.catalog.bookkeeping_ddl import HEARTBEAT_PREFIX
from cdc.catalog.model import ServiceCatalog
from cdc.catalog.partition_truncates import TRUNCATE_PREFIX
from cdc.rowbinary import row_head
from cdc.source.relation import RelationMismatchError
from cdc.source.relations import Adapt, Relation, Relations
from cdc.source.tuples import Values

_POSTGRES_EPOCH_US = 946_684_800_000_000
_NO_TRANSACTION = Transaction(0, 0, 0)
_PARTITION_TRUNCATED = "a partition was truncated"
_KEY_TUPLE, _NEW_TUPLE = b"KN"
_FIRST_TUPLE, _BETWEEN_TUPLES = 8, 3  # a tuple follows its letter and its number of columns
_begin = Struct(">xQqI").unpack_from  # commit LSN, commit time in µs since 2000, xid
_commit = Struct(">xxQQ").unpack_from  # commit LSN, end LSN
_message = Struct(">xBQ").unpack_from  # flags, LSN
_truncate = Struct(">xIB").unpack_from  # number of relations, options


class UnknownMessageError(ValueError):
    """PostgreSQL sent a message that this protocol version does not have."""


class Decoder:
    """Feeds one slot's messages into a batch; `take` hands the batch over and starts the next one.

    adapt: says what a captured table is by a description of it that the stream brings.
    """

    def __init__(self, catalog: ServiceCatalog, epoch: int, adapt: Adapt) -> None:
        self.batch = Batch()
        self._epoch = epoch
        self._relations = Relations(catalog, adapt)
        self._transaction, self._changes = _NO_TRANSACTION, 0
        self._roots = {f"{schema}.{name}": name for schema, name in catalog.by_name}
        # Tables that the transaction has truncated, and how many changes it had made by then.
        self._truncated: dict[str, int] = {}
        self._handlers: dict[int, Callable[[int, bytes], None]] = {
            ord("I"): self._insert,
            ord("U"): self._update,
            ord("D"): self._delete,
            ord("B"): self._on_begin,
            ord("C"): self._on_commit,
            ord("R"): self._on_relation,
            ord("M"): self._on_message,
            ord("T"): self._on_truncate,
            ord("O"): self._ignore,  # origin: where a change was first made
            ord("Y"): self._ignore,  # type: the name of a type that the next relation uses
        }

    def feed(self, lsn: int, message: bytes) -> None:
        """Take one message; `lsn` is the position of its WAL record."""
        handler = self._handlers.get(message[0])
        if handler is None:
            raise UnknownMessageError(f"unknown replication message {message[:1]!r} at {lsn:X}")
        handler(lsn, message)

    def take(self) -> Batch:
        """The batch so far; a transaction may go on in the next one."""
        taken, self.batch = self.batch, Batch()
        self._relations.gather_in(self.batch)
        return taken

    def _relation(self, message: bytes) -> Relation:
        return self._relations[int.from_bytes(message[1:5], "big")]

    def _insert(self, lsn: int, message: bytes) -> None:
        relation = self._relation(message)
        values, _ = relation.read(message, _FIRST_TUPLE, None)
        self._add(relation, b"c", lsn, values)

    def _update(self, lsn: int, message: bytes) -> None:
        relation = self._relation(message)
        if message[5] == _NEW_TUPLE:
            old, position = None, _FIRST_TUPLE
        else:
            relation.require_old_rows()
            old, position = relation.read(message, _FIRST_TUPLE, None)
            position += _BETWEEN_TUPLES
        values, _ = relation.read(message, position, old)
        if old and old[: relation.key_width] != values[: relation.key_width]:
            # The row left one key and appeared under another; both changes have one LSN, and a deletion ranks first.
            self._add(relation, b"d", lsn, old)
            self._add(relation, b"c", lsn, values)
        else:
            self._add(relation, b"u", lsn, values)

    def _delete(self, lsn: int, message: bytes) -> None:
        relation = self._relation(message)
        if message[5] == _KEY_TUPLE:
            raise RelationMismatchError(f"{relation.table}: a deletion came without its old row")
        relation.require_old_rows()
        values, _ = relation.read(message, _FIRST_TUPLE, None)
        self._add(relation, b"d", lsn, values)

    def _add(self, relation: Relation, op: bytes, lsn: int, values: Values) -> None:
        xid, commit_us, _ = self._transaction
        relation.rows.append(row_head(op, lsn, self._epoch, xid, commit_us) + b"".join(values))
        self.batch.row_count += 1
        self._changes += 1

    def _on_begin(self, _lsn: int, message: bytes) -> None:
        commit_lsn, since_2000, xid = _begin(message)
        self._transaction, self._changes = Transaction(xid, since_2000 + _POSTGRES_EPOCH_US, commit_lsn), 0
        self._truncated = {}

    def _on_commit(self, _lsn: int, message: bytes) -> None:
        _, end_lsn = _commit(message)
        self.batch.commits.append(Commit(self._transaction, end_lsn, self._changes))
        self._transaction = _NO_TRANSACTION

    def _on_relation(self, _lsn: int, message: bytes) -> None:
        self._relations.describe(message, self._transaction.commit_lsn, self.batch)

    def _on_message(self, _lsn: int, message: bytes) -> None:
        transactional, lsn = _message(message)
        end = message.index(0, 10)
        prefix = message[10:end].decode()
        if prefix == TRUNCATE_PREFIX:
            self._on_partition_truncate(lsn, message[end + 5 :].decode())
        elif prefix != HEARTBEAT_PREFIX:
            transaction = self._transaction if transactional else _NO_TRANSACTION
            self.batch.messages.append(Message(transaction, lsn, prefix, message[end + 5 :]))

    def _on_truncate(self, lsn: int, message: bytes) -> None:
        count, _options = _truncate(message)
        for index in range(count):
            relation = self._relations[int.from_bytes(message[6 + 4 * index : 10 + 4 * index], "big")]
            self.batch.truncates.append(Truncate(self._transaction, lsn, relation.table))
            self._changes += 1

        self._truncated = {each.table.name: self._changes for each in self.batch.truncates[-count:]}

    def _on_partition_truncate(self, lsn: int, root: str) -> None:
        table = self._roots.get(root)
        # Right after the root's own TRUNCATE its partitions tell theirs, which says nothing new.
        if table is not None and self._truncated.get(table) != self._changes:
            self.batch.copies_wanted.append(CopyWanted(lsn, table, _PARTITION_TRUNCATED))

    def _ignore(self, _lsn: int, _message: bytes) -> None:
        """Messages that carry nothing captured."""
