"""The one chDB engine of the process, and the handles through which it is asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, cast

import chdb

SqlText = str | bytes
SETTINGS_FILE = Path(__file__).with_name("engine.xml")


class EngineError(Exception):
    """The engine can't open its directory."""


class Handle(Protocol):
    """A connection to the engine: its settings, database and temporary tables are its own."""

    def query(self, query: SqlText, output_format: str, /, *, params: dict[str, str] | None = None) -> Any:
        """The whole result."""

    def send_query(self, query: SqlText, output_format: str, /, *, params: dict[str, str] | None = None) -> Any:
        """The result in pieces."""

    def close(self) -> None:
        """Free the handle."""


def text_literal(value: str) -> str:
    """`value` as a string of SQL."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def quoted_name(name: str) -> str:
    """`name` as an identifier of SQL."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def assign(handle: Handle, database: str | None, settings: dict[str, str]) -> None:
    """Set the handle's database and settings, in the order given."""
    if database:
        handle.query(f"USE {quoted_name(database)}", "Null")
    if settings:
        values = ", ".join(f"{name} = {text_literal(value)}" for name, value in settings.items())
        handle.query(f"SET {values}", "Null")


class Engine:
    """The engine over one directory; it lives as long as this object keeps its own handle open."""

    def __init__(self, directory: Path) -> None:
        self._path = str(directory)
        try:
            self._root = cast("Handle", chdb.connect(f"{self._path}?config-file={SETTINGS_FILE}"))
        except RuntimeError as error:
            raise EngineError(f"chDB can't open {directory}: {error}") from error
        self.timezone = self._text("SELECT timezone()")

    def new_handle(self) -> Handle:
        """A fresh handle, to be closed by the caller; opening one takes a tenth of a millisecond."""
        return cast("Handle", chdb.connect(self._path))

    @contextmanager
    def handle(self) -> Iterator[Handle]:
        """A fresh handle, closed on leaving."""
        handle = self.new_handle()
        try:
            yield handle
        finally:
            handle.close()

    def cancel(self, query_id: str) -> None:
        """Cancel the running statement that carries `query_id` as its log comment, if there is one."""
        self._kill(f"Settings['log_comment'] = {text_literal(query_id)}")

    def cancel_reads(self) -> None:
        """Cancel every running statement but inserts."""
        self._kill("query_kind != 'Insert'")

    def close(self) -> None:
        """Shut the engine down: background merges stop and the directory is free again."""
        self._root.close()

    def _kill(self, condition: str) -> None:
        with self.handle() as handle:
            handle.query(f"KILL QUERY WHERE {condition} ASYNC", "Null")

    def _text(self, query: str) -> str:
        answer: bytes = self._root.query(query, "TabSeparatedRaw").bytes()
        return answer.decode().strip()
