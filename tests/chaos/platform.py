"""The platform under faults: PostgreSQL and ClickHouse on small disks, capture between them, a link on either side."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from cdc.catalog.clickhouse_schema import wanted_objects
from cdc.catalog.declared import service_catalog
from cdc.clickhouse import client
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.postgres import Postgres
from deploy.local.postgres_cluster import SUPERUSER, Cluster
from migrations import capture as capture_migration
from migrations.clickhouse import upgrade
from services.kit.settings import ENV_FILE_VARIABLE
from services.registry import service_named
from tests.chaos.link import Link, link_to
from tests.chaos.parts import PROJECT, Part, capture_part, clickhouse_part, postgres_part
from tests.chaos.small_disk import SmallDisk, small_disk
from tests.chaos.targets import PARTITIONED_DAYS, SERVICES, TODAY, WITNESSES
from tests.support.directories import server_directory
from tests.support.service_database import ServiceDatabase, ServiceTemplates
from tests.support.sql import run

CAPTURE_LOG = "cdc.log"
_NO_ROOM = "NOT_ENOUGH_SPACE"
_SERVER = "server"
_MEGABYTES = 900
_VERIFY_SECONDS = 120
_SETTINGS = {
    "CDC_HEARTBEAT_SECONDS": "0.2",
    "CDC_BATCH_ROWS": "300",
    # A fault is over in seconds; so should the wait be that follows the last of many.
    "CDC_LONGEST_WAIT_SECONDS": "1",
    ENV_FILE_VARIABLE: os.devnull,
}


@dataclass(frozen=True)
class Platform:
    """What faults befall, and how the checker gets past it: `databases` and `clickhouse_url` lead there directly."""

    directory: Path
    postgres: Part
    clickhouse: Part
    capture: Part
    postgres_disk: SmallDisk
    clickhouse_disk: SmallDisk
    postgres_link: Link
    clickhouse_link: Link
    databases: Mapping[str, ServiceDatabase]
    clickhouse_url: str
    superuser_dsn: str

    def writers_urls(self) -> dict[str, str]:
        """The databases for the tables' owner, who may truncate."""
        return {name: each.migrator_url.replace("+asyncpg", "") for name, each in self.databases.items()}

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`python -m cdc …`, by the direct way, run to its end."""
        return subprocess.run(
            [sys.executable, "-m", "cdc", *arguments],
            cwd=PROJECT,
            env={**os.environ, **_settings(self.databases, self.clickhouse_url)},
            capture_output=True,
            text=True,
            timeout=3 * _VERIFY_SECONDS,
            check=False,
        )

    def told_of_no_room(self) -> int:
        """How often capture was told that ClickHouse's disk is full."""
        return (self.directory / CAPTURE_LOG).read_text(encoding="utf-8", errors="replace").count(_NO_ROOM)

    def verify(self) -> list[str]:
        """What `python -m cdc verify` says if it does not say equal."""
        done = self.command("verify", *SERVICES, f"--timeout={_VERIFY_SECONDS}")
        if done.returncode == 0:
            return []
        return [f"verify: {line}" for line in (done.stdout + done.stderr).splitlines() if ": equal, " not in line]

    def keep_logs(self, directory: Path) -> None:
        """Copy every part's log."""
        for log in (*self.directory.glob("*.log"), *self.directory.glob("*/*/*.log")):
            shutil.copy(log, directory / f"{log.parent.name}-{log.name}")


@contextmanager
def running_platform() -> Iterator[Platform]:
    """All parts but capture started, the services' tables made and published."""
    with ExitStack() as opened:
        directory = opened.enter_context(server_directory("huleedu-chaos-"))
        postgres_disk = opened.enter_context(small_disk(directory / "postgres", _MEGABYTES))
        clickhouse_disk = opened.enter_context(small_disk(directory / "clickhouse", _MEGABYTES))
        ports = {"postgres": free_port(), "clickhouse": free_port()}
        links = {name: opened.enter_context(link_to(LOOPBACK, port)) for name, port in ports.items()}
        postgres = postgres_part(postgres_disk.directory / _SERVER, ports["postgres"])
        clickhouse = clickhouse_part(clickhouse_disk.directory / _SERVER, ports["clickhouse"])
        for part in (postgres, clickhouse):
            opened.callback(part.end)
            part.start()
        server = _superuser(postgres_disk.directory / _SERVER, ports["postgres"], postgres.pid)
        clickhouse_url = f"http://default@{LOOPBACK}:{ports['clickhouse']}"
        databases = _make_tables(server, clickhouse_url)
        settings = _settings(databases, clickhouse_url, links)
        capture = capture_part(SERVICES, settings, directory / CAPTURE_LOG)
        opened.callback(capture.end)
        yield Platform(
            directory=directory,
            postgres=postgres,
            clickhouse=clickhouse,
            capture=capture,
            postgres_disk=postgres_disk,
            clickhouse_disk=clickhouse_disk,
            postgres_link=links["postgres"],
            clickhouse_link=links["clickhouse"],
            databases=databases,
            clickhouse_url=clickhouse_url,
            superuser_dsn=server.dsn(),
        )


def _superuser(directory: Path, port: int, pid: int) -> Postgres:
    return Postgres(LOOPBACK, port, SUPERUSER, Cluster(directory.resolve()).password, pid)


def _settings(
    databases: Mapping[str, ServiceDatabase], clickhouse_url: str, links: Mapping[str, Link] | None = None
) -> dict[str, str]:
    """What `python -m cdc` reads, to go through the links if there are any."""
    urls = {f"CDC_{name.upper()}_DATABASE_URL": each.cdc_url for name, each in databases.items()}
    if links is not None:
        urls = {name: _through(url, links["postgres"]) for name, url in urls.items()}
        clickhouse_url = _through(clickhouse_url, links["clickhouse"])
    return {**_SETTINGS, **urls, "CDC_CLICKHOUSE_URL": clickhouse_url}


def _make_tables(server: Postgres, clickhouse_url: str) -> dict[str, ServiceDatabase]:
    templates, catalogs = ServiceTemplates(server), [service_catalog(name) for name in SERVICES]
    databases = {name: templates.create(name) for name in SERVICES}
    oldest = TODAY - timedelta(days=PARTITIONED_DAYS)
    run(databases["api_gateway"].app_url, f"SELECT create_api_request_partitions('{oldest}', '{TODAY}')")
    for catalog in catalogs:
        migrator = databases[catalog.service].migrator_url
        capture_migration.upgrade(service_named(catalog.service), catalog, migrator)
        run(migrator, f"CREATE TABLE {WITNESSES} (name text PRIMARY KEY)")
    with client(clickhouse_url) as opened:
        upgrade(opened, wanted_objects(catalogs, durable=True))
    return databases


def _through(url: str, link: Link) -> str:
    parts = urlsplit(url)
    credentials, _, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{credentials}@{LOOPBACK}:{link.port}"))
