"""A PostgreSQL data directory: created once, with a generated superuser password, and freed of a dead server's lock."""

import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.local.accounts import Account, own_directory

SUPERUSER = "postgres"


class ClusterError(Exception):
    """A data directory could not be created, or is in use."""


@dataclass(frozen=True)
class Cluster:
    """A directory that belongs to one PostgreSQL server: its data, and its superuser's password beside them."""

    directory: Path

    @property
    def data(self) -> Path:
        """The server's data directory."""
        return self.directory / "data"

    @property
    def password_file(self) -> Path:
        """The file that keeps the superuser's password."""
        return self.directory / "superuser.password"

    @property
    def password(self) -> str:
        """The superuser's password."""
        return self.password_file.read_text(encoding="utf-8").strip()


def prepare_cluster(cluster: Cluster, binaries: Path, account: Account | None, *, durable: bool) -> None:
    """Create the cluster if it isn't there, and clear a dead server's lock; ClusterError if a live one uses it."""
    own_directory(cluster.directory, account)
    if not cluster.data.exists():
        _create(cluster, binaries, account, durable=durable)
    clear_stale_lock(cluster.data)


def _create(cluster: Cluster, binaries: Path, account: Account | None, *, durable: bool) -> None:
    """Run initdb beside the final place and rename: an interrupted initdb leaves nothing that looks like a cluster."""
    _write_password(cluster.password_file, account)
    unfinished = Path(tempfile.mkdtemp(prefix="initdb-", dir=cluster.directory))
    own_directory(unfinished, account)
    try:
        _initdb(binaries, unfinished, cluster.password_file, account, durable=durable)
        unfinished.rename(cluster.data)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _write_password(file: Path, account: Account | None) -> None:
    file.touch(mode=0o600)
    file.write_text(secrets.token_urlsafe(24), encoding="utf-8")
    if account is not None:
        shutil.chown(file, account.uid, account.gid)


def _initdb(binaries: Path, data: Path, password_file: Path, account: Account | None, *, durable: bool) -> None:
    command = [
        str(binaries / "initdb"),
        f"--pgdata={data}",
        f"--username={SUPERUSER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        *([] if durable else ["--no-sync"]),
    ]
    answer = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=data,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if answer.returncode != 0:
        raise ClusterError(f"initdb failed in {data}: {answer.stderr.strip() or answer.stdout.strip()}")


def clear_stale_lock(data: Path) -> None:
    """Remove postmaster.pid when the server that wrote it is gone, even if a stranger has its pid by now."""
    lock = data / "postmaster.pid"
    if not lock.exists():
        return
    pid = int(lock.read_text(encoding="utf-8").splitlines()[0])
    if _serves(pid, data):
        raise ClusterError(f"a PostgreSQL server, process {pid}, already uses {data}; stop it first: kill -INT {pid}")
    lock.unlink()


def _serves(pid: int, data: Path) -> bool:
    try:
        arguments = psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
    return str(data) in arguments or f"--pgdata={data}" in arguments
