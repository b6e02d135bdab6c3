"""Which operating-system account runs PostgreSQL, and where that account can reach files.

PostgreSQL refuses to run as root. Started by root it runs as `nobody`, who can't enter a checkout below a 0700 home;
what that account must reach then lives below the first usable one of `SHARED_BASES`, where it survives a reboot.
"""

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534
SHARED_BASES = (Path("/var/lib/huleedu"), Path("/var/tmp/huleedu"))  # noqa: S108 - its owner is checked


class UnreachableError(Exception):
    """No directory could be found that the server's account can reach."""


@dataclass(frozen=True)
class Account:
    """An unprivileged account, as numbers: it needs no entry in /etc/passwd."""

    uid: int
    gid: int


def server_account() -> Account | None:
    """The account to run PostgreSQL as; None where the current user will do."""
    return Account(NOBODY, NOBODY) if os.geteuid() == 0 else None


def can_enter(directory: Path, account: Account | None) -> bool:
    """Whether `account` may pass through `directory` and all above it; what doesn't exist yet is no obstacle."""
    if account is None:
        return True
    resolved = directory.resolve()
    return all(_searchable(place, account) for place in (resolved, *resolved.parents) if place.exists())


def _searchable(directory: Path, account: Account) -> bool:
    status = directory.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def own_directory(directory: Path, account: Account | None) -> Path:
    """Make `directory` private to `account`; UnreachableError if that account could not get there."""
    if not can_enter(directory.parent, account):
        raise UnreachableError(
            f"{directory} is not reachable by uid {NOBODY}, as whom PostgreSQL runs when root starts it; "
            f"choose a directory whose parents others may enter (chmod o+x)"
        )
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account is not None:
        os.chown(directory, account.uid, account.gid)
    return directory


def shared_base(account: Account | None) -> Path:
    """The first of `SHARED_BASES` that can be created, belongs to the current user and can be entered by `account`."""
    for base in SHARED_BASES:
        try:
            base.mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError:
            continue
        if base.stat().st_uid == os.geteuid() and can_enter(base, account):
            return base
    tried = ", ".join(str(base) for base in SHARED_BASES)
    raise UnreachableError(f"no directory is reachable by uid {NOBODY}: tried {tried}; run as an ordinary user instead")


def reachable_copy(source: Path, name: str, account: Account | None) -> Path:
    """`source` itself if `account` can reach it, else a copy of that tree called `name`, made once."""
    if can_enter(source, account):
        return source
    target = shared_base(account) / name
    if not target.exists():
        unfinished = target.with_name(f"{name}.{os.getpid()}")
        shutil.copytree(source, unfinished, symlinks=True)
        try:
            unfinished.rename(target)
        except OSError:  # another process finished the same copy first
            shutil.rmtree(unfinished)
    return target
