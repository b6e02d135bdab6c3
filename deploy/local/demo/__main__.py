"""`python -m deploy.local.demo`: starts the stack, drives documents through it, and shows what became of them."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import httpx
import psycopg2
import typer
from clickhouse_connect.driver.exceptions import ClickHouseError
from rich.console import Console
from rich.progress import Progress
from rich.rule import Rule

from deploy.local.demo.catching_up import CaptureIsLateError, wait_until_seen
from deploy.local.demo.documents import NoDocumentsError, documents
from deploy.local.demo.handing_in import REASON_OF_RESTORATION
from deploy.local.demo.old_requests import let_a_day_leave
from deploy.local.demo.outcome import Outcome
from deploy.local.demo.person import UnexpectedAnswerError
from deploy.local.demo.workload import drive
from deploy.local.source import Source
from services.kit.clickhouse import ClickHouseAwayError
from services.kit.command_line import explained
from services.kit.settings import Settings

_console = Console()
_NEXT = """\
The stack goes on running. To look further:
  python -m deploy.local status                   what runs where
  python -m analytics query --list                questions that are ready to be asked
  python -m analytics timeline file.files {file_id} --related
  python -m cdc lag                               how late ClickHouse is
  python -m cdc verify                            whether it is right
and to stop it: make stack-down. (python is .venv/bin/python here.)"""


class DemoSettings(Settings):
    """Where the running stack's gateway and ClickHouse are."""

    api_gateway_host: str = "127.0.0.1"
    api_gateway_port: int
    api_gateway_database_url: str
    analytics_clickhouse_url: str


def main(
    directory: Annotated[Path | None, typer.Option("--input", help="a directory of txt, docx and pdf files")] = None,
    source: Annotated[Source | None, typer.Option(help="where capture reads from; as the last time by default")] = None,
) -> None:
    """Start the platform on this machine and drive documents through it."""
    failures = (
        UnexpectedAnswerError,
        CaptureIsLateError,
        httpx.HTTPError,
        ClickHouseError,
        ClickHouseAwayError,
        psycopg2.Error,
    )
    with explained(*failures, usage=(NoDocumentsError,)):
        found = documents(directory)
        _run("deploy.local", "up", "--detach", *(("--source", source) if source else ()))
        settings = DemoSettings.load()
        with Progress(console=_console) as progress:
            url = f"http://{settings.api_gateway_host}:{settings.api_gateway_port}"
            outcome = asyncio.run(drive(url, found, progress))
        _show(outcome, settings)


def _show(outcome: Outcome, settings: DemoSettings) -> None:
    for what, count in outcome.counts.items():
        _console.print(f"{count:>5} {what}", highlight=False)
    for trouble in outcome.not_taken:
        _console.print(f"      {trouble}", markup=False, highlight=False, soft_wrap=True)
    _console.print(Rule("Essays by rank, with score and standard error"))
    for line in outcome.ranking:
        _console.print(line, markup=False, highlight=False)
    restored = {"file": outcome.eventful_file, "reason": REASON_OF_RESTORATION}
    condition = "file_id = {file:UUID} AND _reason = {reason:String}"
    wait_until_seen(settings.analytics_clickhouse_url, "file.files_history", condition, restored)
    _titled("A file's life", "analytics", "timeline", "file.files", outcome.eventful_file)
    if outcome.before_the_changes is not None:
        instant = outcome.before_the_changes.isoformat(timespec="microseconds")
        _titled(f"Some files as they were at {instant}", "analytics", "as-of", "file.files", instant, "--limit", "3")
    _titled("Requests by route and minute", "analytics", "query", "requests_by_minute")
    _titled("Words that are misspelt most", "analytics", "query", "most_misspelled_words")
    _titled("How late ClickHouse is", "cdc", "lag")
    dropped = let_a_day_leave(settings.api_gateway_database_url, settings.analytics_clickhouse_url)
    _console.print(Rule("Retention"))
    _console.print(
        f"partitions of old requests dropped in PostgreSQL: {dropped}; ClickHouse keeps them", highlight=False
    )
    _titled("Whether it is right", "cdc", "verify")
    _console.print(Rule())
    _console.print(_NEXT.format(file_id=outcome.eventful_file), highlight=False, soft_wrap=True)


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
