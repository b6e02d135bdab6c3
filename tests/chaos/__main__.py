"""`python -m tests.chaos`: seeded faults over the whole platform; ends in one line with the verdict."""

import logging
import os
import random
from pathlib import Path
from typing import Annotated

import typer

from cdc.catalog.sources import Source as Name
from tests.chaos.faults import left_out
from tests.chaos.run import Order, run_faults
from tests.chaos.sources import SOURCES

_KEPT = Path(".huleedu/chaos")


def main(
    source: Annotated[Name, typer.Option(help="by which way changes are captured")] = Name.SLOT,
    faults: Annotated[int, typer.Option(help="how many faults")] = 50,
    seed: Annotated[int | None, typer.Option(help="replays a run; drawn if not given")] = None,
    kinds: Annotated[str, typer.Option(help="kinds of faults, separated by commas; all if empty")] = "",
    minutes: Annotated[float, typer.Option(help="no fault begins later than this")] = float("inf"),
) -> None:
    """Strike the platform under load, and hold its history against what was written."""
    there_are = SOURCES[source].kinds
    chosen = [name.strip() for name in kinds.split(",") if name.strip()] or list(there_are)
    unknown = [name for name in chosen if name not in there_are]
    if unknown:
        raise typer.BadParameter(f"no such kind: {', '.join(unknown)}; there are: {', '.join(there_are)}")
    missing = {kind: why for kind, why in left_out().items() if kind in chosen}
    for kind, why in missing.items():
        typer.echo(f"LEFT OUT: {kind}: {why}")
    if missing and os.environ.get("CI") == "true":
        typer.echo("chaos: where CI=true, no kind may be left out")
        raise typer.Exit(1)
    seed = random.SystemRandom().randrange(1 << 32) if seed is None else seed
    typer.echo(f"seed {seed}")
    order = Order(SOURCES[source], seed, faults, [kind for kind in chosen if kind not in missing], minutes * 60)
    kept = _KEPT / f"seed-{seed}"
    # Who looks at Kafka while it is away looks again later, and need not say so.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    verdict = run_faults(order, kept, typer.echo)
    if verdict.problems:
        typer.echo(f"logs and history are kept in {kept}")
    typer.echo(str(verdict))
    raise typer.Exit(1 if verdict.problems else 0)


if __name__ == "__main__":
    typer.run(main)
