"""ClickHouse as parking and redriving see it, in memory: it refuses what a test says, and lets others act between."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from unittest.mock import patch

from clickhouse_connect.driver import Client

from cdc.batch import Rows
from cdc.catalog.model import CapturedTable
from cdc.catalog.parked_sql import LetterState
from cdc.dead_letters.landed import landed_rows, texts_of_row
from cdc.dead_letters.letter import REVISIONS, Letter
from cdc.dead_letters.letter_box import Chosen

Change = tuple[bytes, int]
PATCHED = {
    "cdc.dead_letters.parking": ("attempt", "write", "open_tables", "open_keys", "oldest_open", "newest_refused"),
    "cdc.dead_letters.redrive": ("attempt", "write", "pages"),
}


class LettersInMemory:
    """history: the stored changes; letters: the newest revision of each; refused: values that no row may have.

    before: what happens before a coming call, by how many calls it is away.
    """

    def __init__(self) -> None:
        self.history: set[Change] = set()
        self.letters: dict[Change, Letter] = {}
        self.refused: set[str] = set()
        self.before: dict[int, Callable[[], object]] = {}

    def standing_in(self) -> AbstractContextManager[object]:
        """Stand in for what reaches ClickHouse."""
        stack = ExitStack()
        for module, names in PATCHED.items():
            for name in names:
                stack.enter_context(patch(f"{module}.{name}", self._interrupted(getattr(self, name))))
        return stack

    def open(self) -> list[Letter]:
        """The open letters by key and version."""
        found = (letter for letter in self.letters.values() if letter.state is LetterState.PARKED)
        return sorted(found, key=lambda letter: letter.change)

    def attempt(self, _client: Client, table: CapturedTable, columns: Sequence[str], rows: Rows) -> str | None:
        landed = list(landed_rows(rows, len(columns), len(table.key)))
        if found := self.refused & {text for row in landed for text in texts_of_row(row.body) if text}:
            return f"{min(found)} is refused"
        self.history |= {row.change for row in landed}
        return None

    def write(self, _client: Client, letters: Sequence[Letter]) -> None:
        for letter in letters:
            known = self.letters.get(letter.change, letter)
            if REVISIONS[letter.state] >= REVISIONS[known.state]:
                self.letters[letter.change] = letter

    def open_tables(self, _client: Client, _service: str) -> dict[str, int]:
        return {letter.table: 1 for letter in self.open()}

    def open_keys(self, _client: Client, _table: CapturedTable) -> Iterator[bytes]:
        return iter({letter.key for letter in self.open()})

    def oldest_open(self, _client: Client, _table: CapturedTable, keys: Iterable[bytes]) -> Iterator[Change]:
        # Of each key the oldest is set last.
        wanted = set(keys)
        return iter({each.key: each.change[1] for each in reversed(self.open()) if each.key in wanted}.items())

    def newest_refused(self, _client: Client, _table: CapturedTable, _limit: int) -> set[Change]:
        newest = max((version for _, version in self.history), default=0)
        return {letter.change for letter in self.open() if letter.refused and letter.change[1] > newest}

    def pages(self, _client: Client, _service: str, _table: str, chosen: Chosen) -> Iterator[list[Letter]]:
        after: Change = (b"", -1)
        while True:
            # Two a page, and read when it is due.
            page = [each for each in self.open() if each.change > after][:2]
            if not page:
                return
            after = page[-1].change
            yield [letter for letter in page if not chosen.key or letter.key_texts == chosen.key]

    def _interrupted(self, call: Callable[..., object]) -> Callable[..., object]:
        def interrupted(*arguments: object) -> object:
            due, self.before = self.before.pop(1, None), {calls - 1: each for calls, each in self.before.items()}
            if due:
                due()
            return call(*arguments)

        return interrupted
