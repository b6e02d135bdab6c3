"""How fast ClickHouse takes the bytes that a slot gave: into one plain table, and with each of what capture asks of it.

What is left out of a variant is what its promise costs: the casts' comparison with the text that came, the wait for the
disk, the two tables with their views.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from clickhouse_connect.driver import Client

from cdc.batch import Rows
from cdc.catalog.clickhouse_ddl import landing_columns
from cdc.catalog.clickhouse_object import ClickHouseObject, table
from cdc.catalog.clickhouse_schema import wanted_objects
from cdc.catalog.model import CapturedTable, quoted
from cdc.catalog.version_sql import version_of
from cdc.clickhouse import insert
from migrations.clickhouse import upgrade
from tests.bench import workload

AS_CAPTURED, PLAIN = "into history and latest", "into one plain table of texts"
_DURABLE = {"fsync_after_insert": 1, "fsync_part_directory": 1}


@dataclass(frozen=True)
class Variant:
    """Tables of the workload under a name of their own."""

    captured: CapturedTable
    objects: tuple[ClickHouseObject, ...]

    def create(self, client: Client) -> None:
        """Make the tables."""
        upgrade(client, self.objects)

    def store(self, client: Client, batches: Iterable[Rows]) -> None:
        """Insert one batch after the other."""
        for rows in batches:
            insert(client, self.captured.landing, tuple(landing_columns(self.captured)), rows)

    def empty(self, client: Client) -> None:
        """Let each round begin with nothing."""
        for each in self.objects:
            if "MergeTree" in each.tail:
                client.command(f"TRUNCATE TABLE {each.name}")


def variants() -> dict[str, Variant]:
    """What is compared, by what it is called."""
    return {
        PLAIN: _plain("bench_plain"),
        AS_CAPTURED: _captured("bench_whole", durable=True),
        "the same, casts not compared": _quiet("bench_quiet"),
        "the same, not waiting for the disk": _captured("bench_unsynced", durable=False),
    }


def _captured(service: str, *, durable: bool) -> Variant:
    catalog = workload.catalog(service)
    return Variant(catalog.tables[0], wanted_objects([catalog], durable=durable))


def _plain(service: str) -> Variant:
    captured = workload.catalog(service).tables[0]
    made = table(captured.landing, landing_columns(captured), "ENGINE = MergeTree ORDER BY tuple()", _DURABLE)
    return Variant(captured, (made,))


def _quiet(service: str) -> Variant:
    loud = _captured(service, durable=True)
    view = f"{loud.captured.landing}_to_history"
    objects = [replace(each, select=_casts(loud.captured)) if each.name == view else each for each in loud.objects]
    return replace(loud, objects=tuple(objects))


def _casts(captured: CapturedTable) -> str:
    """Typed versions of landed rows, where nothing is held against the text that came."""
    casts = {quoted(column.name): column.rule.cast(f"landed.{quoted(column.name)}") for column in captured.columns}
    for column in captured.key_columns:
        casts[quoted(column.name)] = f"assumeNotNull({casts[quoted(column.name)]})"
    selected = ", ".join(f"{cast} AS {name}" for name, cast in casts.items())
    return (
        f"SELECT {selected}, {version_of('landed')} AS _version, landed._op AS _op, landed._xid AS _xid,"
        f" fromUnixTimestamp64Micro(landed._commit_us, 'UTC') AS _commit_time FROM {captured.landing} AS landed"
    )
