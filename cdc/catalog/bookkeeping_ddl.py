"""ClickHouse's database `cdc`: what is known of transactions, positions, snapshots and epochs, for every service."""

from cdc.catalog.clickhouse_object import ClickHouseObject, Settings, materialized_view, table
from cdc.catalog.version_sql import transaction_time
from services.kit.capture import ACTOR_PREFIX

HEARTBEAT_PREFIX = "huleedu.heartbeat"
_SERVICE = "LowCardinality(String)"
_TIME = "DateTime64(6, 'UTC')"
# (service, epoch, commit_time, xid) names a transaction: xids wrap, and only the slot knows a change's commit position.
_TRANSACTION = {"service": _SERVICE, "epoch": "UInt32", "commit_time": _TIME, "xid": "UInt32"}
_TRANSACTION_KEY = "(service, epoch, commit_time, xid)"


def bookkeeping(durable: Settings) -> tuple[ClickHouseObject, ...]:
    """The tables every service shares; `durable` ends their definition with settings."""
    return (
        *_transactions(durable),
        *_messages(durable),
        _truncates(durable),
        _snapshots(durable),
        _shapes(durable),
        _retention(durable),
        _epochs(durable),
        _sources(durable),
        _dead_letters(durable),
        _adopted(durable),
    )


def _transactions(durable: Settings) -> tuple[ClickHouseObject, ...]:
    commit = {**_TRANSACTION, "commit_lsn": "UInt64", "end_lsn": "UInt64", "changes": "UInt32"}
    return (
        table("cdc.commits", commit, "ENGINE = Null"),
        table(
            "cdc.transactions",
            {**_TRANSACTION, "commit_lsn": "UInt64", "changes": "UInt32"},
            f"ENGINE = ReplacingMergeTree ORDER BY {_TRANSACTION_KEY} PARTITION BY toYYYYMM(commit_time)",
            durable,
        ),
        materialized_view(
            "cdc.commits_to_transactions",
            "cdc.transactions",
            f"SELECT service, epoch, {transaction_time('committed.commit_time')} AS commit_time, xid,"
            # Debezium tells where the record of the commit ends, and not where it begins.
            " committed.end_lsn AS commit_lsn, changes FROM cdc.commits AS committed WHERE changes > 0",
        ),
        table(
            "cdc.progress",
            {
                "service": _SERVICE,
                "position": "UInt128",
                "commit_time": _TIME,
                "landed_at": f"{_TIME} DEFAULT now64(6, 'UTC')",
            },
            "ENGINE = ReplacingMergeTree(position) ORDER BY service",
            durable,
        ),
        materialized_view(
            "cdc.commits_to_progress",
            "cdc.progress",
            "SELECT service, bitOr(bitShiftLeft(toUInt128(epoch), 64), toUInt128(end_lsn)) AS position, commit_time"
            " FROM cdc.commits",
        ),
    )


def _messages(durable: Settings) -> tuple[ClickHouseObject, ...]:
    actor = {"user_id": "String", "correlation_id": "String", "route": "String", "reason": "String"}
    from_json = ", ".join(f"JSONExtractString(content, '{name}') AS {name}" for name in actor)
    return (
        table(
            "cdc.messages",
            {**_TRANSACTION, "lsn": "UInt64", "prefix": "LowCardinality(String)", "content": "String"},
            "ENGINE = ReplacingMergeTree ORDER BY (service, epoch, lsn) PARTITION BY toYYYYMM(commit_time)",
            durable,
        ),
        table(
            "cdc.actors",
            {**_TRANSACTION, "lsn": "UInt64", **actor},
            f"ENGINE = ReplacingMergeTree(lsn) ORDER BY {_TRANSACTION_KEY} PARTITION BY toYYYYMM(commit_time)",
            durable,
        ),
        materialized_view(
            "cdc.messages_to_actors",
            "cdc.actors",
            f"SELECT {', '.join(_TRANSACTION)}, lsn, {from_json} FROM cdc.messages WHERE prefix = '{ACTOR_PREFIX}'",
        ),
    )


def _truncates(durable: Settings) -> ClickHouseObject:
    return table(
        "cdc.truncates",
        {**_TRANSACTION, "table": "LowCardinality(String)", "version": "UInt128"},
        'ENGINE = ReplacingMergeTree ORDER BY (service, "table", version)',
        durable,
    )


def _snapshots(durable: Settings) -> ClickHouseObject:
    return table(
        "cdc.snapshots",
        {
            "service": _SERVICE,
            "table": "LowCardinality(String)",
            "epoch": "UInt32",
            "lsn": "UInt64",
            "row_count": "UInt64",
            "finished": "Bool",
            "recorded_at": f"{_TIME} DEFAULT now64(6, 'UTC')",
            "reason": "String",
            "xid": "UInt32",
            "taken_us": "Int64",
            "copied_to": "UInt64",
            "deleted": "UInt64",
        },
        'ENGINE = ReplacingMergeTree(finished) ORDER BY (service, "table", epoch, lsn)',
        durable,
    )


def _shapes(durable: Settings) -> ClickHouseObject:
    columns = "Array(Tuple(name String, postgres_type String, stored_as String))"
    return table(
        "cdc.shapes",
        {
            "service": _SERVICE,
            "table": "LowCardinality(String)",
            "position": "UInt128",
            "key": "Array(String)",
            "columns": columns,
            "former": columns,
            "change": "String",
            "recorded_at": f"{_TIME} DEFAULT now64(6, 'UTC')",
        },
        'ENGINE = ReplacingMergeTree(recorded_at) ORDER BY (service, "table", position)',
        durable,
    )


def _retention(durable: Settings) -> ClickHouseObject:
    return table(
        "cdc.retention",
        {
            "service": _SERVICE,
            "table": "LowCardinality(String)",
            "thinned_before": _TIME,
            "recorded_at": f"{_TIME} DEFAULT now64(6, 'UTC')",
        },
        'ENGINE = ReplacingMergeTree(thinned_before) ORDER BY (service, "table")',
        durable,
    )


def _epochs(durable: Settings) -> ClickHouseObject:
    return table(
        "cdc.epochs",
        {
            "service": _SERVICE,
            "epoch": "UInt32",
            "system_identifier": "UInt64",
            "timeline": "UInt32",
            "reason": "String",
            "started_at": f"{_TIME} DEFAULT now64(6, 'UTC')",
        },
        "ENGINE = ReplacingMergeTree ORDER BY (service, epoch)",
        durable,
    )


def _sources(durable: Settings) -> ClickHouseObject:
    return table(
        "cdc.sources",
        {
            "service": _SERVICE,
            "position": "UInt128",
            "source": "LowCardinality(String)",
            "since": f"{_TIME} DEFAULT now64(6, 'UTC')",
        },
        "ENGINE = ReplacingMergeTree(since) ORDER BY (service, position)",
        durable,
    )


def _dead_letters(durable: Settings) -> ClickHouseObject:
    return table(
        "cdc.dead_letters",
        {
            "service": _SERVICE,
            "table": "LowCardinality(String)",
            "key": "Array(String)",
            "version": "UInt128",
            "id": "String",
            "op": "LowCardinality(String)",
            "epoch": "UInt32",
            "lsn": "UInt64",
            "xid": "UInt32",
            "commit_time": _TIME,
            "columns": "Array(LowCardinality(String))",
            "row": "String",
            "refused": "Bool",
            "reason": "String",
            "state": "LowCardinality(String)",
            "revision": "UInt8",
            "note": "String",
            "recorded_at": f"{_TIME} DEFAULT now64(6, 'UTC')",
        },
        'ENGINE = ReplacingMergeTree(revision) ORDER BY (service, "table", key, version)',
        durable,
    )


def _adopted(durable: Settings) -> ClickHouseObject:
    return table(
        "cdc.adopted",
        {
            "service": _SERVICE,
            "state": "LowCardinality(String)",
            "tables": "String",
            "database": "String",
            "system_identifier": "UInt64",
            "undo": "String",
            "recorded_at": f"{_TIME} DEFAULT now64(6, 'UTC')",
        },
        "ENGINE = ReplacingMergeTree(recorded_at) ORDER BY service",
        durable,
    )
