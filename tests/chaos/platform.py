"""The platform under faults: PostgreSQL and ClickHouse on small disks, capture between them, a link on either side."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
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
from tests.chaos.parts import PROJECT, Part, clickhouse_part, postgres_part
from tests.chaos.small_disk import SmallDisk, small_disk
from tests.chaos.targets import PARTITIONED_DAYS, SERVICES, TODAY, WITNESSES
from tests.support.directories import server_directory
from tests.support.service_database import ServiceDatabase, ServiceTemplates
from tests.support.sql import run

POSTGRES, CLICKHOUSE = "PostgreSQL", "ClickHouse"
SERVER = "server"
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
class Ground:
    """What is there before capture is: both servers, the services' tables, and the links by which capture comes."""

    directory: Path
    links: Mapping[str, Link]
    databases: Mapping[str, ServiceDatabase]
    clickhouse_url: str
    superuser_dsn: str

    def settings(self, *, linked: bool) -> dict[str, str]:
        """What `python -m cdc` reads, to go through the links or past them."""
        urls = {f"CDC_{name.upper()}_DATABASE_URL": each.cdc_url for name, each in self.databases.items()}
        clickhouse_url = self.clickhouse_url
        if linked:
            urls = {name: _through(url, self.links[POSTGRES]) for name, url in urls.items()}
            clickhouse_url = _through(clickhouse_url, self.links[CLICKHOUSE])
        return {**_SETTINGS, **urls, "CDC_CLICKHOUSE_URL": clickhouse_url}

    def command(self, settings: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
        """`python -m cdc …`, run to its end."""
        return subprocess.run(
            [sys.executable, "-m", "cdc", *arguments],
            cwd=PROJECT,
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            timeout=3 * _VERIFY_SECONDS,
            check=False,
        )


@dataclass(frozen=True)
class Capture:
    """How changes are captured. processes: of `python -m cdc run`, each with a log of its own, none started yet.

    begin: starts capture; supervised: what is started again where it ended by itself; parts and links: further ones
    that faults befall, by name; addresses: where a checker finds what else there is, past the links.
    """

    processes: Sequence[Part]
    logs: Sequence[Path]
    begin: Callable[[], None]
    supervised: Sequence[Part] = ()
    parts: Mapping[str, Part] = field(default_factory=dict)
    links: Mapping[str, Link] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)


Capturing = Callable[[Ground, ExitStack], Capture]


@dataclass(frozen=True)
class Platform:
    """What faults befall, by name, and how the checker gets past it: what is in `ground` leads there directly."""

    ground: Ground
    parts: Mapping[str, Part]
    links: Mapping[str, Link]
    disks: Mapping[str, SmallDisk]
    capture: Capture

    def writers_urls(self) -> dict[str, str]:
        """The databases for the tables' owner, who may truncate."""
        return {name: each.migrator_url.replace("+asyncpg", "") for name, each in self.ground.databases.items()}

    def revive(self) -> None:
        """Start again what ended by itself, as whoever supervises it would."""
        for part in (self.parts[CLICKHOUSE], *self.capture.supervised):
            part.revive()

    def said(self, sentence: str) -> int:
        """How often capture has said something."""
        return sum(log.read_text(encoding="utf-8", errors="replace").count(sentence) for log in self._logs())

    def verify(self) -> list[str]:
        """What `python -m cdc verify` says if it does not say equal."""
        ground = self.ground
        done = ground.command(ground.settings(linked=False), "verify", *SERVICES, f"--timeout={_VERIFY_SECONDS}")
        if done.returncode == 0:
            return []
        return [f"verify: {line}" for line in (done.stdout + done.stderr).splitlines() if ": equal, " not in line]

    def keep_logs(self, directory: Path) -> None:
        """Copy every part's log."""
        root = self.ground.directory
        for log in (*root.glob("*.log"), *root.glob("*/*/*.log")):
            shutil.copy(log, directory / "-".join(log.relative_to(root).parts))

    def _logs(self) -> list[Path]:
        return [log for log in self.capture.logs if log.exists()]


@contextmanager
def running_platform(capturing: Capturing) -> Iterator[Platform]:
    """All parts but capture started, the services' tables made and published."""
    with ExitStack() as opened:
        directory = opened.enter_context(server_directory("huleedu-chaos-"))
        disks = {
            name: opened.enter_context(small_disk(directory / name.lower(), _MEGABYTES))
            for name in (POSTGRES, CLICKHOUSE)
        }
        ports = {name: free_port() for name in disks}
        links = {name: opened.enter_context(link_to(LOOPBACK, port)) for name, port in ports.items()}
        postgres_directory = disks[POSTGRES].directory / SERVER
        parts = {
            POSTGRES: postgres_part(postgres_directory, ports[POSTGRES]),
            CLICKHOUSE: clickhouse_part(disks[CLICKHOUSE].directory / SERVER, ports[CLICKHOUSE]),
        }
        for part in parts.values():
            opened.callback(part.end)
            part.start()
        server = _superuser(postgres_directory, ports[POSTGRES], parts[POSTGRES].pid)
        clickhouse_url = f"http://default@{LOOPBACK}:{ports[CLICKHOUSE]}"
        databases = _make_tables(server, clickhouse_url)
        ground = Ground(directory, links, databases, clickhouse_url, server.dsn())
        capture = capturing(ground, opened)
        yield Platform(ground, {**parts, **capture.parts}, {**links, **capture.links}, disks, capture)


def _superuser(directory: Path, port: int, pid: int) -> Postgres:
    return Postgres(LOOPBACK, port, SUPERUSER, Cluster(directory.resolve()).password, pid)


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
