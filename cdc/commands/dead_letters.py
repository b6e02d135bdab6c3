"""The command line of dead letters: `python -m cdc dead-letters list|show|redrive|discard`."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import islice
from typing import Annotated

import typer
from rich.text import Text

from cdc.captured import captured
from cdc.catalog.parked_sql import LetterState
from cdc.clickhouse import client
from cdc.commands.explained import failures_explained
from cdc.dead_letters.choice import chosen_keys, chosen_letters
from cdc.dead_letters.letter import Letter
from cdc.dead_letters.letter_box import UnknownLetterError, letters_named, pages, write
from cdc.dead_letters.redrive import Outcome, redrive
from cdc.postgres import lsn_text
from cdc.settings import CdcSettings
from services.kit.command_line import FAILED
from services.kit.command_output import Json, output, say_json, say_note, say_rows, shown

app = typer.Typer(
    no_args_is_help=True,
    help="Changes that ClickHouse refused, and those that wait behind them: look, redrive, discard.",
)
_COLUMNS = ("id", "table", "key", "op", "position", "committed (UTC)", "state", "why")
_MOST_SAID = 20
What = Annotated[
    list[str] | None, typer.Argument(help="services, tables (file.files) or ids of letters; all if none is named")
]
Key = Annotated[
    list[str] | None, typer.Option("--key", help="only this key's; once for each column of a key, in the key's order")
]


@app.command("list")
def list_letters(
    what: What = None,
    *,
    key: Key = None,
    every: Annotated[bool, typer.Option("--all", help="those redriven or discarded as well")] = False,
    limit: Annotated[int, typer.Option(min=1, help="how many at most")] = 100,
    as_json: Json = False,
) -> None:
    """List open letters, those of a key in their order."""
    states = tuple(LetterState) if every else (LetterState.PARKED,)
    with _explained(), client(str(CdcSettings.load().clickhouse_url)) as opened:
        chosen = chosen_letters(opened, captured(opened).all, what or (), tuple(key or ()), states)
        found = list(islice(_each(pages(opened, *each) for each in chosen), limit + 1))
    say_rows(_COLUMNS, [_line(letter) for letter in found[:limit]], as_json=as_json, prose=("why",))
    if len(found) > limit:
        say_note(f"there are more than {limit}; `--limit` shows more")


@app.command()
def show(ids: Annotated[list[str], typer.Argument(help="ids as `list` shows them")], *, as_json: Json = False) -> None:
    """Show letters with everything they brought, each column's text among it."""
    with _explained(), client(str(CdcSettings.load().clickhouse_url)) as opened:
        for letter in letters_named(opened, ids):
            if as_json:
                say_json({**_told(letter), "columns": letter.texts})
            else:
                output.rule(letter.letter_id, style="dim")
                columns = {f"column {name}": text for name, text in letter.texts.items()}
                say_rows(("what", "of this change"), list((_told(letter) | columns).items()), as_json=False)


@app.command("redrive")
def redrive_letters(what: What = None, *, key: Key = None, as_json: Json = False) -> None:
    """Store open letters, each key's in their order; one named by its id with all of its key. Exits with 1 if any stay.

    Run it once the cause is mended; capture may go on meanwhile. It can be repeated.
    """
    stays = False
    with _explained(), client(str(CdcSettings.load().clickhouse_url)) as opened:
        for table, letters in chosen_keys(opened, captured(opened).all, what or (), tuple(key or ())):
            counts, said = Counter[str](), 0
            for outcome in redrive(opened, table, letters):
                counts["stored" if outcome.refusal is None else "stay"] += 1
                if as_json:
                    say_json({**_told(outcome.letter), "stored": outcome.refusal is None, "why": outcome.refusal})
                elif outcome.refusal is not None and (said := said + 1) <= _MOST_SAID:
                    _say_refused(outcome)
            stays |= bool(counts["stay"])
            if not as_json:
                output.print(f"{table}: {counts['stored']} stored, {counts['stay']} refused or behind", highlight=False)
    if stays:
        raise typer.Exit(FAILED)


@app.command()
def discard(
    what: Annotated[
        list[str], typer.Argument(help="ids of letters, or services or tables (file.files) for all theirs")
    ],
    *,
    reason: Annotated[str, typer.Option(help="why these changes may be missing for good; kept with them")],
    key: Key = None,
) -> None:
    """Give letters up: they stay on record with the reason; later changes of their keys can then be redriven."""
    if not reason.strip():
        raise typer.BadParameter("say why these changes may be missing for good", param_hint="--reason")
    with _explained(), client(str(CdcSettings.load().clickhouse_url)) as opened:
        for service, table, chosen in chosen_letters(
            opened, captured(opened).all, what, tuple(key or ()), (LetterState.PARKED,)
        ):
            count = 0
            for page in pages(opened, service, table, chosen):
                write(opened, [replace(letter, state=LetterState.DISCARDED, note=reason) for letter in page])
                count += len(page)
            output.print(f"{service}.{table}: {count} discarded", highlight=False)


def _explained() -> AbstractContextManager[None]:
    return failures_explained(usage=(UnknownLetterError,))


def _each(found: Iterable[Iterable[list[Letter]]]) -> Iterator[Letter]:
    return (letter for of_table in found for page in of_table for letter in page)


def _told(letter: Letter) -> dict[str, object]:
    head = letter.head
    return {
        "id": letter.letter_id,
        "table": f"{letter.service}.{letter.table}",
        "key": list(letter.key_texts),
        "op": head.op,
        "position": f"{lsn_text(head.lsn)} in epoch {head.epoch}",
        "commit time": head.commit_time.isoformat(),
        "xid": head.xid,
        "state": str(letter.state),
        "reason": letter.reason,
        "discarded because": letter.note or None,
    }


def _line(letter: Letter) -> tuple[str, ...]:
    head, names = letter.head, f"{letter.service}.{letter.table}"
    committed = f"{head.commit_time:%Y-%m-%d %H:%M:%S}"
    position, why = lsn_text(head.lsn), letter.note or letter.reason
    return letter.letter_id, names, ", ".join(letter.key_texts), head.op, position, committed, str(letter.state), why


def _say_refused(outcome: Outcome) -> None:
    letter = outcome.letter
    line = f"{letter.letter_id} {letter.service}.{letter.table} {', '.join(letter.key_texts)}: {outcome.refusal}"
    output.print(shown(line) + Text(""), soft_wrap=True)
