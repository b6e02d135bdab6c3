"""`python -m tests.chaos.break_all` makes each deliberate break in a copy of the tree, and says which were caught."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from tests.chaos.breaks import BREAKS, Break, Edit
from tests.chaos.parts import PROJECT
from tests.chaos.verdict import BROKEN

_LEFT_OUT = (".git", ".venv", ".huleedu", ".hypothesis", "__pycache__", ".*_cache")
_TESTS_FAILED = 1


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
    chosen = [each for each in BREAKS if not names or each.name in names]
    missed = _failing_without_break(chosen) if check_unbroken else []
    for each in chosen:
        caught = _caught(each)
        typer.echo(f"{'caught' if caught else 'MISSED'}: {each.name}: {each.breaks}")
        if not caught:
            missed.append(each.name)
    typer.echo(f"breaks: {len(chosen)} tried, {len(missed)} not caught" + (f": {', '.join(missed)}" if missed else ""))
    raise typer.Exit(1 if missed else 0)


def _failing_without_break(chosen: Sequence[Break]) -> list[str]:
    """The checks that fail on the tree as it is: they would catch anything."""
    checks = dict.fromkeys(tuple(each.check) for each in chosen)
    with _copied() as project:
        return [" ".join(check) for check in checks if _run(project, check).returncode != 0]


def _caught(tried: Break) -> bool:
    with _copied() as project:
        apply(project, tried.edits)
        done = _run(project, tried.check)
    if tried.check[0] == "pytest":
        return done.returncode == _TESTS_FAILED
    # A run that could not be carried out has seen nothing.
    return done.returncode != 0 and BROKEN in done.stdout


def _run(project: Path, check: Sequence[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *check]
    return subprocess.run(command, cwd=project, env=os.environ, capture_output=True, text=True, check=False)


@contextmanager
def _copied() -> Iterator[Path]:
    with TemporaryDirectory(prefix="huleedu-break-") as directory:
        project = Path(directory) / "project"
        shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns(*_LEFT_OUT))
        yield project


if __name__ == "__main__":
    typer.run(main)
