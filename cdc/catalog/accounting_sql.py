"""The queries that hold history against its origins: a change has a transaction, a copied row a snapshot."""

from cdc.catalog.clickhouse_ddl import key_text, thinned_before
from cdc.catalog.comparison_sql import seen
from cdc.catalog.model import CapturedTable, ServiceCatalog, literal
from cdc.catalog.parked_sql import parked_changes
from cdc.catalog.version_sql import epoch_of, lsn_of, transaction_time

_TRANSACTION = "epoch, commit_time, xid"
# Commits are in the order of their times, but for moments.
_CUT_OFF_SECONDS = 60
_OF_CHANGE = f"{epoch_of('_version')} AS epoch, {transaction_time('_commit_time')} AS commit_time, _xid AS xid"
_OF_OTHERS = f"epoch, {transaction_time('told.commit_time')} AS commit_time, xid"
_OF_COPY = f"{epoch_of('_version')} AS epoch, {lsn_of('_version')} AS lsn"
# A change that the snapshot does not see is on its way, and its transaction may not be counted yet; but not for ever.
_CHECKED = f"({seen('epoch', 'commit_time', 'xid')} OR commit_time < {{settled:DateTime64(6, 'UTC')}})"


def surplus(table: CapturedTable, catalog: ServiceCatalog) -> str:
    """Rows whose origin made fewer than history holds: key texts, version, whether copied, made, held.

    At most `{limit:UInt32}`. The origin of a change is its transaction, whose changes are counted over all tables of
    the service; that of a copied row is its snapshot. Which row of several is too much cannot be told: all are named.
    """
    key_texts = ", ".join(key_text(column) for column in table.key_columns)
    row = "SELECT _key_texts AS key_texts, toString(_version) AS version"
    # Apart from the names that follow: a key's column may be called as one of them.
    held = f"SELECT [{key_texts}] AS _key_texts, _version, _commit_time, _xid FROM {table.history} FINAL WHERE _op"
    changes = (
        f"{row}, false AS copied, made, held FROM (SELECT _key_texts, _version, {_OF_CHANGE} FROM ({held} != 'r'))"
        f" AS change JOIN ({_counted_transactions(catalog)}) AS origin USING ({_TRANSACTION}) WHERE held > made"
    )
    copies = (
        f"{row}, true AS copied, made, held FROM (SELECT _key_texts, _version, {_OF_COPY} FROM ({held} = 'r'))"
        f" AS change JOIN ({_counted_copies(table)}) AS origin USING (epoch, lsn) WHERE held > made"
    )
    return f"SELECT * FROM ({changes} UNION ALL {copies}) ORDER BY made, key_texts, version LIMIT {{limit:UInt32}}"


def shortfall(table: CapturedTable, catalog: ServiceCatalog) -> str:
    """Origins that made more than history holds, `{limit:UInt32}` of them: xid or LSN, time or "", copied, made, held.

    Of transactions those are asked that changed this table, and came after the service's last copy: a copy is how lost
    rows are healed, and what was lost before it stays lost. Nothing is asked from before the time that history is kept.
    """
    last_copy = (
        f"SELECT max((epoch, lsn)) FROM cdc.snapshots FINAL WHERE service = {literal(table.service)} AND finished"
    )
    here = f"SELECT {_OF_CHANGE} FROM {table.history} FINAL WHERE _op != 'r'"
    changes = (
        f"SELECT toString(xid) AS name, toString(commit_time) AS time, false AS copied, made, held"
        f" FROM ({_counted_transactions(catalog)}) WHERE held < made AND ({_TRANSACTION}) IN ({here})"
        f" AND (epoch, commit_lsn) > ({last_copy}) AND {_not_thinned('commit_time', _any_thinned_before(catalog))}"
    )
    copies = (
        f"SELECT toString(lsn) AS name, '' AS time, true AS copied, made, held FROM ({_counted_copies(table)})"
        f" WHERE held < made AND {_not_thinned('copied_at', thinned_before(table))}"
    )
    return f"SELECT * FROM ({changes} UNION ALL {copies}) ORDER BY time, name LIMIT {{limit:UInt32}}"


def from_the_future(table: CapturedTable) -> str:
    """Versions and truncates that PostgreSQL has not written yet: key texts or none, version; `{limit:UInt32}` of them.

    `{written:UInt64}` is its WAL position and `{next_xid:Int64}` its next xid, taken before this is asked.
    """
    key_texts = ", ".join(key_text(column) for column in table.key_columns)
    return (
        f"SELECT [{key_texts}] AS _key_texts, toString(_version) AS _named FROM {table.history} FINAL"
        f" WHERE {_not_written('_version', '_commit_time', '_xid')}"
        " UNION ALL SELECT [] AS _key_texts, toString(version) AS _named FROM cdc.truncates FINAL"
        f' WHERE service = {literal(table.service)} AND "table" = {literal(table.name)}'
        f" AND {_not_written('version', 'commit_time', 'xid')} LIMIT {{limit:UInt32}}"
    )


def _any_thinned_before(catalog: ServiceCatalog) -> str:
    return f"(SELECT maxOrNull(thinned_before) FROM cdc.retention WHERE service = {literal(catalog.service)})"


def _not_thinned(time: str, thinned: str) -> str:
    return f"ifNull({time} >= {thinned}, true)"


def _not_written(version: str, time: str, xid: str) -> str:
    epoch, lsn = epoch_of(version), lsn_of(version)
    later_xid = f"reinterpretAsInt32(toUInt32(toInt64({xid}) - {{next_xid:Int64}})) >= 0"
    recent = f"{time} >= {{long_ago:DateTime64(6, 'UTC')}}"
    return (
        f"({epoch} > {{epoch:UInt32}}"
        f" OR ({epoch} = {{epoch:UInt32}} AND ({lsn} > {{written:UInt64}} OR ({recent} AND {later_xid}))))"
    )


def _counted_transactions(catalog: ServiceCatalog) -> str:
    of_service = f"service = {literal(catalog.service)}"
    held = " UNION ALL ".join(
        (
            *(f"SELECT {_OF_CHANGE} FROM {table.history} FINAL WHERE _op != 'r'" for table in catalog.tables),
            *(
                f"SELECT {_OF_OTHERS} FROM ({parked_changes(table)}) AS told WHERE op != 'r'"
                for table in catalog.tables
            ),
            f"SELECT {_OF_OTHERS} FROM cdc.truncates AS told FINAL WHERE {of_service}",
        )
    )
    counted = f"FROM cdc.transactions FINAL WHERE {of_service}"
    # Of the last transactions of an epoch that has ended, parts may have been stored, and their ends never come.
    cut_off = f"epoch < {{epoch:UInt32}} AND commit_time >= last - INTERVAL {_CUT_OFF_SECONDS} SECOND"
    return (
        f"SELECT {_TRANSACTION}, commit_lsn, held, if(NOT known AND {cut_off}, held, changes) AS made"
        f" FROM (SELECT {_TRANSACTION}, count() AS held FROM ({held}) GROUP BY {_TRANSACTION}) AS found"
        f" LEFT JOIN (SELECT {_TRANSACTION}, commit_lsn, changes, true AS known {counted})"
        f" AS counted USING ({_TRANSACTION})"
        f" LEFT JOIN (SELECT epoch, max(commit_time) AS last {counted} GROUP BY epoch) AS ended USING (epoch)"
        f" WHERE {_CHECKED}"
    )


def _counted_copies(table: CapturedTable) -> str:
    held = (
        f"SELECT {_OF_COPY}, _commit_time AS time FROM {table.history} FINAL WHERE _op = 'r' UNION ALL"
        f" SELECT epoch, lsn, commit_time AS time FROM ({parked_changes(table)}) WHERE op = 'r'"
    )
    # A copy that is not finished yet, or was cut off, made as many rows as there are.
    return (
        "SELECT epoch, lsn, copied_at, held, if(known AND NOT finished, held, row_count) AS made"
        f" FROM (SELECT epoch, lsn, min(time) AS copied_at, count() AS held FROM ({held}) GROUP BY epoch, lsn)"
        " AS found LEFT JOIN (SELECT epoch, lsn, row_count, finished, true AS known FROM cdc.snapshots FINAL"
        f' WHERE service = {literal(table.service)} AND "table" = {literal(table.name)}) AS counted USING (epoch, lsn)'
    )
