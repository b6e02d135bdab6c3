"""`python -m deploy.docker.check`: shows on a Docker engine that the services start, wait, serve and start again."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import httpx
import typer

from deploy.docker.compose import DockerError, Project
from deploy.docker.env_file import EXAMPLE, completed
from deploy.docker.probes import CheckError, Probes
from deploy.docker.suites import SuitesError, run_suites
from deploy.local.ports import free_port
from deploy.local.signing_key import ALGORITHM, kept_signing_key
from services.kit.command_line import explained
from services.registry import SERVICES

PROJECT = "huleedu-check"
AUDIENCE = ISSUER = "huleedu-check"
NAMES = [service.name for service in SERVICES]


def main(
    also: Annotated[list[Path] | None, typer.Option("--also", help="Compose files laid over the project's own")] = None,
    *,
    suites: Annotated[bool, typer.Option(help="run the services' tests on a PostgreSQL in a container")] = True,
) -> None:
    """Build the images, bring the services up on volumes of their own, disturb them, and take it all down."""
    with (
        explained(DockerError, SuitesError, CheckError, httpx.HTTPError),
        _project(also or []) as (project, probes),
    ):
        project.compose("build", "--quiet")
        _services_wait_for_their_servers(project, probes)
        _services_serve(probes)
        _services_outlive_their_database(project, probes)
        _services_start_again(project, probes)
        if suites:
            _say(f"the services' tests on a PostgreSQL in a container: {run_suites()}")


@contextmanager
def _project(also: list[Path]) -> Iterator[tuple[Project, Probes]]:
    with tempfile.TemporaryDirectory(prefix=f"{PROJECT}-") as name:
        directory = Path(name)
        directory.chmod(0o711)  # the gateway's own user reads the public key in it
        key = kept_signing_key(directory)
        ports = {service.name: free_port() for service in SERVICES}
        project = Project(PROJECT, variables_file(directory, key.public, ports), also)
        try:
            yield project, Probes(ports, key.private, ISSUER, AUDIENCE)
        finally:
            project.compose("--profile", "*", "down", "--volumes", "--remove-orphans")


def variables_file(directory: Path, public_key: Path, ports: Mapping[str, int]) -> Path:
    """A file in `directory` with all that the project needs: fresh passwords, these ports, and this key for tokens."""
    tokens = {"ALGORITHM": ALGORITHM, "ISSUER": ISSUER, "AUDIENCE": AUDIENCE, "PUBLIC_KEY_FILE": str(public_key)}
    variables = {f"API_GATEWAY_JWT_{name}": value for name, value in tokens.items()}
    variables |= {f"{service.env_prefix}PORT": str(ports[service.name]) for service in SERVICES}
    given = "".join(f"{name}={value}\n" for name, value in variables.items())
    file = directory / "variables"
    file.write_text(completed(given, EXAMPLE.read_text(encoding="utf-8")), encoding="utf-8")
    return file


def _services_wait_for_their_servers(project: Project, probes: Probes) -> None:
    project.compose("up", "--detach", "--no-deps", *NAMES)
    for name in NAMES:
        probes.wait_for_health(name, httpx.codes.SERVICE_UNAVAILABLE)
    _say("each service runs without a database, and says 503")
    with _unstarted(project):
        project.compose("up", "--detach", "--wait")
    _say("each finds its database, migrated meanwhile, without being started again")


def _services_serve(probes: Probes) -> None:
    for name in NAMES:
        probes.read_rows(name)
    _say("each answers from its database, and to the gateway")
    probes.store_file()
    _say("a file sent through the gateway comes back from the object store as it was")


def _services_outlive_their_database(project: Project, probes: Probes) -> None:
    with _unstarted(project):
        project.compose("stop", "postgres")
        for name in NAMES:
            probes.wait_for_health(name, httpx.codes.SERVICE_UNAVAILABLE)
        project.compose("start", "postgres")
        for name in NAMES:
            probes.wait_for_health(name, httpx.codes.OK)
            probes.read_rows(name)
    _say("each says 503 while PostgreSQL is stopped, and serves when it is back")


@contextmanager
def _unstarted(project: Project) -> Iterator[None]:
    """CheckError if a service's process was started anew meanwhile."""
    before = {name: project.starts(name) for name in NAMES}
    yield
    again = [name for name in NAMES if project.starts(name) != before[name]]
    if again:
        raise CheckError(f"started again, which was not needed: {', '.join(again)}")


def _services_start_again(project: Project, probes: Probes) -> None:
    project.compose("down")
    project.compose("up", "--detach", "--wait")
    for name in NAMES:
        probes.read_rows(name)
    probes.read_file()
    _say("all start again over the same volumes, and the file is there")


def _say(line: str) -> None:
    typer.echo(f"ok: {line}")


if __name__ == "__main__":
    typer.run(main)
