"""The repositories' tests, on a PostgreSQL that testcontainers starts."""

import os
import subprocess
import sys

from services.registry import SERVICES


class SuitesError(Exception):
    """A test failed; the message has the end of what pytest said."""


def run_suites() -> str:
    """Run every service's tests of its repositories; pytest's last line, or SuitesError unless all pass."""
    folders = [f"{service.package.replace('.', '/')}/tests/integration" for service in SERVICES]
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-k", "repository", *folders],
        env=os.environ | {"HULEEDU_TEST_PARTS": "docker"},
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        raise SuitesError(answer.stdout[-4000:] + answer.stderr[-2000:])
    return answer.stdout.splitlines()[-1]
