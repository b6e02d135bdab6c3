"""`python -m cdc` as a process of its own, as the supervisor starts it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.children import Command, Process, start_child, stop_child
from tests.pipeline.capture import Capture

PROJECT = Path(__file__).parents[2]


def environment(capture: Capture) -> dict[str, str]:
    """What `python -m cdc` reads; no local stack of this checkout takes part."""
    return {
        **os.environ,
        "CDC_FILE_DATABASE_URL": capture.database.cdc_url,
        "CDC_CLICKHOUSE_URL": capture.clickhouse_url,
        "CDC_HEARTBEAT_SECONDS": "0.1",
        "CDC_BATCH_ROWS": "50",
        "HULEEDU_ENV_FILE": os.devnull,
    }


@contextmanager
def cdc_run(capture: Capture, log: Path, **settings: str) -> Iterator[Process]:
    """A running `python -m cdc run file`, stopped by SIGTERM at the end if it still runs."""
    command = Command((sys.executable, "-m", "cdc", "run", "file"), PROJECT, environment(capture) | settings)
    process = start_child(command, log)
    try:
        yield process
    finally:
        stop_child(process, [signal.SIGTERM])


def cdc_command(capture: Capture, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of `python -m cdc` that was run to its end."""
    return subprocess.run(
        [sys.executable, "-m", "cdc", *arguments],
        cwd=PROJECT,
        env=environment(capture),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
