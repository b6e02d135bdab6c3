"""Directories for servers under test: short-lived, and reachable by the account that runs PostgreSQL under root."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.accounts import can_enter, server_account, shared_base


@contextmanager
def server_directory(prefix: str = "huleedu-test-") -> Iterator[Path]:
    """A fresh directory, removed on leaving."""
    account = server_account()
    base = Path(tempfile.gettempdir())
    if not can_enter(base, account):
        base = shared_base(account)
    directory = Path(tempfile.mkdtemp(prefix=prefix, dir=base))
    if account is not None:
        directory.chmod(0o711)  # its servers may pass through, but not look around
    try:
        yield directory
    finally:
        shutil.rmtree(directory)
