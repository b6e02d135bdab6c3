"""`python -m tests.hostile` sends each service thousands of generated requests; it fails if one breaks it."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from deploy.local.postgres import running_postgres
from deploy.local.valkey import running_valkey
from tests.hostile.everyone import hostile_requests
from tests.support.directories import server_directory
from tests.support.platform import running_platform
from tests.support.service_database import ServiceTemplates

_console = Console()


def main(requests: Annotated[int, typer.Option(help="requests to each service")] = 10_000) -> None:
    """Send generated requests to every service, as its OpenAPI description allows and forbids."""
    broken = 0
    with (
        server_directory() as database,
        running_postgres(database) as server,
        server_directory() as counters,
        running_valkey(counters, password="hostile") as valkey,
        TemporaryDirectory() as directory,
        running_platform(ServiceTemplates(server), valkey.url, Path(directory)) as platform,
    ):
        for name, tally in hostile_requests(platform, requests):
            answers = ", ".join(f"{count} x {status}" for status, count in sorted(tally.statuses.items()))
            _console.print(f"{name}: {tally.sent} requests, {len(tally.faults)} faults: {answers}", highlight=False)
            for fault in tally.faults[:10]:
                _console.print(fault, style="red", markup=False, highlight=False)
            broken += len(tally.faults)
    raise typer.Exit(1 if broken else 0)


if __name__ == "__main__":
    typer.run(main)
