"""The command line of a service that reads topics: it serves, or is about its parked messages."""

import typer

from services.kit.service import ServiceDefinition, serve_until_stopped
from services.kit.topics import parked_commands
from services.kit.topics.parked_messages import ParkedMessageColumns
from services.kit.topics.parked_opening import ServiceParked
from services.kit.topics.settings import TopicSettings


def with_parked(
    definition: ServiceDefinition, settings: type[TopicSettings], row: type[ParkedMessageColumns]
) -> typer.Typer:
    """Serving without a command, and the commands of parked messages."""
    command = typer.Typer()

    def serve(context: typer.Context) -> None:
        context.obj = ServiceParked(definition.name, settings, row)
        if context.invoked_subcommand is None:
            serve_until_stopped(definition)

    serve.__doc__ = f"Serve as {definition.title} until SIGTERM or SIGINT."
    command.callback(invoke_without_command=True)(serve)
    command.add_typer(parked_commands.app, name="parked")
    return command
