"""`python -m tests.chaos.break_all` makes each deliberate break in a copy of the tree, and says which were caught."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from deploy.local.children import Command, start_child, stop_child
from deploy.local.kafka.artifacts import KEPT, resolved
from deploy.local.postgres_binaries import MissingBinariesError
from tests.chaos.breaks import BREAKS, Break, Edit
from tests.chaos.parts import PROJECT
from tests.chaos.verdict import BROKEN

_LEFT_OUT = (".git", ".venv", ".huleedu", ".hypothesis", "__pycache__", ".*_cache")
_TESTS_FAILED = 1
_LONGEST_SECONDS = 1800.0


@dataclass(frozen=True)
class Ending:
    """How a check ended: its exit code, None if it did not end in time, and what it said."""

    code: int | None
    said: str

    def catches(self, check: Sequence[str]) -> bool:
        """Whether the check has seen the break: a run that could not be carried out has seen nothing."""
        if check[0] == "pytest":
            return self.code == _TESTS_FAILED
        return bool(self.code) and BROKEN in self.said


def broken(text: str, edit: Edit) -> str:
    """A module's text with an edit; ValueError unless the old text stands in it exactly once."""
    if text.count(edit.old) != 1:
        raise ValueError(f"{edit.module} has {edit.old!r} {text.count(edit.old)} times instead of once")
    return text.replace(edit.old, edit.new)


def apply(project: Path, edits: Sequence[Edit]) -> None:
    """Change the modules of a tree."""
    for edit in edits:
        module = project / edit.module
        module.write_text(broken(module.read_text(encoding="utf-8"), edit), encoding="utf-8")


def main(
    names: Annotated[list[str] | None, typer.Argument(help="breaks by name; all if none is named")] = None,
    *,
    check_unbroken: Annotated[bool, typer.Option(help="run each check on the unbroken tree, too")] = True,
) -> None:
    """Break capture in one way after another, and run the check that must see it."""
    wanted = [each for each in BREAKS if not names or each.name in names]
    chosen = list(_possible(wanted))
    if len(chosen) < len(wanted) and os.environ.get("CI") == "true":
        typer.echo("breaks: where CI=true, no break may be left out")
        raise typer.Exit(1)
    missed = _failing_without_break(chosen) if check_unbroken else []
    for each in chosen:
        caught = _caught(each)
        typer.echo(f"{'caught' if caught else 'MISSED'}: {each.name}: {each.breaks}")
        if not caught:
            missed.append(each.name)
    typer.echo(f"breaks: {len(chosen)} tried, {len(missed)} not caught" + (f": {', '.join(missed)}" if missed else ""))
    raise typer.Exit(1 if missed else 0)


def _possible(breaks: Iterable[Break]) -> Iterator[Break]:
    """The breaks whose checks can be run here; the others are named."""
    try:
        resolved()
        missing = None
    except MissingBinariesError as error:
        missing = error
    for each in breaks:
        if each.by_kafka and missing:
            typer.echo(f"LEFT OUT: {each.name}: {missing}")
        else:
            yield each


def _failing_without_break(chosen: Sequence[Break]) -> list[str]:
    """The checks that fail on the tree as it is: they would catch anything."""
    checks = dict.fromkeys(tuple(each.check) for each in chosen)
    with _copied() as project:
        return [" ".join(check) for check in checks if ending(project, check).code != 0]


def _caught(tried: Break) -> bool:
    with _copied() as project:
        apply(project, tried.edits)
        return ending(project, tried.check).catches(tried.check)


def ending(project: Path, check: Sequence[str], seconds: float = _LONGEST_SECONDS) -> Ending:
    """Run a check in a tree; one that takes longer is told to take down what it started, and ends."""
    log = project.with_suffix(".log")
    process = start_child(Command((sys.executable, "-m", *check), project), log)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        stop_child(process, (signal.SIGINT,))
        typer.echo(f"gave up after {seconds:g} s: {' '.join(check)}")
        return Ending(None, "")
    return Ending(process.returncode, log.read_text(encoding="utf-8", errors="replace"))


@contextmanager
def _copied() -> Iterator[Path]:
    with TemporaryDirectory(prefix="huleedu-break-") as directory:
        project = Path(directory) / "project"
        shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns(*_LEFT_OUT))
        if KEPT.exists():
            kept = project / KEPT.relative_to(PROJECT)
            kept.parent.mkdir(parents=True)
            kept.symlink_to(KEPT)
        yield project


if __name__ == "__main__":
    typer.run(main)
