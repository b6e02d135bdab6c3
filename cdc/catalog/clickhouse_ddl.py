"""ClickHouse's objects for one captured table: landing, history, latest, and the views people read."""

from collections.abc import Iterable

from cdc.catalog.clickhouse_object import ClickHouseObject, Settings, materialized_view, table, view
from cdc.catalog.landed_sql import typed_versions
from cdc.catalog.model import CapturedTable, Column, literal, quoted
from cdc.catalog.version_sql import epoch_of, lsn_of, transaction_time

# What every landed row carries before the columns' texts, in this order.
LANDING_HEAD: dict[str, str] = {
    "_op": "String",
    "_lsn": "UInt64",
    "_epoch": "UInt32",
    "_xid": "UInt32",
    "_commit_us": "Int64",
}
# What every stored version carries beside the columns.
STORED_TAIL: dict[str, str] = {
    "_version": "UInt128",
    "_op": "LowCardinality(String)",
    "_xid": "UInt32",
    "_commit_time": "DateTime64(6, 'UTC')",
    "_raw": "Map(LowCardinality(String), String)",
}
INSERTED, DELETED = "c", "d"
_LANDED_TYPE = "Nullable(String)"
# A caller's own setting must not let a view's FINAL skip versions that lie in different partitions.
_WHOLE_FINAL = "SETTINGS do_not_merge_across_partitions_select_final = 0"


_TOO_EARLY = "history of this table is not kept for so long: ask for a later instant"


def table_objects(captured: CapturedTable, durable: Settings) -> tuple[ClickHouseObject, ...]:
    """All objects of one table, in the order in which they can be created."""
    return (
        table(captured.landing, _landed_columns(captured), "ENGINE = Null"),
        table(
            captured.history,
            stored_columns(captured),
            f"ENGINE = ReplacingMergeTree ORDER BY ({_names(captured.key)}, _version)"
            f" PARTITION BY toYYYYMM(_commit_time)",
            durable,
        ),
        table(
            captured.latest,
            stored_columns(captured),
            f"ENGINE = ReplacingMergeTree(_version) ORDER BY ({_names(captured.key)})",
            durable,
        ),
        # The chain's end is made first: a row that reaches history finds its way on to latest.
        materialized_view(f"{captured.history}_to_latest", captured.latest, _newest(captured)),
        materialized_view(f"{captured.landing}_to_history", captured.history, typed_versions(captured)),
        view(f"{captured.service}.{captured.name}", _current(captured)),
        view(f"{captured.service}.{captured.name}_history", _history(captured)),
        view(f"{captured.service}.{captured.name}_as_of", _as_of(captured)),
    )


def landing_columns(captured: CapturedTable) -> dict[str, str]:
    """The columns that a row lands with: the head, then the text of each captured column."""
    return {**LANDING_HEAD, **{column.name: _LANDED_TYPE for column in captured.columns}}


def canonical_text(column: Column) -> str:
    """The text PostgreSQL wrote for a stored column: what the cast could not give back, else the typed value's text."""
    if column.rule.is_text:
        return key_text(column)
    name = literal(column.name)
    return f"if(mapContains(_raw, {name}), _raw[{name}], {key_text(column)})"


def key_text(column: Column) -> str:
    """The text PostgreSQL wrote for a key column, whose cast always gives it back."""
    return column.rule.text(quoted(column.name))


def _landed_columns(captured: CapturedTable) -> dict[str, str]:
    # Rows that were written under an earlier shape of the table may still come, or come again.
    return {**landing_columns(captured), **{column.name: _LANDED_TYPE for column in captured.former}}


def stored_columns(captured: CapturedTable) -> dict[str, str]:
    """The columns of history and latest, with their types: key, values, and what every version carries."""
    keys = {column.name: column.rule.clickhouse for column in captured.key_columns}
    values = {column.name: column.rule.nullable for column in captured.stored_values}
    return {**keys, **values, **STORED_TAIL}


def _newest(captured: CapturedTable) -> str:
    return f"SELECT {_names(stored_columns(captured))} FROM {captured.history}"


def _current(captured: CapturedTable) -> str:
    columns = _names(column.name for column in captured.columns)
    return (
        f"SELECT {columns}, _version, _commit_time, _raw FROM {captured.latest} FINAL"
        f" WHERE _op != '{DELETED}' AND _version > {truncated(captured)} {_WHOLE_FINAL}"
    )


def truncated(captured: CapturedTable, until: str = "") -> str:
    """The newest version that a TRUNCATE hides, 0 without one; `until` is a further condition on cdc.truncates."""
    return (
        f"(SELECT max(version) FROM cdc.truncates WHERE service = {literal(captured.service)}"
        f' AND "table" = {literal(captured.name)}{until})'
    )


def thinned_before(captured: CapturedTable) -> str:
    """The instant before which a table's history was thinned, NULL if never."""
    return (
        f"(SELECT maxOrNull(thinned_before) FROM cdc.retention WHERE service = {literal(captured.service)}"
        f' AND "table" = {literal(captured.name)})'
    )


def _history(captured: CapturedTable) -> str:
    columns = ", ".join(f"change.{quoted(column.name)} AS {quoted(column.name)}" for column in captured.stored_columns)
    stored = ", ".join(f"change.{name} AS {name}" for name in STORED_TAIL)
    in_transaction = "change._epoch = {0}.epoch AND {1} = {0}.commit_time AND change._xid = {0}.xid"
    committed = "change._commit_time"
    return (
        f"SELECT {columns}, {stored}, change._lsn AS _lsn, change._epoch AS _epoch,"
        " actor.user_id AS _user_id, actor.correlation_id AS _correlation_id, actor.route AS _route,"
        " actor.reason AS _reason, transaction.commit_lsn AS _commit_lsn, transaction.changes AS _transaction_changes"
        f" FROM (SELECT *, {epoch_of('_version')} AS _epoch, {lsn_of('_version')} AS _lsn"
        f" FROM {captured.history} FINAL) AS change"
        f" LEFT JOIN {_of_service('cdc.actors', captured)} AS actor ON {in_transaction.format('actor', committed)}"
        f" LEFT JOIN {_of_service('cdc.transactions', captured)} AS transaction"
        f" ON {in_transaction.format('transaction', transaction_time(committed))} {_WHOLE_FINAL}"
    )


def _of_service(name: str, captured: CapturedTable) -> str:
    return f"(SELECT * FROM {name} FINAL WHERE service = {literal(captured.service)})"


def _as_of(captured: CapturedTable) -> str:
    at = "{at:DateTime64(6, 'UTC')}"
    values = [*(column.name for column in captured.stored_values), "_commit_time", "_raw", "_op"]
    # argMax skips NULLs, so the whole image is one tuple. Names begin with _: a column may be called version or image.
    image = f"argMax(tuple({_names(values)}), _version)"
    unpacked = ", ".join(f"_image.{number} AS {quoted(name)}" for number, name in enumerate(values[:-1], start=1))
    return (
        f"SELECT {_names(captured.key)}, {unpacked}, _newest AS _version"
        f" FROM (SELECT {_names(captured.key)}, {image} AS _image, max(_version) AS _newest FROM {captured.history}"
        f" WHERE _commit_time <= {at} GROUP BY {_names(captured.key)})"
        f" WHERE _image.{len(values)} != '{DELETED}'"
        f" AND _newest > {truncated(captured, f' AND commit_time <= {at}')}"
        f" AND (SELECT throwIf(ifNull({at} < {thinned_before(captured)}, false), '{_TOO_EARLY}')) = 0"
    )


def _names(names: Iterable[str]) -> str:
    return ", ".join(quoted(name) for name in names)
