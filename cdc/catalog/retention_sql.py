"""What leaves ClickHouse when a table's history is kept for a time only, and up to when that was done.

Before the instant `{before}`: a version that another one before it superseded; a key that was deleted or truncated;
and a row that no partition covers any more. So every state of the table since that instant can still be asked for, and
nothing that PostgreSQL still has goes.
"""

from cdc.catalog.clickhouse_ddl import DELETED, truncated
from cdc.catalog.model import CapturedTable, quoted

BEFORE = "{before:DateTime64(6, 'UTC')}"


def has_left(table: CapturedTable, before: str, kept: str) -> str:
    """Whether a key's newest stored version says that the row was gone at `before`; `kept` is true of rows that are.

    `before` is an expression, and may be NULL for never.
    """
    return f"ifNull(_commit_time < {before} AND (_op = '{DELETED}' OR {_hidden(table, before, kept)}), false)"


def leaving_latest(table: CapturedTable, kept: str) -> str:
    """The condition for what leaves latest, by `{before}`. Asks history for deleted keys: it goes first."""
    key = _key(table)
    is_end = f"_op = '{DELETED}' AND _commit_time < {BEFORE}"
    deleted = (
        f"SELECT {key} FROM {table.history} WHERE ({key}) IN (SELECT {key} FROM {table.history} WHERE {is_end})"
        f" GROUP BY {key} HAVING argMax({is_end}, _version)"
    )
    return f"_commit_time < {BEFORE} AND ({_hidden(table, BEFORE, kept)} OR ({key}) IN ({deleted}))"


def leaving_history(table: CapturedTable, kept: str) -> tuple[str, str]:
    """The conditions for what leaves history, by `{before}`: first what is superseded, and only then the deletions.

    A deletion that went before the versions it ended would bring their row back.
    """
    key = _key(table)
    superseded = (
        f"SELECT {key}, arrayJoin(arraySlice(arrayReverseSort(groupUniqArray(_version)), 2)) FROM {table.history}"
        f" WHERE _commit_time < {BEFORE} GROUP BY {key} HAVING uniqExact(_version) > 1"
    )
    return (
        f"_commit_time < {BEFORE} AND ({_hidden(table, BEFORE, kept)} OR ({key}, _version) IN ({superseded}))",
        f"_commit_time < {BEFORE} AND _op = '{DELETED}'",
    )


def _hidden(table: CapturedTable, before: str, kept: str) -> str:
    return f"(_version <= {truncated(table, f' AND commit_time < {before}')} OR NOT {kept})"


def _key(table: CapturedTable) -> str:
    return ", ".join(quoted(name) for name in table.key)
