"""Clusters of a test's own: copied, put back, promoted and restored."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from deploy.local.accounts import server_account
from deploy.local.postgres import Postgres
from deploy.local.postgres_binaries import find_binaries
from tests.pipeline.capture import Capture

Service = Callable[[Postgres], Capture]


def put_back(place: Path, copy: Path) -> None:
    shutil.rmtree(place / "data")
    owned_copy(copy, place / "data")


def owned_copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target)
    if account := server_account():
        for each in (target, *target.rglob("*")):
            shutil.chown(each, account.uid, account.gid)


def promote_at_next_start(data: Path) -> None:
    """As a restored backup is started: it replays what WAL there is, and goes on on a timeline of its own."""
    (data / "recovery.signal").touch()
    with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
        settings.write("restore_command = 'false'\n")


def base_backup(server: Postgres, target: Path) -> None:
    program = find_binaries(server_account()) / "pg_basebackup"
    subprocess.run([program, "--dbname", server.dsn(), "--pgdata", target, "--checkpoint=fast"], check=True)
