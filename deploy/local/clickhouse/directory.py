"""The endpoint's data directory: one owner at a time, and where in it what lies."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


class DirectoryInUseError(Exception):
    """Another process owns the directory."""


@dataclass(frozen=True)
class DataDirectory:
    """Places below the root."""

    root: Path

    @property
    def engine(self) -> Path:
        """Where chDB keeps its data."""
        return self.root / "engine"

    @property
    def uploads(self) -> Path:
        """Where bodies of inserts wait until they are complete."""
        return self.root / "uploads"


@contextmanager
def owned_directory(root: Path) -> Iterator[DataDirectory]:
    """The directory, made if absent, locked while in the context; DirectoryInUseError when another process has it."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DirectoryInUseError(
                f"{root} belongs to another running endpoint: stop it, or use its port"
            ) from error
        directory = DataDirectory(root.resolve())
        # Uploads that a killed process left behind were never confirmed.
        shutil.rmtree(directory.uploads, ignore_errors=True)
        directory.uploads.mkdir()
        yield directory
