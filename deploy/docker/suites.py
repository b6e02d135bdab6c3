"""The services' tests on real parts, with a PostgreSQL that testcontainers starts."""

import os
import subprocess
import sys

from services.registry import SERVICES

# Unit tests need no PostgreSQL; every other test of a service may ask for it.
FOLDERS = [f"{service.package.replace('.', '/')}/tests/integration" for service in SERVICES]


class SuitesError(Exception):
    """A test failed; the message has the end of what pytest said."""


def run_suites() -> str:
    """Run every service's tests but those of units; pytest's last line, or SuitesError unless all pass."""
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *FOLDERS],
        env=os.environ | {"HULEEDU_TEST_PARTS": "docker"},
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        raise SuitesError(answer.stdout[-4000:] + answer.stderr[-2000:])
    return answer.stdout.splitlines()[-1]
