"""The parts that a measurement runs on, made for it alone: nothing that one left behind takes part in the next."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.local.clickhouse.starter import running_clickhouse
from deploy.local.postgres import Postgres, running_postgres
from tests.support.directories import server_directory


@dataclass(frozen=True)
class Parts:
    """A PostgreSQL server, ClickHouse, and a directory for whatever else is started."""

    server: Postgres
    clickhouse_url: str
    directory: Path


@contextmanager
def fresh_parts() -> Iterator[Parts]:
    """Started here, stopped at the end."""
    with (
        server_directory() as directory,
        running_postgres(directory / "postgres") as server,
        TemporaryDirectory() as store,
        running_clickhouse(Path(store) / "clickhouse") as clickhouse,
    ):
        yield Parts(server, clickhouse.url, Path(store))
