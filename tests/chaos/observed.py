"""What ClickHouse and the slots show, read in the order that the checkers count on."""

from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from clickhouse_connect.driver import Client

from cdc.bookkeeping.progress import progress
from cdc.catalog.parked_sql import LetterState
from cdc.catalog.postgres_ddl import slot_name
from cdc.clickhouse import rows_of
from cdc.postgres import lsn_number
from tests.chaos.record import Row, Sample, Seen, Version
from tests.chaos.targets import SERVICES, TARGETS
from tests.support.sql import run


def seen_at_rest(opened: Client) -> Seen:
    """All that the views show."""
    versions: list[Version] = []
    current: list[tuple[Row, str]] = []
    for target in TARGETS:
        for key, version, op, token, xid, commit_us, user_id, changes in rows_of(
            opened,
            f"SELECT {target.seen_key}, _version, _op, {target.token}, _xid, toUnixTimestamp64Micro(_commit_time),"
            f" _user_id, _transaction_changes FROM {target.name}_history",
        ):
            row = Row(target.name, key)
            versions.append(Version(row, int(version), op, token, xid, commit_us, user_id, changes))
        for key, token in rows_of(opened, f"SELECT {target.seen_key}, {target.token} FROM {target.name}"):
            current.append((Row(target.name, key), token))
    truncates = rows_of(
        opened,
        "SELECT xid, concat(service, '.', \"table\"), toUnixTimestamp64Micro(commit_time), version"
        " FROM cdc.truncates FINAL",
    )
    return Seen(
        tuple(versions),
        tuple(current),
        frozenset((xid, table) for xid, table, _, _ in truncates),
        tuple((table, commit_us, int(version)) for _, table, commit_us, version in truncates),
    )


def shown_as_of(opened: Client, at_us: int) -> list[tuple[Row, str]]:
    """What the as-of views show of an instant."""
    instant = f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us):%Y-%m-%d %H:%M:%S.%f}"
    return [
        (Row(target.name, key), token)
        for target in TARGETS
        for key, token in rows_of(
            opened,
            f"SELECT {target.seen_key}, {target.token} FROM {target.name}_as_of(at = '{instant}')",
        )
    ]


def epochs_begun(opened: Client) -> list[str]:
    """Why each epoch of any service began, the first ones first."""
    found = rows_of(opened, "SELECT concat(service, ': ', reason) FROM cdc.epochs FINAL ORDER BY epoch, service")
    return [str(reason) for (reason,) in found]


def parked_changes(opened: Client) -> list[str]:
    """What is parked of each table, and why the first of it is."""
    found = rows_of(
        opened,
        'SELECT service, "table", count(), argMinIf(reason, version, refused) FROM cdc.dead_letters FINAL'
        f" WHERE state = '{LetterState.PARKED}' GROUP BY 1, 2 ORDER BY 1, 2",
    )
    return [f"{service}.{table}: {count} changes are parked ({why})" for service, table, count, why in found]


def confirmed_position(superuser_dsn: str) -> int:
    """The position that every service's slot has passed; 0 as long as one of them is not there."""
    names = ", ".join(f"'{slot_name(service)}'" for service in SERVICES)
    found = run(superuser_dsn, f"SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name IN ({names})")
    return min(lsn_number(str(lsn)) for (lsn,) in found) if len(found) == len(SERVICES) else 0


def stored_position(opened: Client) -> int:
    """The position up to which everything of every service is said to be stored; 0 before that was said of one."""
    reached = [progress(opened, service) for service in SERVICES]
    return min(each.lsn if each else 0 for each in reached)


def sample(confirmed: int, opened: Client, xids: Collection[int]) -> Sample:
    """A look at these transactions, after that at a position. What is promised to be there first is looked for last."""
    asked = {"xids": list(xids)}
    among = "IN {xids:Array(UInt32)}"
    whole = rows_of(opened, f"SELECT DISTINCT xid FROM cdc.transactions WHERE xid {among}", asked)
    held: Counter[int] = Counter()
    for target in TARGETS:
        history = f"{target.service}_store.{target.table}_history"
        found = rows_of(opened, f"SELECT _xid, count() FROM {history} FINAL WHERE _xid {among} GROUP BY _xid", asked)
        held.update({xid: int(count) for xid, count in found})
    truncates = rows_of(opened, f"SELECT xid, count() FROM cdc.truncates FINAL WHERE xid {among} GROUP BY xid", asked)
    held.update({xid: int(count) for xid, count in truncates})
    actors = rows_of(opened, f"SELECT DISTINCT xid FROM cdc.actors WHERE xid {among}", asked)
    return Sample(confirmed, frozenset(xid for (xid,) in whole), held, frozenset(xid for (xid,) in actors))
