"""A disk small enough to be filled: a file system in memory, which only root can mount; otherwise a plain directory."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CHUNK = 1 << 20
_MOUNT = ("mount", "-t", "tmpfs", "-o")


class SmallDisk:
    """A directory, which can be filled to the last byte and freed again if it is a file system of its own."""

    def __init__(self, directory: Path, *, mounted: bool) -> None:
        self.directory, self.mounted = directory, mounted
        self._ballast = directory / "ballast"

    def fill(self) -> None:
        """Leave no room."""
        if not self.mounted:
            raise RuntimeError(f"{self.directory} is no file system of its own, and will not be filled")
        with self._ballast.open("ab", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(_CHUNK))
            except OSError:
                return

    def free(self) -> None:
        """Give the room back; no harm if it was not filled."""
        self._ballast.unlink(missing_ok=True)


def can_mount() -> bool:
    """Whether small file systems can be made here."""
    return sys.platform == "linux" and os.geteuid() == 0 and _mounts()


def _mounts() -> bool:
    """Root in a container may still be refused."""
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0


@contextmanager
def small_disk(directory: Path, megabytes: int) -> Iterator[SmallDisk]:
    """A directory on a file system of so many megabytes where that can be made, unmounted on leaving."""
    directory.mkdir(mode=0o755)
    mounted = can_mount()
    if mounted:
        subprocess.run([*_MOUNT, f"size={megabytes}m,mode=755", "tmpfs", str(directory)], check=True)
    try:
        yield SmallDisk(directory, mounted=mounted)
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(directory)], check=True)
