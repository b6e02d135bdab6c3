"""`python -m services.api_gateway_service` serves until SIGTERM or SIGINT; `… token` issues one for development."""

from datetime import timedelta
from typing import Annotated

import typer

from services.api_gateway_service.app import DEFINITION
from services.api_gateway_service.token_issuing import issue_token
from services.api_gateway_service.token_settings import IssuingSettings
from services.kit.command_line import explained
from services.kit.service import serve_until_stopped

command = typer.Typer()


@command.callback(invoke_without_command=True)
def serve(context: typer.Context) -> None:
    """Serve on API_GATEWAY_HOST and API_GATEWAY_PORT until SIGTERM or SIGINT."""
    if context.invoked_subcommand is None:
        serve_until_stopped(DEFINITION)


@command.command()
def token(
    user: Annotated[str, typer.Option(help="the subject, e.g. anna")],
    role: Annotated[list[str] | None, typer.Option(help="a role, e.g. teacher; as often as needed")] = None,
    minutes: Annotated[int, typer.Option(min=1, help="how long the token holds")] = 60,
) -> None:
    """Print a token for development, signed with the key in API_GATEWAY_JWT_DEVELOPMENT_KEY_FILE."""
    with explained(OSError, usage=(ValueError,)):
        typer.echo(issue_token(IssuingSettings.load(), user, role or (), timedelta(minutes=minutes)))


if __name__ == "__main__":
    command()
