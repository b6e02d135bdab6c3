"""What a request asks for: an INSERT with data behind it, or a query, and in which format its answer comes."""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.local.clickhouse.lexer import Kind, Text, Token, tokens

STREAMABLE_STATEMENTS = ("SELECT", "WITH")
SESSION_STATEMENTS = ("SET", "USE")
READING_STATEMENTS = (
    *STREAMABLE_STATEMENTS,
    "SHOW",
    "DESCRIBE",
    "DESC",
    "EXPLAIN",
    "EXISTS",
    "CHECK",
    *SESSION_STATEMENTS,
)


@dataclass(frozen=True)
class InsertHead:
    """The part of an INSERT before its data."""

    target: bytes
    settings: bytes
    format: str
    data_start: int


@dataclass(frozen=True)
class Query:
    """A statement without data."""

    text: bytes
    format: str | None
    reads: bool
    streams: bool
    changes_session: bool


def insert_head(text: Text, *, complete: bool) -> InsertHead | None:
    """The head of the INSERT that `text` begins with, once it is there in full; None for anything else.

    `complete` says that nothing follows `text`: only then may a keyword end where the text ends.
    """
    words = _keywords(_settled(text, complete=complete))
    first = next(words, None)
    if first is None or not first.is_word("INSERT"):
        return None
    settings_start = None
    for token in words:
        if token.is_word("SELECT", "WITH", "INFILE"):
            return None
        if token.is_word("VALUES"):
            return _head(text, token.start, settings_start, "Values", token.end)
        if token.is_word("FORMAT"):
            name = next(words, None)
            if name is None or name.kind is not Kind.WORD:
                return None
            return _head(text, token.start, settings_start, name.text.decode(), name.end)
        if token.is_word("SETTINGS") and settings_start is None:
            settings_start = token.start
    return None


def _settled(text: Text, *, complete: bool) -> Iterator[Token]:
    """The tokens that nothing behind `text` can change any more."""
    for token in tokens(text):
        if token.kind is Kind.BROKEN or (token.end == len(text) and not complete):
            return
        yield token


def _keywords(stream: Iterator[Token]) -> Iterator[Token]:
    """The tokens that may be keywords: not within parentheses, and not the name of the table."""
    depth, previous = 0, None
    for token in stream:
        depth += (token.text == b"(") - (token.text == b")")
        if depth == 0 and not (previous and _names_target(previous)):
            yield token
        previous = token


def _names_target(previous: Token) -> bool:
    return previous.is_word("INSERT", "INTO", "TABLE", "FUNCTION") or previous.text == b"."


def _head(text: Text, end: int, settings_start: int | None, name: str, data_start: int) -> InsertHead:
    target_end = end if settings_start is None else settings_start
    settings = b"" if settings_start is None else bytes(text[settings_start:end])
    return InsertHead(bytes(text[:target_end]), settings, name, data_start)


def query_of(text: bytes) -> Query:
    """What is known of a statement without data before the engine sees it."""
    found = list(tokens(text))
    inserts = any(token.is_word("INSERT") for token in found)
    first = next((token for token in found if token.text != b"("), None)
    reads = first is not None and first.is_word(*READING_STATEMENTS) and not inserts
    streams = reads and found[0].is_word(*STREAMABLE_STATEMENTS)
    changes_session = first is not None and first.is_word(*SESSION_STATEMENTS)
    return Query(text, _result_format(found), reads, streams, changes_session)


def _result_format(found: list[Token]) -> str | None:
    for index in range(len(found) - 2, -1, -1):
        if found[index].is_word("FORMAT") and _ends_after(found, index + 1):
            return found[index + 1].name
    return None


def _ends_after(found: list[Token], index: int) -> bool:
    following = found[index + 1 : index + 2]
    return not following or following[0].text == b";" or following[0].is_word("SETTINGS", "INTO")
