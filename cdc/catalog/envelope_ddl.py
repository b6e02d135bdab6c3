"""ClickHouse's objects that take one captured table's changes as Debezium writes them, and land them."""

from cdc.catalog.clickhouse_object import ClickHouseObject, materialized_view, table
from cdc.catalog.envelope_sql import (
    SOURCE,
    TRUNCATED,
    by_kafka,
    envelope_columns,
    envelopes_of,
    landing_columns_of,
    landing_rows,
)
from cdc.catalog.model import CapturedTable, literal
from cdc.catalog.version_sql import truncate_version_of


def envelope_objects(captured: CapturedTable) -> tuple[ClickHouseObject, ...]:
    """All objects of one table's envelopes, in the order in which they can be created; none if Debezium can't carry it.

    Nothing is inserted before all of them are there: who inserts asks the same catalog for the table's name.
    """
    if not by_kafka(captured):
        return ()
    envelopes = envelopes_of(captured)
    return (
        table(envelopes, envelope_columns(captured), "ENGINE = Null"),
        materialized_view(
            f"{envelopes}_to_landing",
            captured.landing,
            landing_rows(captured, envelopes, landing_columns_of(captured)),
        ),
        materialized_view(f"{envelopes}_to_truncates", "cdc.truncates", _truncates(captured, envelopes)),
    )


def _truncates(captured: CapturedTable, envelopes: str) -> str:
    return (
        f"WITH {SOURCE} SELECT {literal(captured.service)} AS service, envelope.epoch AS epoch,"
        " fromUnixTimestamp64Micro(_source.ts_us, 'UTC') AS commit_time, toUInt32(_source.txId) AS xid,"
        f' {literal(captured.name)} AS "table", {truncate_version_of("envelope.epoch", "_source.lsn")} AS version'
        f" FROM {envelopes} AS envelope WHERE envelope.op = '{TRUNCATED}'"
    )
