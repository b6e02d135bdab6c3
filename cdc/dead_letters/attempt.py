"""One try to store rows: it goes well, or says why ClickHouse refused the rows, or raises what is not about them."""

from collections.abc import Callable, Sequence
from functools import partial

from clickhouse_connect.driver import Client

from cdc.batch import Rows
from cdc.catalog.clickhouse_ddl import LANDING_HEAD
from cdc.catalog.envelope_names import ENVELOPE_FORMAT, ENVELOPE_INSERT_SETTINGS
from cdc.catalog.envelope_sql import envelopes_of
from cdc.catalog.model import CapturedTable
from cdc.clickhouse import InsertRefusedError, insert
from cdc.dead_letters.refusals import UNKNOWN_FIELD, reason_of, stopping_reason


def attempt(client: Client, table: CapturedTable, columns: Sequence[str], rows: Rows) -> str | None:
    """Insert landing rows of these columns; what comes of it as `refusal_of` says."""
    return refusal_of(table, partial(insert, client, table.landing, (*LANDING_HEAD, *columns), rows))


def attempt_envelopes(client: Client, table: CapturedTable, envelopes: Sequence[bytes]) -> str | None:
    """Insert changes of a table as Debezium writes them; what comes of it as `refusal_of` says."""
    rows = Rows(len(envelopes), b"\n".join(envelopes), ENVELOPE_FORMAT)
    store = partial(insert, client, envelopes_of(table), None, rows, ENVELOPE_INSERT_SETTINGS)
    return refusal_of(table, store, UNKNOWN_FIELD)


def refusal_of(table: CapturedTable, store: Callable[[], None], about_rows: frozenset[int] = frozenset()) -> str | None:
    """Store rows of a table; None if all are stored, else why ClickHouse refused one of them.

    about_rows: codes that are about rows here, and elsewhere about tables.
    InsertRefusedError if it would refuse any row; other errors as `cdc.clickhouse.insert` raises them.
    """
    try:
        store()
    except InsertRefusedError as error:
        stopping = None if error.code in about_rows else stopping_reason(error)
        if stopping:
            raise InsertRefusedError(f"{table}: {stopping}: {reason_of(error)}", error.code) from error
        return reason_of(error)
    return None
