"""ClickHouse's objects that take what Debezium tells beside changes: ends of transactions, and logical messages."""

from cdc.catalog.bookkeeping_ddl import HEARTBEAT_PREFIX
from cdc.catalog.clickhouse_object import ClickHouseObject, materialized_view, table
from cdc.catalog.envelope_names import ENVELOPE_MESSAGES, ENVELOPE_TRANSACTIONS
from cdc.catalog.envelope_sql import ENVELOPE_TAIL, SOURCE
from cdc.catalog.partition_truncates import TRUNCATE_PREFIX

_OF_SERVICE = {"epoch": "UInt32", "service": "LowCardinality(String)"}
# Messages are counted among a transaction's changes, each under the name of a Java object.
_MESSAGE_COLLECTION = "io.debezium.connector.postgresql.LogicalDecodingMessageMonitor$"
_NO_ENVELOPE = "throwIf(envelope.epoch = 0 OR envelope.service = '', 'epoch or service of the connector is not there')"


def envelope_bookkeeping() -> tuple[ClickHouseObject, ...]:
    """The tables that every service shares, and their views, in the order in which they can be created."""
    return (
        table(
            ENVELOPE_TRANSACTIONS,
            {
                "status": "String",
                "id": "String",
                "event_count": "Nullable(UInt64)",
                "data_collections": "Array(Tuple(data_collection String, event_count UInt32))",
                "ts_ms": "Int64",
                **_OF_SERVICE,
            },
            "ENGINE = Null",
        ),
        materialized_view("cdc.envelope_transactions_to_transactions", "cdc.transactions", _transactions()),
        table(
            ENVELOPE_MESSAGES,
            {**ENVELOPE_TAIL, "message": "Tuple(prefix String, content Nullable(String))", **_OF_SERVICE},
            "ENGINE = Null",
        ),
        materialized_view("cdc.envelope_messages_to_messages", "cdc.messages", _messages()),
    )


def _transactions() -> str:
    """END alone counts, and its id is the xid and the commit's LSN; BEGIN's is the xid and another LSN."""
    counted = f"arrayFilter(_each -> NOT startsWith(_each.1, '{_MESSAGE_COLLECTION}'), envelope.data_collections)"
    return (
        f"WITH splitByChar(':', envelope.id) AS _id, arraySum(_each -> _each.2, {counted}) AS _changes"
        f" SELECT envelope.service AS service, envelope.epoch + {_NO_ENVELOPE} AS epoch,"
        " toDateTime64(fromUnixTimestamp64Milli(envelope.ts_ms, 'UTC'), 6, 'UTC') AS commit_time,"
        " toUInt32(_id[1]) AS xid, toUInt64(_id[2]) AS commit_lsn, toUInt32(_changes) AS changes"
        f" FROM {ENVELOPE_TRANSACTIONS} AS envelope WHERE envelope.status = 'END' AND _changes > 0"
    )


def _messages() -> str:
    """One outside a transaction has no xid, and its time is that of the transaction before: it has neither here."""
    return (
        f"WITH {SOURCE}, isNotNull(_source.txId) AS _in_transaction"
        f" SELECT envelope.service AS service, envelope.epoch + {_NO_ENVELOPE} AS epoch,"
        " fromUnixTimestamp64Micro(if(_in_transaction, _source.ts_us, 0), 'UTC') AS commit_time,"
        " toUInt32(ifNull(_source.txId, 0)) AS xid, _source.lsn AS lsn, envelope.message.prefix AS prefix,"
        " unhex(ifNull(envelope.message.content, '')) AS content"
        f" FROM {ENVELOPE_MESSAGES} AS envelope"
        f" WHERE envelope.message.prefix NOT IN ('{HEARTBEAT_PREFIX}', '{TRUNCATE_PREFIX}')"
    )
