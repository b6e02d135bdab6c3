"""`python -m services.kit.captured <module of models>` prints what of a service's tables is captured, as Markdown."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

import typer
from sqlalchemy import MetaData, Table

from services.kit.capture import INFO_KEY, Capture
from services.kit.postgres.metadata import metadata_of

_HEAD = ("| Table | Captured | Whose data | History kept |", "|---|---|---|---|")


def captured_tables(metadata: MetaData) -> str:
    """A row for each table: its captured columns, the column that names the person, and how long history is kept."""
    return "\n".join((*_HEAD, *(_row(table) for table in metadata.sorted_tables))) + "\n"


def _row(table: Table) -> str:
    return f"| {' | '.join(_cells(table))} |"


def _cells(table: Table) -> Iterator[str]:
    capture: Capture | None = table.info.get(INFO_KEY)
    yield f"`{table.name}`"
    if capture is None:
        yield from ("no", "", "")
        return
    excluded = ", ".join(f"`{name}`" for name in sorted(capture.exclude))
    yield f"all but {excluded}" if excluded else "all"
    yield f"`{capture.subject}`" if capture.subject else "nobody's"
    yield "for ever" if capture.retain is None else _days(capture.retain)


def _days(time: timedelta) -> str:
    return f"{time / timedelta(days=1):g} days"


def main(models: Annotated[str, typer.Argument(help="e.g. services.file_service.models_db")]) -> None:
    """Print what of the tables in a module of models is captured."""
    typer.echo(captured_tables(metadata_of(models)), nl=False)


if __name__ == "__main__":
    typer.run(main)
