"""An analyst who asks for files again and again while their columns change, and keeps what was shown."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from clickhouse_connect.driver import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from cdc.clickhouse import client
from tests.pipeline.capture import Capture

# What may be asked whatever becomes of the columns: the rows that are there, and everything that ever was.
_ALWAYS_ANSWERED = (
    "SELECT count() FROM file.files",
    "SELECT file_id, status, updated_at FROM file.files_history LIMIT 1",
    "SELECT status, updated_at FROM file.files_as_of(at = '2100-01-01') LIMIT 1",
)
_Seen = TypeVar("_Seen")
_UNKNOWN = "UNKNOWN_IDENTIFIER"


@dataclass
class Analyst:
    """What was shown, each as often as it became another: the columns of all files, one file's values, known names.

    `errors` are the answers that were none, but for those to a name that the view does not know and that they name.
    """

    file_id: str
    columns_watched: Sequence[str]
    asked: int = 0
    errors: list[str] = field(default_factory=list)
    columns: list[frozenset[str]] = field(default_factory=list)
    values: list[tuple[object, ...]] = field(default_factory=list)
    known: dict[str, list[bool]] = field(default_factory=dict)

    def ask(self, opened: Client) -> None:
        """Ask everything once."""
        for query in _ALWAYS_ANSWERED:
            with self._noting_errors():
                opened.query(query)
        with self._noting_errors():
            self._look_at_all(opened)
        for name in self.columns_watched:
            with self._noting_errors():
                _note(self.known.setdefault(name, []), _is_known(opened, name))
        self.asked += 1

    def _look_at_all(self, opened: Client) -> None:
        found = opened.query("SELECT * FROM file.files")
        names = found.column_names
        _note(self.columns, frozenset(name for name in names if not name.startswith("_")))
        for row in (dict(zip(names, row, strict=True)) for row in found.result_rows):
            if str(row["file_id"]) == self.file_id:
                _note(self.values, tuple(row[name] for name in self.columns_watched if name in row))

    @contextmanager
    def _noting_errors(self) -> Iterator[None]:
        try:
            yield
        except ClickHouseError as error:
            self.errors.append(str(error))


def _is_known(opened: Client, name: str) -> bool:
    """Whether the view answers for a column; an error that is not for that name is raised."""
    try:
        opened.query(f"SELECT {name} FROM file.files LIMIT 1")
    except ClickHouseError as error:
        if _UNKNOWN in str(error) and f"`{name}`" in str(error):
            return False
        raise
    return True


def _note(notes: list[_Seen], seen: _Seen) -> None:
    if notes[-1:] != [seen]:
        notes.append(seen)


@contextmanager
def asking(capture: Capture, file_id: str, columns_watched: Sequence[str]) -> Iterator[Analyst]:
    """An analyst who asks all along, and once more at the end; watches some columns, and their values in one file."""
    analyst, ended = Analyst(file_id, columns_watched), threading.Event()

    def ask() -> None:
        with client(capture.clickhouse_url) as opened:
            while not ended.is_set():
                analyst.ask(opened)
            analyst.ask(opened)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield analyst
    finally:
        ended.set()
        thread.join()
