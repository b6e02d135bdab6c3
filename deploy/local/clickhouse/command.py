"""How the endpoint is started: its command line, and the variable that has its password."""

import sys
from pathlib import Path

from deploy.local.children import Command

PASSWORD_VARIABLE = "HULEEDU_CLICKHOUSE_PASSWORD"  # noqa: S105 - the variable's name
PROJECT = Path(__file__).parents[3]


def endpoint_command(directory: Path, port: int, password: str | None) -> Command:
    """Starts an endpoint over `directory`, which must be absolute; everybody is let in if there is no password."""
    argv = (sys.executable, "-m", "deploy.local.clickhouse", "--path", str(directory), "--port", str(port))
    return Command(argv, PROJECT, {PASSWORD_VARIABLE: password or ""})
