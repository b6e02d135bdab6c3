"""`python -m deploy.local`: brings the platform up on this machine, shows it, and takes it down."""

from contextlib import AbstractContextManager
from typing import Annotated

import typer
from rich.console import Console

from deploy.local.accounts import UnreachableError
from deploy.local.bootstrap import bootstrap_services, delete_data, prepare_postgres
from deploy.local.down import take_down
from deploy.local.kafka.stack_parts import prepare_kafka
from deploy.local.postgres_binaries import MissingBinariesError
from deploy.local.postgres_cluster import ClusterError
from deploy.local.show_logs import follow, log_names, show_ends
from deploy.local.source import Source
from deploy.local.starting import StartError
from deploy.local.state import AlreadyRunningError, state_directory, supervisor_pid
from deploy.local.status import rendered, stack_status
from deploy.local.up import PortTakenError, StackError, Wish, await_running, detach, supervise
from services.kit.command_line import FAILED, explained

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
Parts = Annotated[list[str] | None, typer.Argument(help="parts to start, with what they need; all if none is named")]


@app.command()
def up(
    parts: Parts = None,
    *,
    source: Annotated[Source | None, typer.Option(help="where capture reads from; as the last time by default")] = None,
    detached: Annotated[bool, typer.Option("--detach", help="return once everything runs")] = False,
) -> None:
    """Start the stack, and keep it running until Ctrl-C; or, with --detach, until `down`."""
    wish = Wish(parts or (), source)
    with _explained():
        state = state_directory()
        if supervisor_pid(state) is not None:
            await_running(state, wish, _say)
        elif detached:
            detach(state, wish, _say)
            _say("look with `python -m deploy.local status`, stop with `python -m deploy.local down`")
        elif not supervise(state, wish, _say):
            raise typer.Exit(FAILED)


@app.command()
def status(*, as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False) -> None:
    """Show every part; exits with 1 unless all of them run."""
    with _explained():
        found = stack_status(state_directory())
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        Console().print(rendered(found))
    if not found.healthy:
        raise typer.Exit(FAILED)


@app.command()
def logs(
    part: Annotated[str | None, typer.Argument(help="a part, or `supervisor`; all if none is named")] = None,
    *,
    following: Annotated[bool, typer.Option("--follow", "-f", help="go on showing what is added")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="how many lines of each log")] = 20,
) -> None:
    """Show the ends of the parts' logs."""
    with _explained():
        state = state_directory()
        names = log_names(state, part)
        if following:
            follow(state, names, lines, _say)
        else:
            show_ends(state, names, lines, _say)


@app.command()
def down(
    *, deleting: Annotated[bool, typer.Option("--delete-data", help="delete all that was stored, too")] = False
) -> None:
    """Stop the stack; its data stay where they are."""
    with _explained():
        state = state_directory()
        take_down(state, _say)
        if deleting:
            delete_data(state)
            _say(f"deleted what was stored below {state.root}")


@app.command("prepare-postgres", hidden=True)
def prepare() -> None:
    """A step of `up`: make PostgreSQL's data directory if it isn't there."""
    with _explained():
        prepare_postgres(state_directory())


@app.command("prepare-kafka", hidden=True)
def prepare_topics() -> None:
    """A step of `up`: fetch Kafka's jars and make its storage if they aren't there."""
    with _explained():
        prepare_kafka(state_directory())


@app.command(hidden=True)
def bootstrap(port: int) -> None:
    """A step of `up`: give every service its roles and database, in the server on `port`."""
    with _explained():
        bootstrap_services(state_directory(), port)


def _explained() -> AbstractContextManager[None]:
    return explained(
        AlreadyRunningError,
        ClusterError,
        MissingBinariesError,
        PortTakenError,
        StackError,
        StartError,
        UnreachableError,
        PermissionError,
    )


def _say(line: str) -> None:
    typer.echo(line)


if __name__ == "__main__":
    app(prog_name="python -m deploy.local")
