"""`python -m deploy.local.demo`: starts the stack, drives documents through it, and shows what became of them."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import httpx
import typer
from clickhouse_connect.driver.exceptions import ClickHouseError
from rich.console import Console
from rich.progress import Progress
from rich.rule import Rule

from deploy.local.demo.documents import NoDocumentsError, documents
from deploy.local.demo.handing_in import REASON_OF_RESTORATION
from deploy.local.demo.outcome import Outcome
from deploy.local.demo.person import UnexpectedAnswerError
from deploy.local.demo.workload import drive
from services.kit.clickhouse import ClickHouseAwayError, connected
from services.kit.command_line import explained
from services.kit.settings import Settings

_console = Console()
_CATCH_UP_SECONDS = 60.0
_POLL_SECONDS = 0.1
_NEXT = """\
The stack goes on running. To look further:
  python -m deploy.local status                   what runs where
  python -m analytics query --list                questions that are ready to be asked
  python -m analytics timeline file.files {file_id} --related
  python -m cdc lag                               how late ClickHouse is
  python -m cdc verify                            whether it is right
and to stop it: make stack-down. (python is .venv/bin/python here.)"""


class CaptureIsLateError(RuntimeError):
    """ClickHouse does not have what PostgreSQL had a long while ago."""


class DemoSettings(Settings):
    """Where the running stack's gateway and ClickHouse are."""

    api_gateway_host: str = "127.0.0.1"
    api_gateway_port: int
    analytics_clickhouse_url: str


def main(
    directory: Annotated[Path | None, typer.Option("--input", help="a directory of txt, docx and pdf files")] = None,
) -> None:
    """Start the platform on this machine and drive documents through it."""
    failures = (UnexpectedAnswerError, CaptureIsLateError, httpx.HTTPError, ClickHouseError, ClickHouseAwayError)
    with explained(*failures, usage=(NoDocumentsError,)):
        found = documents(directory)
        _run("deploy.local", "up", "--detach")
        settings = DemoSettings.load()
        with Progress(console=_console) as progress:
            url = f"http://{settings.api_gateway_host}:{settings.api_gateway_port}"
            outcome = asyncio.run(drive(url, found, progress))
        _show(outcome, settings.analytics_clickhouse_url)


def _show(outcome: Outcome, clickhouse_url: str) -> None:
    for what, count in outcome.counts.items():
        _console.print(f"{count:>5} {what}", highlight=False)
    for trouble in outcome.not_taken:
        _console.print(f"      {trouble}", markup=False, highlight=False, soft_wrap=True)
    _console.print(Rule("Essays by rank, with score and standard error"))
    for line in outcome.ranking:
        _console.print(line, markup=False, highlight=False)
    _wait_until_seen(outcome.eventful_file, clickhouse_url)
    _titled("A file's life", "analytics", "timeline", "file.files", outcome.eventful_file)
    if outcome.before_the_changes is not None:
        instant = outcome.before_the_changes.isoformat(timespec="microseconds")
        _titled(f"Some files as they were at {instant}", "analytics", "as-of", "file.files", instant, "--limit", "3")
    _titled("How late ClickHouse is", "cdc", "lag")
    _titled("Whether it is right", "cdc", "verify")
    _console.print(Rule())
    _console.print(_NEXT.format(file_id=outcome.eventful_file), highlight=False, soft_wrap=True)


def _wait_until_seen(file_id: str, clickhouse_url: str) -> None:
    """Return once ClickHouse has the file's restoration, its last change; CaptureIsLateError if that takes too long."""
    query = "SELECT count() FROM file.files_history WHERE file_id = {file:UUID} AND _reason = {reason:String}"
    wanted = {"file": file_id, "reason": REASON_OF_RESTORATION}
    deadline = time.monotonic() + _CATCH_UP_SECONDS
    with connected(clickhouse_url) as client:
        while client.query(query, parameters=wanted).result_rows == [(0,)]:
            if time.monotonic() > deadline:
                raise CaptureIsLateError(f"ClickHouse did not show the last change within {_CATCH_UP_SECONDS:g} s")
            time.sleep(_POLL_SECONDS)


def _titled(title: str, *command: str) -> None:
    _console.print(Rule(title))
    _console.print(f"$ python -m {' '.join(command)}", style="dim", highlight=False, soft_wrap=True)
    _run(*command)


def _run(module: str, *arguments: str) -> None:
    finished = subprocess.run([sys.executable, "-m", module, *arguments], check=False)
    if finished.returncode != 0:
        raise typer.Exit(finished.returncode)


if __name__ == "__main__":
    typer.run(main)
