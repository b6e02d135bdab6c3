"""The queries that compare a table in PostgreSQL and in ClickHouse: the same texts, the same hashes, the same buckets.

Each column's canonical text, with its length before it, makes a row's text; md5 of it stands for the row, and sums of
those over the buckets of md5(key) stand for the table. Where a bucket's sums differ, its rows are fetched as texts.
ClickHouse is read with FINAL, as people's views read it: of two rows of one version both must choose the same. Names of
our own begin with an underscore: a column may be called anything else.
"""

from collections.abc import Iterable

from cdc.catalog.clickhouse_ddl import DELETED, STORED_TAIL, canonical_text, key_text, thinned_before, truncated
from cdc.catalog.model import CapturedTable, Column, quoted
from cdc.catalog.partitions import EVERY_ROW
from cdc.catalog.retention_sql import has_left
from cdc.catalog.version_sql import epoch_of

_BUCKET_DIGITS = 2


def postgres_buckets(table: CapturedTable) -> str:
    """Bucket, rows and two sums of row hashes, for every bucket of the table in PostgreSQL."""
    hashes = (
        f"SELECT md5({_pg_text(table.key_columns)}) AS k, md5({_pg_text(table.columns)}) AS r FROM {table.in_postgres}"
    )
    sums = ", ".join(f"sum(('x' || substr(r, {start}, 15))::bit(60)::bigint)::text" for start in (1, 17))
    return f"SELECT substr(k, 1, {_BUCKET_DIGITS}), count(*), {sums} FROM ({hashes}) AS hashes GROUP BY 1"


def clickhouse_buckets(table: CapturedTable, kept: str = EVERY_ROW) -> str:
    """The same of ClickHouse's newest seen version of every key that is not deleted, where `kept` is true."""
    key, row = (f"lower(hex(MD5({_ch_text(columns)})))" for columns in (table.key_columns, table.columns))
    hashes = f"SELECT {key} AS _key, {row} AS _row FROM ({_newest_seen(table)}) WHERE {kept}"
    sums = ", ".join(
        f"toString(sum(toUInt128(reinterpretAsUInt64(reverse(unhex(concat('0', substring(_row, {start}, 15))))))))"
        for start in (1, 17)
    )
    return f"SELECT substring(_key, 1, {_BUCKET_DIGITS}), count(), {sums} FROM ({hashes}) GROUP BY 1"


def postgres_rows(table: CapturedTable) -> str:
    """The canonical texts of the captured columns of one bucket's rows; its digits are bound to `%s`."""
    texts = ", ".join(_pg_column(column) for column in table.columns)
    bucket = f"substr(md5({_pg_text(table.key_columns)}), 1, {_BUCKET_DIGITS})"
    return f"SELECT {texts} FROM {table.in_postgres} WHERE {bucket} = ".replace("%", "%%") + "%s"


def clickhouse_rows(table: CapturedTable, kept: str = EVERY_ROW) -> str:
    """The same of ClickHouse; the bucket's digits are bound to `{bucket:String}`, `kept` is true of rows to compare."""
    texts = ", ".join(canonical_text(column) for column in table.columns)
    bucket = f"substring(lower(hex(MD5({_ch_text(table.key_columns)}))), 1, {_BUCKET_DIGITS})"
    return f"SELECT {texts} FROM ({_newest_seen(table)}) WHERE {kept} AND {bucket} = {{bucket:String}}"


def latest_against_history(table: CapturedTable, kept: str = EVERY_ROW) -> str:
    """Keys whose newest version in history is not what latest holds, deleted keys included; at most `{limit:UInt32}`.

    Left out is what left the table longer ago than history is kept: it goes from one after the other. `kept` is true of
    rows that PostgreSQL keeps.
    A row is the key's texts and what each side has of it, (side, version, hash of everything stored): both or one.
    """
    key = ", ".join(quoted(name) for name in table.key)
    stored = ", ".join(quoted(name) for name in (*(column.name for column in table.stored_values), *STORED_TAIL))
    key_texts = ", ".join(key_text(column) for column in table.key_columns)
    gone = has_left(table, thinned_before(table), kept)
    newest = f"SELECT {key}, max(_version) AS _newest, argMax(tuple({stored}), _version) AS _image"
    there = f"FINAL GROUP BY {key} HAVING NOT argMax({gone}, _version)"
    sides = " UNION ALL ".join(
        f"SELECT {key}, ('{side}', toString(_newest), hex(SHA256(toString(_image)))) AS _found"
        f" FROM ({newest} FROM {source} {there})"
        for side, source in (("history", table.history), ("latest", table.latest))
    )
    return (
        f"SELECT [{key_texts}] AS _key_texts, arraySort(groupArray(_found)) FROM ({sides}) GROUP BY {key}"
        " HAVING count() != 2 OR uniqExact(_found.3) != 1 ORDER BY _key_texts LIMIT {limit:UInt32}"
    )


def seen(epoch: str, time: str, xid: str) -> str:
    """Whether the PostgreSQL snapshot that the parameters describe sees a change.

    xids are 32 bits wide and compared on a circle; what was committed long before, or in an earlier epoch, is seen.
    """
    return (
        f"({epoch} < {{epoch:UInt32}} OR {time} < {{long_ago:DateTime64(6, 'UTC')}}"
        f" OR (NOT has({{in_progress:Array(UInt32)}}, {xid})"
        f" AND reinterpretAsInt32(toUInt32(toInt64({xid}) - {{next_xid:Int64}})) < 0))"
    )


def _newest_seen(table: CapturedTable) -> str:
    key = ", ".join(quoted(name) for name in table.key)
    values = [*(column.name for column in table.value_columns), "_raw", "_op"]
    unpacked = ", ".join(f"_image.{number} AS {quoted(name)}" for number, name in enumerate(values, start=1))
    image = ", ".join(quoted(name) for name in values)
    seen_change = seen(epoch_of("_version"), "_commit_time", "_xid")
    seen_truncate = seen("epoch", "commit_time", "xid")
    return (
        f"SELECT {key}, {unpacked}"
        f" FROM (SELECT {key}, argMax(tuple({image}), _version) AS _image, max(_version) AS _newest"
        f" FROM {table.history} FINAL WHERE {seen_change} GROUP BY {key})"
        f" WHERE _image.{len(values)} != '{DELETED}' AND _newest > {truncated(table, f' AND {seen_truncate}')}"
    )


def _pg_column(column: Column) -> str:
    return column.rule.postgres_text(quoted(column.name))


def _pg_text(columns: Iterable[Column]) -> str:
    texts = (_pg_column(column) for column in columns)
    return " || ".join(f"coalesce(octet_length({text}) || ':' || ({text}), '-')" for text in texts)


def _ch_text(columns: Iterable[Column]) -> str:
    texts = (canonical_text(column) for column in columns)
    parts = (f"if(isNull({text}), '-', concat(toString(length({text})), ':', assumeNotNull({text})))" for text in texts)
    return f"concat({', '.join(parts)}, '')"
