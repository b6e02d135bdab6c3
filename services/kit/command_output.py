"""How every command line prints an answer: a table for people, JSON lines for programs, notes beside it on stderr."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

Json = Annotated[bool, typer.Option("--json", help="one JSON object a line instead of a table")]
output = Console()
_notes = Console(stderr=True)
# Wide enough for any table to say how wide it would be.
_UNBOUNDED_WIDTH = 10_000
_NARROWEST_PROSE = 24


def say_note(message: str) -> None:
    """One line beside the answer, on standard error, so that the answer itself stays fit for a pipe."""
    _notes.print(message, style="dim", markup=False, highlight=False, soft_wrap=True)


def say_json(record: Mapping[str, object]) -> None:
    """One JSON object on a line of its own; what JSON has no type for becomes text."""
    typer.echo(json.dumps(record, default=str, ensure_ascii=False))


def say_heading(words: str) -> None:
    """A line above a table, for people, where an answer has more than one."""
    output.print(Text(words, style="bold"))


def say_rows(
    columns: Sequence[str], rows: Sequence[Sequence[object]], *, as_json: bool, prose: Collection[str] = ()
) -> None:
    """Rows as JSON lines or as a table: without lines where the screen is narrow, in blocks where it still is too wide.

    prose: the columns that may be wrapped, since they hold sentences.
    """
    if as_json:
        for row in rows:
            say_json(dict(zip(columns, row, strict=True)))
        return
    boxed = _filled(Table(*columns), rows)
    if _width(boxed) <= output.width:
        output.print(boxed)
    elif _width(_without_lines(columns, rows, prose, _NARROWEST_PROSE)) <= output.width:
        output.print(_without_lines(columns, rows, prose))
    else:
        _say_blocks(columns, rows)


def shown(value: object) -> Text:
    """A value for a terminal; what is not printable is escaped, so that no stored text steers the terminal."""
    if value is None:
        return Text("NULL", style="dim")
    return Text("".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(value)))


def _filled(table: Table, rows: Sequence[Sequence[object]]) -> Table:
    for row in rows:
        table.add_row(*map(shown, row))
    return table


def _without_lines(
    columns: Sequence[str], rows: Sequence[Sequence[object]], prose: Collection[str], widest: int | None = None
) -> Table:
    titled = (Column(name, max_width=widest) if name in prose else Column(name, no_wrap=True) for name in columns)
    return _filled(Table(*titled, box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), pad_edge=False), rows)


def _width(table: Table) -> int:
    return Measurement.get(output, output.options.update(max_width=_UNBOUNDED_WIDTH), table).maximum


def _say_blocks(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    for number, row in enumerate(rows, start=1):
        output.rule(str(number), style="dim")
        block = Table.grid(Column(overflow="fold"), Column(overflow="fold"), padding=(0, 2))
        for name, value in zip(columns, row, strict=True):
            block.add_row(Text(name, style="cyan"), shown(value))
        output.print(block)
