"""Receives a request body: the statement into memory, the data behind an INSERT into a file of the upload directory.

Only a file that has arrived whole is given to the engine: an upload cut short has stored nothing.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, ClassVar, Self

from deploy.local.clickhouse.errors import TOO_MANY_BYTES, ClickHouseError
from deploy.local.clickhouse.statement import InsertHead, Query, insert_head, query_of

Receive = Callable[[], Awaitable[dict[str, Any]]]
MAX_STATEMENT_BYTES = 16 << 20
# Where an INSERT's data is looked for while the body still arrives; each look costs as much as this is long.
HEAD_WINDOW_BYTES = 1 << 20
_NUMBERS = count()
# Between an INSERT's head and its data in one body, blanks and one line feed are no data.
_REST_OF_LINE = re.compile(rb"[ \t\f]*(?:\r?\n)?")


class ClientGoneError(Exception):
    """The client closed the connection before its request was complete."""


async def body_chunks(receive: Receive) -> AsyncIterator[bytes]:
    """The body as ASGI hands it over; ClientGoneError when the client leaves."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        more = message.get("more_body", False)
        if message["body"]:
            yield message["body"]


@dataclass(frozen=True)
class Insert:
    """An INSERT and the file that holds its data."""

    head: InsertHead
    data: Path

    reads: ClassVar[bool] = False
    changes_session: ClassVar[bool] = False


Statement = Query | Insert


class Upload:
    """One request's body on its way in; leaving the context removes the file it may have needed."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / f"{next(_NUMBERS)}.data"
        self._sink: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._sink is not None:
            try:
                # On a full disk, what is still in its buffer does not fit either.
                self._sink.close()
            finally:
                self._file.unlink(missing_ok=True)

    async def receive(self, query: str, body: AsyncIterator[bytes]) -> Statement:
        """The statement that the `query` parameter and the body are together."""
        parameter = query.encode("utf-8", "surrogateescape")
        head = insert_head(parameter, complete=True)
        if head is not None:
            # Behind a statement in the URL, the body is data from its first byte, be it a space or a line feed.
            rest = parameter[head.data_start :].strip(b" \t\r\n;")
            return await self._insert(head, rest, body)
        text = bytearray(parameter)
        separator = b"\n" if parameter else b""
        async for chunk in body:
            searched = len(text) >= HEAD_WINDOW_BYTES
            text += separator + chunk
            separator = b""
            if not searched and (head := insert_head(text[:HEAD_WINDOW_BYTES], complete=False)):
                return await self._insert(head, _after_line(text, head.data_start), body)
            refuse_larger_statement(len(text))
        if head := insert_head(text, complete=True):
            return await self._insert(head, _after_line(text, head.data_start), body)
        return query_of(bytes(text))

    async def _insert(self, head: InsertHead, beginning: bytes, body: AsyncIterator[bytes]) -> Insert:
        self._sink = self._file.open("wb")
        self._sink.write(beginning)
        async for chunk in body:
            self._sink.write(chunk)
        self._sink.close()
        return Insert(head, self._file)


def refuse_larger_statement(size: int) -> None:
    """Raise ClickHouseError 307 when a statement of `size` bytes is more than memory should hold."""
    if size > MAX_STATEMENT_BYTES:
        raise ClickHouseError(TOO_MANY_BYTES, f"The statement has more than {MAX_STATEMENT_BYTES} bytes.")


def _after_line(text: bytearray, start: int) -> bytes:
    blank = _REST_OF_LINE.match(text, start)
    return bytes(text[blank.end() if blank else start :])
