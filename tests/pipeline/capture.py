"""A captured database under test: writes into it, runs of its pipeline, and what ClickHouse then holds."""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

import psycopg2
from clickhouse_connect.driver import Client

from cdc.bookkeeping.copies import unfinished_copies
from cdc.bookkeeping.epochs import Epoch, current_epoch
from cdc.bookkeeping.progress import progress
from cdc.catalog.model import CapturedTable, ServiceCatalog, quoted
from cdc.catalog.postgres_ddl import debezium_slot_name, slot_name
from cdc.catalog.version import place
from cdc.catalog.version_sql import transaction_time
from cdc.clickhouse import rows_of
from cdc.dead_letters.limits import IN_A_ROW
from cdc.pace import Pace
from cdc.pipeline import Pipeline
from cdc.postgres import lsn_number
from cdc.shapes.in_clickhouse import in_effect
from cdc.source.slot import BatchLimits
from cdc.stream_metrics import StreamMetrics
from cdc.verify.proof import verify_table
from tests.support.service_database import ServiceDatabase
from tests.support.sql import run

SOON = 30.0
QUICK = BatchLimits(seconds=0.01, rows=50_000, bytes=32 << 20)
PACE = Pace(QUICK, heartbeat_seconds=0.1, longest_wait_seconds=30.0, shape_seconds=0.3, refused_in_a_row=IN_A_ROW)


@dataclass(frozen=True)
class Capture:
    """One service's database, its catalog, and the ClickHouse it streams into."""

    database: ServiceDatabase
    catalog: ServiceCatalog
    clickhouse_url: str
    clickhouse: Client

    def through(self, clickhouse_url: str) -> "Capture":
        """The same, with a pipeline that reaches ClickHouse by another way."""
        return replace(self, clickhouse_url=clickhouse_url)

    def table(self, name: str) -> CapturedTable:
        return self.in_effect.by_name["public", name]

    @property
    def in_effect(self) -> ServiceCatalog:
        """The catalog as the commands use it."""
        return in_effect(self.clickhouse, [self.catalog])[0]

    def write(self, *statements: str, commit: bool = True) -> None:
        """Run statements as one transaction of the tables' owner, who may do what the service may, and truncate."""
        address = self.database.migrator_url.replace("+asyncpg", "")
        with closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            if commit:
                connection.commit()

    @contextmanager
    def running(
        self, limits: BatchLimits = QUICK, refused_in_a_row: int = IN_A_ROW, metrics: StreamMetrics | None = None
    ) -> Iterator[Pipeline]:
        """A pipeline in a thread; at the end it is told to stop, and has stored all it read."""
        pace = replace(PACE, batches=limits, refused_in_a_row=refused_in_a_row)
        pipeline = Pipeline(self.catalog, self.database.cdc_url, self.clickhouse_url, pace, metrics=metrics)
        with going_on(pipeline.run, "pipeline"):
            yield pipeline

    @contextmanager
    def streaming(self, limits: BatchLimits = QUICK, refused_in_a_row: int = IN_A_ROW) -> Iterator[Pipeline]:
        """A running pipeline that has copied the tables, and streams."""
        with self.running(limits, refused_in_a_row) as pipeline:
            self.catch_up()
            yield pipeline

    def catch_up(self, seconds: float = SOON) -> None:
        """Wait until everything committed before this call is stored, and every copy wanted by then is finished."""
        wanted = self.wal_position()
        wait_until(lambda: self.stored_position() >= wanted, f"ClickHouse to reach {wanted:X}", seconds)
        wait_until(lambda: not self.unfinished_copies(), "the copies to be finished", seconds)

    def wal_position(self) -> int:
        return lsn_number(str(run(self.database.cdc_url, "SELECT pg_current_wal_insert_lsn()")[0][0]))

    def confirmed_position(self) -> int:
        """Up to where PostgreSQL was told that changes are safe; 0 if there is no slot."""
        return self._confirmed(slot_name(self.catalog.service))

    def confirmed_by_debezium(self) -> int:
        """The same of the slot that the connector reads."""
        return self._confirmed(debezium_slot_name(self.catalog.service))

    def slots(self) -> set[str]:
        """The names of the database's replication slots."""
        found = "SELECT slot_name FROM pg_replication_slots WHERE database = current_database()"
        return {str(name) for (name,) in run(self.database.superuser_dsn, found)}

    def _confirmed(self, slot: str) -> int:
        found = run(
            self.database.superuser_dsn,
            "SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE database = current_database()"
            f" AND slot_name = '{slot}' AND confirmed_flush_lsn IS NOT NULL",
        )
        return lsn_number(str(found[0][0])) if found else 0

    def stored_position(self) -> int:
        """How far the stream has come in the epoch it is in; 0 before anything of it was stored."""
        reached, epoch = progress(self.clickhouse, self.catalog.service), self.epoch()
        return reached.lsn if reached and epoch and place(reached.position)[0] == epoch.number else 0

    def epoch(self) -> Epoch | None:
        return current_epoch(self.clickhouse, self.catalog.service)

    def unfinished_copies(self) -> list[str]:
        """The tables whose newest copy is not finished, or not begun."""
        epoch, names = self.epoch(), [table.name for table in self.catalog.tables]
        service = self.catalog.service
        return list(unfinished_copies(self.clickhouse, service, epoch.number, names) if epoch else names)

    def select(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query on ClickHouse."""
        return [tuple(row) for row in rows_of(self.clickhouse, query)]

    def differences(self, seconds: float = SOON) -> list[str]:
        """What `verify` finds, a sentence each."""
        catalog = self.in_effect
        proofs = (
            verify_table(table, catalog, self.database.cdc_url, self.clickhouse, seconds) for table in catalog.tables
        )
        return [str(difference) for proof in proofs for difference in proof.differences]

    def assert_whole(self, lost_epochs: Collection[int] = ()) -> None:
        """ClickHouse equals PostgreSQL, shows each key once, each version once, and counts each transaction right.

        But for one transaction of each lost epoch: a part of it may be stored, whose end went with the slot.
        """
        assert self.differences() == []
        for table in self.catalog.tables:
            shown = f"{table.service}.{table.name}"
            keys = ", ".join(map(quoted, table.key))
            assert self.select(f"SELECT {keys}, count() FROM {shown} GROUP BY {keys} HAVING count() != 1") == []
            history = f"SELECT {keys}, _version, count() FROM {shown}_history GROUP BY {keys}, _version"
            assert self.select(f"{history} HAVING count() != 1") == []
        miscounted = self.miscounted_transactions()
        cut_off = [each for each in miscounted if each.epoch in lost_epochs and not each.is_known]
        assert [each for each in miscounted if each not in cut_off] == []
        assert len(cut_off) == len({each.epoch for each in cut_off}), cut_off

    def miscounted_transactions(self) -> list["Miscounted"]:
        """Transactions whose number of changes is not what is held of them or given up; snapshot rows apart."""
        name = "epoch, commit_time, xid"
        changes = " UNION ALL ".join(
            "SELECT _epoch AS epoch, _commit_time AS commit_time, _xid AS xid"
            f" FROM {table.service}.{table.name}_history WHERE _op != 'r'"
            for table in self.catalog.tables
        )
        of_service = f"service = '{self.catalog.service}'"
        given_up = f"SELECT {name} FROM cdc.dead_letters FINAL WHERE {of_service} AND state = 'discarded' AND op != 'r'"
        held = f"{changes} UNION ALL SELECT {name} FROM cdc.truncates FINAL WHERE {of_service} UNION ALL {given_up}"
        found = self.select(
            f"SELECT {name}, found, changes"
            f" FROM (SELECT epoch, {transaction_time('told.commit_time')} AS commit_time, xid, count() AS found"
            f" FROM ({held}) AS told GROUP BY {name}) AS held"
            f" FULL JOIN (SELECT {name}, changes FROM cdc.transactions FINAL WHERE {of_service}) AS counted"
            f" USING ({name}) WHERE found != changes"
        )
        return [Miscounted(*each) for each in found]


class Miscounted(NamedTuple):
    """A transaction, how many changes of it are held, and how many it made; none if its end is not known."""

    epoch: int
    commit_time: datetime
    xid: int
    held: int
    made: int

    @property
    def is_known(self) -> bool:
        return self.made > 0


@contextmanager
def going_on(run_until: Callable[[threading.Event], None], what: str) -> Iterator[None]:
    """Run something in a thread, which is told to stop at the end and must hear it."""
    stopping = threading.Event()
    thread = threading.Thread(target=run_until, args=(stopping,), name=f"{what} under test")
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(SOON)
        assert not thread.is_alive(), f"the {what} did not stop"


def wait_until(true: Callable[[], bool], what: str, seconds: float = SOON) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s in vain for {what}")
        time.sleep(0.02)


def new_file(file_id: str, filename: str = "essay.txt", user_id: str = "anna") -> str:
    """The statement that inserts a file."""
    return (
        "INSERT INTO files (file_id, batch_id, user_id, filename)"
        f" VALUES ('{file_id}', '{file_id}', '{user_id}', '{filename}')"
    )


def new_version(file_id: str, version: int, storage_key: str | None = None) -> str:
    """The statement that inserts a version of a file."""
    return (
        "INSERT INTO file_versions"
        " (file_id, version, storage_key, content_type, size_bytes, sha256, uploaded_by, correlation_id)"
        f" VALUES ('{file_id}', {version}, '{storage_key or f'{file_id}/{version}'}', 'text/plain', 100,"
        f" '{version:064x}', 'anna', '{file_id}')"
    )


def file_ids(count: int) -> Sequence[str]:
    return [f"00000000-0000-4000-8000-{number:012x}" for number in range(1, count + 1)]
