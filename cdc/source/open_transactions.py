"""The transactions that are open in a cluster: what is waited for where all of them must end first."""

from cdc.postgres import Connection, rows

# Since when another role's are open, only a monitoring role is told.
_OPEN = (
    "SELECT format('pid %s in %s', pid, datname) || coalesce(' for ' || (now() - xact_start), '')"
    " FROM pg_stat_activity WHERE backend_xid IS NOT NULL"
    " UNION ALL SELECT format('prepared transaction %L in %s for %s', gid, database, now() - prepared)"
    " FROM pg_prepared_xacts"
)


def open_transactions(connection: Connection) -> str:
    """Those of any database of the cluster that have written, each with its process, or the name it is prepared by."""
    return ", ".join(row[0] for row in rows(connection, _OPEN))
