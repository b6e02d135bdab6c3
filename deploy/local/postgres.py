"""Starts a real PostgreSQL on the loopback as a child process, ready for logical replication."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg2

from deploy.local.accounts import server_account
from deploy.local.children import Command, start_child, stop_child
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.postgres_binaries import find_binaries
from deploy.local.postgres_cluster import SUPERUSER, Cluster, prepare_cluster
from deploy.local.starting import wait_until_ready

# Fast shutdown waits for readers of WAL; an immediate one cuts off those that don't let go, and WAL recovers from it.
ENDINGS = (signal.SIGINT, signal.SIGQUIT)
SETTINGS = {
    "wal_level": "logical",
    "max_replication_slots": "40",
    "max_wal_senders": "40",
    "max_connections": "200",
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    # A walsender sends flushed WAL only: anything but `on` delays change data capture.
    "synchronous_commit": "on",
    # Whatever keeps capture away, the log must not fill the disk: a slot that holds back more is given up, and what
    # was missed is copied anew.
    "max_slot_wal_keep_size": "8GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
VOLATILE_SETTINGS = {"fsync": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Postgres:
    """A running server and its superuser."""

    host: str
    port: int
    user: str
    password: str
    pid: int

    def dsn(
        self,
        database: str = "postgres",
        *,
        user: str | None = None,
        password: str | None = None,
        driver: str = "postgresql",
    ) -> str:
        """A URL of `database`, for the superuser unless another role is named."""
        name = quote(user or self.user, safe="")
        secret = quote(self.password if password is None else password, safe="")
        return f"{driver}://{name}:{secret}@{self.host}:{self.port}/{database}"


def server_command(binaries: Path, data: Path, port: int, *, durable: bool) -> tuple[str, ...]:
    """The command line of the server over `data`; `durable=False` trades crash safety for speed, in tests."""
    settings = SETTINGS | ({} if durable else VOLATILE_SETTINGS) | {"port": str(port)}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return (str(binaries / "postgres"), "-D", str(data), *options)


def superuser_dsn(cluster: Cluster, port: int, database: str = "postgres") -> str:
    """The superuser's URL of `database` in the cluster whose server listens on `port`."""
    return Postgres(LOOPBACK, port, SUPERUSER, cluster.password, pid=0).dsn(database)


def answers(dsn: str) -> bool:
    """Whether the server at `dsn` accepts a connection now."""
    try:
        psycopg2.connect(dsn, connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True


@contextmanager
def running_postgres(
    directory: Path,
    *,
    port: int | None = None,
    durable: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Postgres]:
    """A server over `directory`, stopped on leaving; dies with the calling thread. `environment` is beside our own.

    ClusterError if its data directory can't be made, StartError if it can't start.
    """
    account = server_account()
    binaries = find_binaries(account)
    cluster = Cluster(directory.resolve())
    prepare_cluster(cluster, binaries, account, durable=durable)
    port = port or free_port()
    log = cluster.directory / "server.log"
    argv = server_command(binaries, cluster.data, port, durable=durable)
    process = start_child(Command(argv, cluster.data, environment or {}, account), log, on_death=ENDINGS[-1])
    server = Postgres(LOOPBACK, port, SUPERUSER, cluster.password, process.pid)
    try:
        wait_until_ready(process, lambda: answers(server.dsn()), f"PostgreSQL on port {server.port}", log)
        yield server
    finally:
        stop_child(process, ENDINGS)
