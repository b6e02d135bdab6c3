"""Which operating-system account runs PostgreSQL, and where that account can reach files.

PostgreSQL refuses to run as root. Started by root it runs as `nobody`, who can't enter a checkout below a 0700 home;
what that account must reach then lives below the first usable one of `SHARED_BASES`, where it survives a reboot.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Sequence
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
            base.mkdir(parents=True, exist_ok=True)
            base.chmod(0o755)  # whatever the umask says; refused where the base is another user's
        except OSError:
            continue
        if base.stat().st_uid == os.geteuid() and can_enter(base, account):
            return base
    tried = ", ".join(str(base) for base in SHARED_BASES)
    raise UnreachableError(f"no directory is reachable by uid {NOBODY}: tried {tried}; run as an ordinary user instead")


def reachable_copy(trees: Sequence[Path], name: str, account: Account | None) -> Path:
    """The folder that has `trees` side by side: their own if `account` can reach it, else a copy called `name`."""
    if all(can_enter(tree, account) for tree in trees):
        return trees[0].parent
    target = shared_base(account) / name
    if not target.exists():
        unfinished = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=target.parent))
        for tree in trees:
            shutil.copytree(tree, unfinished / tree.name, symlinks=True)
        _let_others_read(unfinished)
        try:
            unfinished.rename(target)
        except OSError:  # another process finished the same copy first
            shutil.rmtree(unfinished)
    return target


def _let_others_read(tree: Path) -> None:
    """As the owner may, so may others: what was installed under a strict umask is closed to them."""
    for place in (tree, *tree.rglob("*")):
        if not place.is_symlink():
            mode = place.stat().st_mode
            place.chmod(stat.S_IMODE(mode) | (mode & stat.S_IRUSR) >> 6 | (mode & stat.S_IXUSR) >> 6)
