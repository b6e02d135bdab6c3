"""`python -m tests.soak`: mixed load for some minutes; says which figures stayed flat, and keeps a table and a plot."""

from pathlib import Path
from typing import Annotated

import typer

from tests.soak.figures import FIGURES
from tests.soak.flat import trend
from tests.soak.soak import keep, soak

_KEPT = Path(".huleedu/soak")


def main(
    minutes: Annotated[float, typer.Option(help="how long the load goes on")] = 30,
    seed: Annotated[int, typer.Option(help="of the load")] = 1,
) -> None:
    """Load the platform, and hold memory, lag, parts and WAL against what they may grow."""
    samples, problems = soak(seed, minutes * 60, typer.echo)
    keep(samples, _KEPT)
    for problem in problems[:20]:
        typer.echo(problem)
    trends = [trend(figure, samples) for figure in FIGURES]
    for each in trends:
        typer.echo(str(each))
    grown = [each.figure.name for each in trends if not each.is_flat]
    verdict = f"grew: {', '.join(grown)}" if grown else "everything stayed flat"
    broken = f"; {len(problems)} problems in history" if problems else ""
    typer.echo(f"soak: {minutes:g} minutes, {len(samples)} samples, kept in {_KEPT}: {verdict}{broken}")
    raise typer.Exit(1 if grown or problems else 0)


if __name__ == "__main__":
    typer.run(main)
