"""A first start made to happen beside an open transaction that wrote below the slot's start, and is sent.

PostgreSQL makes a slot in steps, each of which waits for the transactions that it found open. One that begins in the
last step is sent whole once it commits, though it wrote before the position that the slot calls consistent.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812

from tests.pipeline.capture import Capture, file_ids, new_file, wait_until
from tests.support.sql import run

UPDATED, FIRST, SECOND = file_ids(3)
_WAITS = (
    "SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE datname = current_database() AND NOT granted"
    " AND locktype = 'transactionid' AND transactionid = '{}'"
)


def start_beside_open_update(capture: Capture, may_commit: Callable[[], bool]) -> None:
    """Start for the first time while a row is updated to `later`; that commits once `may_commit` says so."""
    capture.write(*(new_file(key, "early") for key in (UPDATED, FIRST, SECOND)))
    with ExitStack() as opened:
        found_open, found_next, sent = (opened.enter_context(open_transaction(capture)) for _ in range(3))
        xid = update_to_later(found_open, FIRST)
        opened.enter_context(capture.running())
        wait_until(lambda: _is_waited_for(capture, xid), "the slot to wait for the first transaction")
        xid = update_to_later(found_next, SECOND)
        found_open.commit()
        wait_until(lambda: _is_waited_for(capture, xid), "the slot to wait for the second transaction")
        update_to_later(sent, UPDATED)
        found_next.commit()
        wait_until(may_commit, "the moment to commit")
        sent.commit()
        capture.catch_up()


@contextmanager
def open_transaction(capture: Capture) -> Iterator[Connection]:
    """A connection of the service, whose transaction is undone at the end unless it was committed."""
    with closing(psycopg2.connect(capture.database.app_url.replace("+asyncpg", ""))) as connection:
        yield connection


def update_to_later(connection: Connection, key: str) -> str:
    """Update a file without committing; the transaction's xid."""
    with connection.cursor() as session:
        session.execute("UPDATE files SET filename = 'later' WHERE file_id = %s", (key,))
        session.execute("SELECT pg_current_xact_id()::text")
        return str(session.fetchall()[0][0])


def _is_waited_for(capture: Capture, xid: str) -> bool:
    return bool(run(capture.database.superuser_dsn, _WAITS.format(xid)))
