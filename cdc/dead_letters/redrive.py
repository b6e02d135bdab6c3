"""Redriving: letters are stored in the order of each key; what ClickHouse still refuses keeps the rest of its key."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from clickhouse_connect.driver import Client

from cdc.batch import Rows
from cdc.catalog.model import CapturedTable
from cdc.catalog.parked_sql import LetterState
from cdc.dead_letters.attempt import attempt, attempt_envelopes
from cdc.dead_letters.key_set import KeySet
from cdc.dead_letters.letter import BEHIND, ENVELOPE, Letter
from cdc.dead_letters.letter_box import Chosen, pages, write
from cdc.dead_letters.sifting import sift


@dataclass(frozen=True)
class Outcome:
    """What became of one letter; refusal: None if it is stored, else why it is not."""

    letter: Letter
    refusal: str | None


def redrive(client: Client, table: CapturedTable, key: tuple[str, ...] = ()) -> Iterator[Outcome]:
    """Store a table's open letters, or one key's, as far as ClickHouse takes them; what became of each that was tried.

    What is parked meanwhile behind a letter that is stored now is stored as well: it looks until nothing more is there.
    """
    refused, stored = KeySet(str(table)), 1
    while stored:
        stored = 0
        for page in pages(client, table.service, table.name, Chosen(key=key)):
            for outcome in _redrive_page(client, table, [each for each in page if each.key not in refused]):
                if outcome.refusal is None:
                    stored += 1
                else:
                    refused.add(outcome.letter.key)
                yield outcome


def _redrive_page(client: Client, table: CapturedTable, letters: Sequence[Letter]) -> list[Outcome]:
    sifted = sift(letters, lambda some: _refusal(client, table, some))
    stored = (replace(letter, state=LetterState.REDRIVEN) for letter in sifted.stored)
    # What waited behind another one may itself be refused now.
    write(client, [*stored, *(replace(letter, refused=True, reason=reason) for letter, reason in sifted.refused)])
    return [
        *(Outcome(letter, None) for letter in sifted.stored),
        *(Outcome(letter, reason) for letter, reason in sifted.refused),
        *(Outcome(letter, BEHIND) for letter in sifted.behind),
    ]


def _refusal(client: Client, table: CapturedTable, letters: Sequence[Letter]) -> str | None:
    """Letters were parked with the columns that their table had then, so they may be several inserts."""
    for columns, some in groupby(letters, lambda letter: letter.columns):
        if columns == ENVELOPE:
            refusal = attempt_envelopes(client, table, [letter.envelope for letter in some])
        else:
            bodies = [letter.row for letter in some]
            refusal = attempt(client, table, columns, Rows(len(bodies), b"".join(bodies)))
        if refusal is not None:
            return refusal
    return None
