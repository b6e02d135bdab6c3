"""The jars of Kafka and Debezium: resolved once by Maven from pom.xml, then kept beside the checkout's state.

A folder is named after what pom.xml says, so that new versions never meet old ones; it appears whole or not at all.
"""

import fcntl
import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.kafka.java import find_java
from deploy.local.postgres_binaries import MissingBinariesError

POM = Path(__file__).with_name("pom.xml")
KEPT = Path(__file__).parents[3] / ".huleedu" / "jars"
GOAL = ("--batch-mode", "--no-transfer-progress", "--strict-checksums", "generate-resources")


@dataclass(frozen=True)
class Artifacts:
    """Where the jars are."""

    root: Path

    @property
    def class_path(self) -> Path:
        """The folder of jars that the broker and Connect's worker run."""
        return self.root / "lib"

    @property
    def plugins(self) -> Path:
        """The folder of connectors, a folder each."""
        return self.root / "plugins"


def expected(kept: Path = KEPT) -> Artifacts:
    """Where the jars of this pom.xml are, or will be once they are resolved."""
    return Artifacts(kept / hashlib.sha256(POM.read_bytes()).hexdigest()[:16])


def require_parts(kept: Path = KEPT) -> None:
    """Return if what is missing could be had now; MissingBinariesError says in one line what to install."""
    find_java()
    if not expected(kept).root.exists():
        _maven()


def resolved(kept: Path = KEPT) -> Artifacts:
    """The jars, resolved first if they are not there; MissingBinariesError says in one line what stands against it."""
    found = expected(kept)
    if not found.root.exists():
        find_java()
        kept.mkdir(parents=True, exist_ok=True)
        with _alone(kept):
            if not found.root.exists():
                _resolve(found.root)
    return found


def _maven() -> str:
    found = shutil.which("mvn")
    if found is None:
        raise MissingBinariesError(
            "no Maven found in PATH, which fetches Kafka and Debezium: install it, e.g. apt-get install maven"
        )
    return found


@contextmanager
def _alone(kept: Path) -> Iterator[None]:
    """One process resolves; others wait for it and find its work done."""
    with (kept / "lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _resolve(target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="unfinished-", dir=target.parent) as unfinished:
        parts = Path(unfinished) / "parts"
        argv = [_maven(), "--file", str(POM), f"-Dparts={parts}", *GOAL]
        answer = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            raise MissingBinariesError(f"Maven could not fetch Kafka and Debezium: {_first_error(answer.stdout)}")
        parts.rename(target)


def _first_error(output: str) -> str:
    errors = (line.removeprefix("[ERROR]").strip() for line in output.splitlines() if line.startswith("[ERROR]"))
    return next(errors, "it gave no reason")
