"""One try to store rows: it goes well, or says why ClickHouse refused the rows, or raises what is not about them."""

from collections.abc import Sequence

from clickhouse_connect.driver import Client

from cdc.batch import Rows
from cdc.catalog.clickhouse_ddl import LANDING_HEAD
from cdc.catalog.model import CapturedTable
from cdc.clickhouse import InsertRefusedError, insert
from cdc.dead_letters.refusals import reason_of, stopping_reason


def attempt(client: Client, table: CapturedTable, columns: Sequence[str], rows: Rows) -> str | None:
    """Insert landing rows of these columns; None if all are stored, else why ClickHouse refused one of them.

    InsertRefusedError if it would refuse any row; other errors as `cdc.clickhouse.insert` raises them.
    """
    try:
        insert(client, table.landing, (*LANDING_HEAD, *columns), rows)
    except InsertRefusedError as error:
        stopping = stopping_reason(error)
        if stopping:
            raise InsertRefusedError(f"{table}: {stopping}: {reason_of(error)}", error.code) from error
        return reason_of(error)
    return None
