"""Whether what a slot sends again is what was stored: a PostgreSQL that was put back and written to sends other things.

A slot begins where it was last acknowledged, which is a little before where the stream has come. What ClickHouse holds
of the stretch between must come again. Where it does not, PostgreSQL has lost it: it was put back to an earlier state,
and has written so much since that its position does not show it.
"""

from collections.abc import Sequence

from clickhouse_connect.driver import Client

from cdc.batch import Commit
from cdc.bookkeeping.progress import progress
from cdc.catalog.postgres_ddl import slot_name
from cdc.catalog.version import place
from cdc.clickhouse import rows_of
from cdc.postgres import Connection, lsn_number, lsn_text, rows
from cdc.slices import slices

# A copy's own transaction is not one that a slot sends.
_STORED = (
    "SELECT count() FROM cdc.transactions FINAL WHERE service = {service:String} AND epoch = {epoch:UInt32}"
    " AND (commit_lsn, xid) NOT IN"
    " (SELECT lsn, xid FROM cdc.snapshots WHERE service = {service:String} AND epoch = {epoch:UInt32})"
)
_OF_STRETCH = " AND commit_lsn > {start:UInt64} AND commit_lsn <= {end:UInt64}"
_OF_THESE = (
    " AND (commit_lsn, xid, toUnixTimestamp64Milli(commit_time)) IN {transactions:Array(Tuple(UInt64, UInt32, Int64))}"
)


class DivergedError(RuntimeError):
    """PostgreSQL does not have what it once sent and ClickHouse stored."""


class ReplayCheck:
    """Counts down the stored transactions that must come again, until the stream is where it was."""

    def __init__(self, client: Client, service: str, epoch: int) -> None:
        self._client, self._service, self._epoch = client, service, epoch
        self._start = self._checked_to = self._end = self._missing = 0

    def begin(self, connection: Connection) -> None:
        """Look where the slot begins, and how much must come again; it is read by now, and by nobody else."""
        reached = progress(self._client, self._service)
        self._start = self._checked_to = _start_of_replay(connection, self._service)
        self._end = reached.lsn if reached and place(reached.position)[0] == self._epoch else 0
        if self._start < self._end:
            self._missing = self._stored(_OF_STRETCH, start=self._start, end=self._end)

    def check(self, commits: Sequence[Commit]) -> None:
        """Take the next commits of the stream, or the same once more; DivergedError if stored ones were left out."""
        again = [commit for commit in commits if self._checked_to < commit.end_lsn <= self._end]
        if again and self._missing:
            names = [(each.end_lsn, each.transaction.xid, each.transaction.commit_us // 1000) for each in again]
            # All are asked for before any is counted: a question that fails is asked again, and the others with it.
            self._missing -= sum(self._stored(_OF_THESE, transactions=some) for some in slices(names))
            self._checked_to = again[-1].end_lsn
        if self._missing and commits and commits[-1].end_lsn > self._end:
            raise DivergedError(
                f"PostgreSQL has not {self._missing} transactions that ClickHouse holds between"
                f" {lsn_text(self._start)} and {lsn_text(self._end)}: it was put back to an earlier state"
            )

    def _stored(self, condition: str, **parameters: object) -> int:
        named = {"service": self._service, "epoch": self._epoch, **parameters}
        return int(rows_of(self._client, _STORED + condition, named)[0][0])


def _start_of_replay(connection: Connection, service: str) -> int:
    """The position from which on the service's slot sends when it is read next."""
    found = rows(
        connection,
        "SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = %s",
        slot_name(service),
    )
    return lsn_number(found[0][0])
