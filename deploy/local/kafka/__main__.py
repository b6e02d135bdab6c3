"""`python -m deploy.local.kafka`: fetches Kafka and Debezium, so that what starts them later need not wait for it."""

import typer

from deploy.local.kafka.artifacts import resolved
from deploy.local.kafka.class_archives import archived
from deploy.local.postgres_binaries import MissingBinariesError
from deploy.local.starting import StartError
from services.kit.command_line import explained


def main() -> None:
    """Have Maven resolve the jars, unless they are there, and say where they are."""
    with explained(MissingBinariesError, StartError):
        typer.echo(f"Kafka and Debezium are in {archived(resolved()).root}")


if __name__ == "__main__":
    typer.run(main)
